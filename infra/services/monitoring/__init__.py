"""The Prometheus that measures the models, and how KEDA logs in there."""
