"""Traffic on a planned platform, event by event: requests, replicas, the autoscaler, nodes, dollars.

Pure: it knows plans and sizes, and nothing of a cloud or a terminal. `platform` reads a plan, `run` is one run,
`outcome` what it counted, `summary` the figures over several runs.
"""
