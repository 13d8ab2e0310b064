"""What the cache holds of models, what still needs it, and the removal of the rest: what `weights` does."""
