"""What takes the spans of requests: a collector, or the Jaeger that is one, by the collector's chart."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.chart import Chart, helm_release
from components.network_policy import spans_policy
from components.pods import container_security_context, secret_variable, security_context

TRACES = "gateway-traces"  # the name of its objects
LABELS: Mapping[str, str] = {"app.kubernetes.io/name": TRACES}  # which the chart gives its pods by nameOverride
_OTHER_PORTS = ("otlp-http", "jaeger-compact", "jaeger-thrift", "jaeger-grpc", "zipkin")


@dataclass(frozen=True)
class Receiver:
    image: tuple[str, str]  # repository and tag
    program: str  # its path in the image, without the first slash
    configuration: Mapping[str, Any]
    environment: Mapping[str, pulumi.Input[str]]  # secret values by variable
    port: int
    ui_port: int | None  # of pages for people, which only a port-forward reaches
    health: tuple[int, str]  # port and path
    cpu: float  # cores
    memory_mib: int
    senders: Sequence[Mapping[str, str]]  # labels of pods of the namespace
    sends_to: tuple[int, str | None, Sequence[str]] | None  # a port; and a namespace, or CIDRs, none: any public one


class Traces(pulumi.ComponentResource):
    """NetworkPolicy, the chart's release and where it has an environment a Secret, in the namespace of the models:
    its callers are known by their labels.

    One pod and no PodDisruptionBudget: where it is away spans are lost, and no request waits.
    """

    def __init__(
        self,
        name: str,
        *,
        chart: Chart,
        mirror: str | None,
        receiver: Receiver,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:Traces", name, None, opts)
        metadata: Any = {"name": TRACES, "namespace": chart.namespace, "labels": dict(LABELS)}
        policy = k8s.networking.v1.NetworkPolicy(
            f"{name}-network-policy",
            metadata=metadata,
            spec=spans_policy(LABELS, port=receiver.port, senders=receiver.senders, sends_to=receiver.sends_to),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        before: list[pulumi.Resource] = [policy]
        if receiver.environment:
            secret = k8s.core.v1.Secret(
                f"{name}-secret",
                metadata=metadata,
                string_data=dict(receiver.environment),
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
            )
            before.append(secret)
        helm_release(
            f"{name}-collector",
            chart=chart,
            mirror=mirror,
            values=values(receiver),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, *before]),
        )
        self.register_outputs({})


def values(receiver: Receiver) -> dict[str, Any]:
    """No tolerations: it never lands on a GPU node."""
    port, path = receiver.health
    probe = {"httpGet": {"port": port, "path": path}}
    memory = {"memory": f"{receiver.memory_mib}Mi"}
    repository, tag = receiver.image
    return {
        "mode": "deployment",
        "nameOverride": TRACES,
        "fullnameOverride": TRACES,
        "image": {"repository": repository, "tag": tag},
        "command": {"name": receiver.program},
        "alternateConfig": dict(receiver.configuration),
        "serviceAccount": {"create": False, "name": "default", "automountServiceAccountToken": False},
        "podSecurityContext": security_context(set_group=False),
        "securityContext": container_security_context(),
        "resources": {"requests": {"cpu": f"{round(receiver.cpu * 1000)}m", **memory}, "limits": memory},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "livenessProbe": probe,
        "readinessProbe": probe,
        "ports": _ports(receiver),
        "extraEnvs": [secret_variable(name, secret=TRACES, key=name) for name in sorted(receiver.environment)],
        # A variable is read when the pod starts: another value has to replace it.
        "podAnnotations": {"llm-platform/headers": _digest(receiver.environment)} if receiver.environment else {},
    }


def _digest(environment: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
    values = pulumi.Output.all(**environment)
    digest = values.apply(lambda found: sha256(json.dumps(found, sort_keys=True).encode()).hexdigest())
    return pulumi.Output.unsecret(digest)


def _ports(receiver: Receiver) -> dict[str, Any]:
    found: dict[str, Any] = {each: {"enabled": False} for each in _OTHER_PORTS}
    found["otlp"] = {"enabled": True, "containerPort": receiver.port, "servicePort": receiver.port}
    if receiver.ui_port is not None:
        numbers = {"containerPort": receiver.ui_port, "servicePort": receiver.ui_port}
        found["ui"] = {"enabled": True, **numbers, "protocol": "TCP"}
    return found
