"""Which connections to and from a model's pods are allowed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi

from components.bucket_access import BucketAccess

_ANYWHERE = "0.0.0.0/0"
_NODE_LOCAL_DNS = "169.254.20.10/32"  # of a DNS cache on each node, if the cluster has one; no selector matches it
# RFC 1918, RFC 6598, link-local (the credentials of the node) and loopback.
_PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
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
    gateway: Mapping[str, str],
    monitoring_namespace: str | None,
    bucket: BucketAccess | None = None,
    spans: tuple[Mapping[str, str], int] | None = None,
) -> Any:
    """In: the gateway's pods (by their labels, in the same namespace) and monitoring. Out: only DNS, so that no data
    leaves; a server that reads its weights from a bucket also reaches that by HTTPS, anywhere where the bucket has no
    addresses of the network's own, since no policy can name a bucket; and what takes its `spans`, by its labels and
    port."""
    peers: list[dict[str, Any]] = [_pods(gateway)]
    if monitoring_namespace is not None:
        peers.append(_namespace(monitoring_namespace))
    return {
        "podSelector": {"matchLabels": dict(pod_labels)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": peers, "ports": [_tcp(port)]}],
        "egress": [_dns(), *_to_bucket(bucket), *_to_pods(spans)],
    }


def proxy_policy(
    pod_labels: Mapping[str, str],
    *,
    port: int,
    metrics_port: int,
    outside_cidrs: Sequence[pulumi.Input[str]],
    outside_namespace: str | None,
    outside_labels: Mapping[str, str],
    tls: tuple[int, Sequence[str]] | None,
    monitoring_namespace: str | None,
    client_label: str,
    models: Mapping[str, str],
    model_ports: Sequence[int],
    elsewhere: Sequence[tuple[int, Sequence[str]]],
    custom_namespaces: Sequence[str] = (),
    counter: tuple[Mapping[str, str], int] | None = None,
    spans: tuple[Mapping[str, str], int] | None = None,
) -> Any:
    """In: load balancer or controller, the namespaces on which `client_label` is "true", and monitoring at the port
    of the metrics. Out: DNS, the models' pods, by their labels, where they are the `counter` of tokens and what takes
    its `spans`, by their labels and port, and ports `elsewhere`: at the CIDRs of each, or at any public address, since
    no policy can name a host. Of `custom_namespaces` all pods: a policy sees the port of a pod, and a Service is known
    by its own.

    A load balancer that sends to pod addresses is given as CIDRs, a controller inside the cluster as a namespace, or
    as the labels of namespaces. One
    that passes callers' own addresses on leads to the port of `tls`, which these CIDRs reach.
    """
    callers: list[dict[str, Any]] = [{"ipBlock": {"cidr": cidr}} for cidr in outside_cidrs]
    if outside_namespace is not None:
        callers.append(_namespace(outside_namespace))
    if outside_labels:  # with a selector of pods, without which those in the network of their node aren't meant
        callers.append({"namespaceSelector": {"matchLabels": dict(outside_labels)}, "podSelector": {}})
    callers.append({"namespaceSelector": {"matchLabels": {client_label: "true"}}})
    ingress: list[dict[str, Any]] = [{"from": callers, "ports": [_tcp(port)]}]
    if tls is not None:
        ingress.append({"from": [{"ipBlock": {"cidr": cidr}} for cidr in tls[1]], "ports": [_tcp(tls[0])]})
    if monitoring_namespace is not None:
        ingress.append({"from": [_namespace(monitoring_namespace)], "ports": [_tcp(metrics_port)]})
    return {
        "podSelector": {"matchLabels": dict(pod_labels)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
        "egress": [
            _dns(),
            {"to": [_pods(models)], "ports": [_tcp(each) for each in model_ports]},
            *_to_pods(counter),
            *_to_pods(spans),
            *({"to": [_namespace(each)]} for each in custom_namespaces),
            *(_elsewhere(port, cidrs) for port, cidrs in elsewhere),
        ],
    }


def counter_policy(pod_labels: Mapping[str, str], *, port: int, callers: Mapping[str, str]) -> Any:
    """In: the callers, by their labels. Out: nothing, not even DNS."""
    return {
        "podSelector": {"matchLabels": dict(pod_labels)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [_pods(callers)], "ports": [_tcp(port)]}],
        "egress": [],
    }


def spans_policy(
    pod_labels: Mapping[str, str],
    *,
    port: int,
    senders: Sequence[Mapping[str, str]],
    sends_to: tuple[int, str | None, Sequence[str]] | None,
) -> Any:
    """In: the senders, by their labels. Out: nothing, or DNS and a port: of the pods of a namespace, whatever their
    port, since a Service is known by its own; else at CIDRs, or at any public address."""
    out: list[dict[str, Any]] = []
    if sends_to is not None:
        port_there, namespace, cidrs = sends_to
        out = [_dns(), _elsewhere(port_there, cidrs) if namespace is None else {"to": [_namespace(namespace)]}]
    return {
        "podSelector": {"matchLabels": dict(pod_labels)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [_pods(each) for each in senders], "ports": [_tcp(port)]}],
        "egress": out,
    }


def _to_pods(there: tuple[Mapping[str, str], int] | None) -> Iterator[dict[str, Any]]:
    if there is not None:
        yield {"to": [_pods(there[0])], "ports": [_tcp(there[1])]}


def _pods(labels: Mapping[str, str]) -> dict[str, Any]:
    """Pods of the same namespace."""
    return {"podSelector": {"matchLabels": dict(labels)}}


def _tcp(port: int) -> dict[str, Any]:
    return {"protocol": "TCP", "port": port}


def _to_bucket(bucket: BucketAccess | None) -> Iterator[dict[str, Any]]:
    if bucket is None:
        return
    yield (
        {"to": [{"ipBlock": {"cidr": cidr}} for cidr in bucket.cidrs], "ports": [_tcp(443)]}
        if bucket.cidrs
        else _https()
    )
    if bucket.agent is not None:
        cidr, port = bucket.agent
        yield {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"protocol": "TCP", "port": port}]}


def _https() -> dict[str, Any]:
    """To anywhere except the address of the node's credentials."""
    anywhere = {"ipBlock": {"cidr": _ANYWHERE, "except": [_INSTANCE_METADATA]}}
    return {"to": [anywhere], "ports": [{"protocol": "TCP", "port": 443}]}


def _elsewhere(port: int, cidrs: Sequence[str]) -> dict[str, Any]:
    public = {"ipBlock": {"cidr": _ANYWHERE, "except": list(_PRIVATE)}}
    return {"to": [{"ipBlock": {"cidr": cidr}} for cidr in cidrs] or [public], "ports": [_tcp(port)]}


def prefetch_policy(pod_labels: Mapping[str, str], bucket: BucketAccess | None = None) -> Any:
    """In: nothing. Out: DNS and HTTPS, and what gives it the rights to a bucket."""
    return {
        "podSelector": {"matchLabels": dict(pod_labels)},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [_dns(), *(_to_bucket(bucket) if bucket is not None else [_https()])],
    }
