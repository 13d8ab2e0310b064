"""Which nodes could run a model, how much of it they hold, and what would make it fit."""
