"""Cluster-wide software."""
