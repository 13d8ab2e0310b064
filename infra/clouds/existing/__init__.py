"""A cluster that exists, behind a kubeconfig context. This file imports nothing."""
