"""What a model's own files say of it: a repository of the hub, or a folder of it. It reads, and decides nothing."""
