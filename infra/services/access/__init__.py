"""What applications are given: API keys and endpoints."""
