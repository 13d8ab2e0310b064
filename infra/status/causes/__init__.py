"""Why something isn't ready: a file per kind of cause. Each reads recorded objects, and none asks a cluster."""
