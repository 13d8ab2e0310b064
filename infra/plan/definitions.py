"""Kinds of Kubernetes objects that the chart of an add-on brings."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Definitions:
    """CustomResourceDefinitions of which the plan makes objects."""

    addon: str  # its key in the stack file
    names: tuple[str, ...]


def way_to(addon: str) -> str:
    """How a cluster gets them: beside a Prometheus that runs, a second one is the last thing that it needs."""
    if addon == "prometheus":
        return (
            "install its operator (chart kube-prometheus-stack of https://prometheus-community.github.io/helm-charts),"
            " or where it runs, its kinds (chart prometheus-operator-crds there)"
        )
    return f"addons: {{{addon}: install}}"
