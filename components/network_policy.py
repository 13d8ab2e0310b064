"""Which connections to and from a model's pods are allowed."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

_ANYWHERE = "0.0.0.0/0"
_NODE_LOCAL_DNS = "169.254.20.10/32"  # of a DNS cache on each node, if the cluster has one; no selector matches it
_INSTANCE_METADATA = "169.254.169.254/32"  # credentials of the node
_IDENTITY: Mapping[str, Any] = {  # the agent of EKS Pod Identity on the node, which gives a pod its own credentials
    "to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}],
    "ports": [{"protocol": "TCP", "port": 80}],
}


def _namespace(name: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _dns() -> dict[str, Any]:
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return {"to": [_namespace("kube-system"), {"ipBlock": {"cidr": _NODE_LOCAL_DNS}}], "ports": ports}


def server_policy(
    pod_labels: Mapping[str, str],
    *,
    port: int,
    gateway_cidrs: Sequence[pulumi.Input[str]],
    gateway_namespace: str | None,
    monitoring_namespace: str | None,
    client_label: str,
    reads_bucket: bool = False,
) -> Any:
    """In: gateway, monitoring, and the namespaces on which `client_label` is "true". Out: only DNS, so that no data
    leaves; a server that reads its weights from a bucket also reaches HTTPS, since no policy can name a bucket.

    A load balancer that sends to pod addresses is given as CIDRs, a controller inside the cluster as a namespace.
    """
    peers: list[dict[str, Any]] = [{"ipBlock": {"cidr": cidr}} for cidr in gateway_cidrs]
    peers += [_namespace(name) for name in (gateway_namespace, monitoring_namespace) if name is not None]
    peers.append({"namespaceSelector": {"matchLabels": {client_label: "true"}}})
    return {
        "podSelector": {"matchLabels": dict(pod_labels)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": peers, "ports": [{"protocol": "TCP", "port": port}]}],
        "egress": [_dns(), *((_https(), _IDENTITY) if reads_bucket else ())],
    }


def _https() -> dict[str, Any]:
    """To anywhere except the address of the node's credentials."""
    anywhere = {"ipBlock": {"cidr": _ANYWHERE, "except": [_INSTANCE_METADATA]}}
    return {"to": [anywhere], "ports": [{"protocol": "TCP", "port": 443}]}


def prefetch_policy(pod_labels: Mapping[str, str]) -> Any:
    """In: nothing. Out: DNS and HTTPS."""
    return {
        "podSelector": {"matchLabels": dict(pod_labels)},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [_dns(), _https()],
    }
