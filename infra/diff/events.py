"""What can happen to a model while `pulumi up` runs."""

# From harmless to bad; the event of a model is the worst of what happens to it.
NOTHING, FEWER, NEW, ROLLOUT, MOVES, ELSEWHERE, AWAY, GONE = (
    "nothing",
    "fewer replicas",
    "new",
    "rollout",
    "node group swapped",
    "fallback",  # its own servers are away, and a model elsewhere answers
    "outage",
    "removed",
)
