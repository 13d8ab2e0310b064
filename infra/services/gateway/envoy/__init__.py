"""Envoy's files, as pure functions of the plan."""
