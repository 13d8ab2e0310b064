"""The way in from outside the cluster."""
