"""Rules that concern several values. They need only the stack file and the catalogue."""
