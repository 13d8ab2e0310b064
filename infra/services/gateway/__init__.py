"""Access to the models from outside the cluster."""
