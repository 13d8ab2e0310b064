"""What can happen to a model while `pulumi up` runs."""

# From harmless to bad; the event of a model is the worst of what happens to it.
NOTHING, FEWER, NEW, ROLLOUT, MOVES, AWAY, GONE = (
    "nothing",
    "fewer replicas",
    "new",
    "rollout",
    "node group swapped",
    "outage",
    "removed",
)
