"""Why flags of several engines have no place in the stack file."""

SERVED = "the name in the stack file is what applications send"
ADDRESS = "probes, Service and NetworkPolicy rely on it"
