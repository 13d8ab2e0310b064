"""Which connections to and from a model's pods are allowed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi

from components.bucket_access import BucketAccess

_ANYWHERE = "0.0.0.0/0"
_NODE_LOCAL_DNS = "169.254.20.10/32"  # of a DNS cache on each node, if the cluster has one; no selector matches it
_INSTANCE_METADATA = "169.254.169.254/32"  # credentials of the node


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
    bucket: BucketAccess | None = None,
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
        "egress": [_dns(), *_to_bucket(bucket)],
    }


def _to_bucket(bucket: BucketAccess | None) -> Iterator[dict[str, Any]]:
    if bucket is None:
        return
    yield _https()
    if bucket.agent is not None:
        cidr, port = bucket.agent
        yield {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"protocol": "TCP", "port": port}]}


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
