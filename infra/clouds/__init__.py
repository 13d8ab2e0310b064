"""Where a stack can run, one folder each. This file imports nothing: see `infra/registry.py`."""
