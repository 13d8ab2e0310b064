"""GPUs that stay free for the next replica."""
