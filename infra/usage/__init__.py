"""Who used what: requests, tokens and dollars by client, team and model, from what Prometheus measured."""
