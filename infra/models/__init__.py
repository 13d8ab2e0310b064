"""Reads the facts of a model from its own files: from a repository of the hub, or from a folder. It decides nothing."""
