"""Amazon EKS: a cluster that the stack makes, or one that exists, by its name. This file imports nothing."""
