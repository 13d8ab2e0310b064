"""The names of what a scaler measures, as its triggers have them."""

IN_FLIGHT = "in-flight"  # requests that the engines have
KEPT = "kept"  # of these, at most as many as keep the replicas that run
WAITING = "waiting"  # requests in the engines' queues
CACHE = "cache"  # percent of the KV cache
HELD = "held"  # requests that the gateway holds for a model that sleeps
ASKED = "asked"  # requests that it has sent to the model
