"""Rules that join several values, checked from the stack file and the catalogue alone."""
