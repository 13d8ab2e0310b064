"""What a stack can have, one folder each. This file imports nothing: see `infra/registry.py`."""
