"""Whom the network policies let the pods of a workload speak with."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.sides.statements import Statements, Workload, say, workloads
from infra.sides.types import Side

PODS = "pods of "
DNS = "to the cluster's DNS"
_OF_DNS = {  # a name server's pods, and a cache on the node; another address or port isn't the cluster's DNS
    f"to {peer} (UDP 53, TCP 53)" for peer in ("169.254.20.10/32", "namespaces kubernetes.io/metadata.name=kube-system")
}
_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def peers(side: Side, direction: str, open_: str) -> Statements:
    """By workload. `direction`: Ingress or Egress; `open_`: what is said where no policy restricts it."""
    found: Statements = {}
    policies = [each["inputs"] for each in side.resources if each["type"] == _POLICY]
    for workload in workloads(side):
        mine = [each["spec"] for each in policies if _selects(each, workload, direction)]
        said = {text for spec in mine for text in _rules(spec.get(direction.lower()) or [], direction)}
        say(found, f"{PODS}{workload.name}", *(_dns_once(said) if mine else {open_}))
    return found


def _dns_once(said: set[str]) -> set[str]:
    """Every pod asks it: one statement, so that what is special of a workload isn't lost beside it."""
    return said - _OF_DNS | {DNS} if said >= _OF_DNS else said


def _selects(policy: Mapping[str, Any], workload: Workload, direction: str) -> bool:
    """Selectors of other kinds than labels are none that the program makes: they are assumed to select nothing."""
    selector, types = policy["spec"].get("podSelector", {}), policy["spec"].get("policyTypes", ["Ingress"])
    wanted = selector.get("matchLabels", {})
    same = policy["metadata"].get("namespace", "") == workload.namespace and "matchExpressions" not in selector
    return same and direction in types and wanted.items() <= dict(workload.labels).items()


def _rules(rules: Sequence[Mapping[str, Any]], direction: str) -> Iterator[str]:
    key, word = ("from", "from") if direction == "Ingress" else ("to", "to")
    for rule in rules:
        ports = ", ".join(f"{port.get('protocol', 'TCP')} {port.get('port', 'any')}" for port in rule.get("ports", []))
        for peer in rule.get(key) or [{}]:
            yield f"{word} {_peer(peer)} ({ports or 'every port'})"


def _peer(peer: Mapping[str, Any]) -> str:
    parts = []
    if block := peer.get("ipBlock"):
        but = f" but {', '.join(block['except'])}" if block.get("except") else ""
        parts.append(f"{block['cidr']}{but}")
    for key, what in (("namespaceSelector", "namespaces"), ("podSelector", "pods")):
        if key in peer:
            labels = peer[key].get("matchLabels") or peer[key].get("matchExpressions")
            parts.append(f"{what} {_labels(labels)}" if labels else f"all {what}")
    return " of ".join(reversed(parts)) or "anywhere"


def _labels(labels: Any) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items()) if isinstance(labels, Mapping) else str(labels)
