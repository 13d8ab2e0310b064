"""How large a model is: weights, cache, and what is asked of an engine. Pure; it knows the catalogue alone."""
