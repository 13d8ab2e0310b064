"""Alerts: which there are for a plan, which are left out and why, and the objects that Prometheus reads."""
