"""The models' weights: the volume that holds them, and its claim."""
