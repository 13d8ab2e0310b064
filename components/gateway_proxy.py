"""The gateway inside the cluster: Envoy before all models, at `http://gateway.<namespace>.svc`, port 80."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.gateway_pod import BOOTSTRAP, ENVOY, HTTP, METRICS, ProxyPod, proxy_pod_spec
from components.network_policy import proxy_policy
from components.pod_autoscaler import PodRange, scale_pods
from components.vertical_autoscaler import Vertical, fit_pods

GATEWAY = "gateway"  # the name of its objects
SERVICE_PORT = 80
LABELS: Mapping[str, str] = {"app.kubernetes.io/name": GATEWAY, "app.kubernetes.io/component": "gateway"}
_PODS = f"{GATEWAY}-pods"
_PODS_LABELS = {**LABELS, "app.kubernetes.io/component": "gateway-pods"}
_SCRAPE_INTERVAL = "15s"


@dataclass(frozen=True)
class Reach:
    """Who may call the gateway, and what it may call."""

    client_label: str  # of a namespace: "true" for those that may call it
    models: Mapping[str, str]  # labels of the models' pods
    model_ports: Sequence[int]
    elsewhere: Sequence[tuple[int, Sequence[str]]] = ()  # ports outside the network, each with CIDRs; none: any
    outside_cidrs: Sequence[pulumi.Input[str]] = ()  # of a load balancer outside the cluster
    outside_namespace: str | None = None  # of a controller inside it
    outside_labels: Mapping[str, str] = field(default_factory=dict)  # of namespaces that stand for such a controller
    tls_cidrs: Sequence[str] = ()  # of callers of the port with TLS
    monitoring_namespace: str | None = None
    custom_namespaces: Sequence[str] = ()  # where servers are that aren't the platform's
    counter: tuple[Mapping[str, str], int] | None = None  # of tokens: labels of its pod, and its port
    spans: tuple[Mapping[str, str], int] | None = None  # what takes them: labels of its pod, and its port


class GatewayProxy(pulumi.ComponentResource):
    """Deployment, ConfigMaps, Secret, two Services, NetworkPolicy, PodDisruptionBudget, with `scaled` a
    HorizontalPodAutoscaler, with `vertical` a VerticalPodAutoscaler, and with `monitor_labels` a PodMonitor.

    `bootstrap` is what Envoy starts with: a change replaces the pods, one at a time. It reads any other file again when
    that changes: `parts` are ConfigMaps with texts by file name, each one of the `possible` parts, which the pods mount
    whether they are there or not. `secret_files` hold keys.
    """

    deployment: k8s.apps.v1.Deployment
    service: k8s.core.v1.Service

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        bootstrap: str,
        parts: Mapping[str, Mapping[str, str]],
        possible: Sequence[str],
        secret_files: Mapping[str, pulumi.Input[str]],
        pod: ProxyPod,
        replicas: int,
        scaled: PodRange | None = None,
        vertical: Vertical | None = None,
        reach: Reach,
        monitor_labels: Mapping[str, str] | None,
        depends_on: Sequence[pulumi.Resource] = (),
        pods_wait_for: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:GatewayProxy", name, None, opts)
        self._name, self._namespace = name, namespace
        child = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))
        config_maps = {"bootstrap": {BOOTSTRAP: bootstrap}, **parts}
        before: list[pulumi.Resource] = [
            k8s.core.v1.ConfigMap(
                f"{name}-{part}", metadata=self._metadata(f"{GATEWAY}-{part}"), data=dict(texts), opts=child
            )
            for part, texts in sorted(config_maps.items())
        ]
        secret = k8s.core.v1.Secret(
            f"{name}-clients",
            metadata=self._metadata(f"{GATEWAY}-clients"),
            string_data={file: pulumi.Output.secret(text) for file, text in secret_files.items()},
            opts=child,
        )
        policy = k8s.networking.v1.NetworkPolicy(
            f"{name}-network-policy",
            metadata=self._metadata(GATEWAY),
            spec=proxy_policy(
                LABELS,
                port=pod.port,
                metrics_port=pod.metrics_port,
                outside_cidrs=reach.outside_cidrs,
                outside_namespace=reach.outside_namespace,
                outside_labels=reach.outside_labels,
                tls=(pod.tls.port, reach.tls_cidrs) if pod.tls is not None else None,
                monitoring_namespace=reach.monitoring_namespace,
                client_label=reach.client_label,
                models=reach.models,
                model_ports=reach.model_ports,
                counter=reach.counter,
                spans=reach.spans,
                elsewhere=reach.elsewhere,
                custom_namespaces=reach.custom_namespaces,
            ),
            opts=child,
        )
        template: Any = {
            "metadata": {"labels": dict(LABELS), "annotations": _annotations(bootstrap)},
            "spec": proxy_pod_spec(
                pod,
                labels=LABELS,
                config_map=f"{GATEWAY}-bootstrap",
                optional_config_maps=[f"{GATEWAY}-{part}" for part in possible],
                secret=f"{GATEWAY}-clients",
            ),
        }
        spec: Any = {
            "replicas": replicas,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "selector": {"matchLabels": dict(LABELS)},
            "template": template,
        }
        self.deployment = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            # An autoscaler that is gone is still the field manager of `replicas`: Pulumi's value has to win.
            metadata=self._metadata(GATEWAY, annotations={"pulumi.com/patchForce": "true"}),
            spec=spec,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*depends_on, *pods_wait_for, *before, secret, policy],
                ignore_changes=["spec.replicas"] if scaled is not None else None,
            ),
        )
        after = pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, self.deployment])
        if scaled is not None:
            scale_pods(name, target=GATEWAY, metadata=self._metadata(GATEWAY), pods=scaled, opts=after)
        if vertical is not None:
            metadata = self._metadata(GATEWAY)
            fit_pods(name, target=GATEWAY, container=ENVOY, metadata=metadata, vertical=vertical, opts=after)
        self.service = self._service(child)
        self._pods_service(pod.metrics_port, child)
        self._disruption_budget(child)
        if monitor_labels is not None:
            self._monitor(pod.metrics_path, monitor_labels, child)
        self.register_outputs({"url": f"http://{GATEWAY}.{namespace}.svc.cluster.local/v1"})

    def _metadata(self, object_name: str, labels: Mapping[str, str] = LABELS, **more: Any) -> Any:
        return {"name": object_name, "namespace": self._namespace, "labels": dict(labels), **more}

    def _service(self, opts: pulumi.ResourceOptions) -> k8s.core.v1.Service:
        ports: Any = [{"name": HTTP, "port": SERVICE_PORT, "targetPort": HTTP, "protocol": "TCP"}]
        return k8s.core.v1.Service(
            f"{self._name}-service",
            metadata=self._metadata(GATEWAY, annotations={"pulumi.com/skipAwait": "true"}),
            spec={"selector": dict(LABELS), "ports": ports},
            opts=opts,
        )

    def _pods_service(self, port: int, opts: pulumi.ResourceOptions) -> None:
        """By its name an Envoy counts how many there are."""
        ports = [{"name": METRICS, "port": port, "targetPort": METRICS, "protocol": "TCP"}]
        spec: Any = {"clusterIP": "None", "selector": dict(LABELS), "ports": ports}
        k8s.core.v1.Service(
            f"{self._name}-pods",
            metadata=self._metadata(_PODS, _PODS_LABELS, annotations={"pulumi.com/skipAwait": "true"}),
            spec=spec,
            opts=opts,
        )

    def _disruption_budget(self, opts: pulumi.ResourceOptions) -> None:
        spec: Any = {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": dict(LABELS)},
        }
        k8s.policy.v1.PodDisruptionBudget(
            f"{self._name}-disruption-budget", metadata=self._metadata(GATEWAY), spec=spec, opts=opts
        )

    def _monitor(self, path: str, monitor_labels: Mapping[str, str], opts: pulumi.ResourceOptions) -> None:
        """Of pods: one that ends is no address of a Service any more, and answers for minutes all the same."""
        k8s.apiextensions.CustomResource(
            f"{self._name}-monitor",
            api_version="monitoring.coreos.com/v1",
            kind="PodMonitor",
            metadata=self._metadata(GATEWAY, {**LABELS, **monitor_labels}),
            spec={
                "selector": {"matchLabels": dict(LABELS)},
                "podMetricsEndpoints": [
                    {
                        "port": METRICS,
                        "path": path,
                        "interval": _SCRAPE_INTERVAL,
                        "relabelings": [{"targetLabel": "job", "replacement": GATEWAY}],
                    }
                ],
            },
            opts=opts,
        )


def _annotations(bootstrap: str) -> dict[str, str]:
    """The autoscaler may move a pod: its requests end first, and the other replicas serve meanwhile."""
    return {
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
        "llm-platform/bootstrap-hash": hashlib.sha256(bootstrap.encode()).hexdigest()[:8],
    }
