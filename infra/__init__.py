"""LLM Platform: from one stack file to served models."""
