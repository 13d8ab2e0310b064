"""Traces: where the spans of the gateway and of engines go, and what takes them."""
