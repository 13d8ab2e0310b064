"""Dashboards: what each panel asks Prometheus, decided from the plan, and Grafana's JSON of it."""
