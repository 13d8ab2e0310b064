"""One model behind one address inside the cluster: `http://<model>.<namespace>.svc`, port 80."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.bucket_access import BucketAccess
from components.container import Container
from components.model_pod import API_KEY, PodPlace, PodSize, pod_spec
from components.network_policy import server_policy

SERVICE_PORT = 80
_SCRAPE_INTERVAL = "15s"


@dataclass(frozen=True)
class PodReplacement:
    """How pods are replaced. Times in seconds; each is at least as long as the step that it waits for."""

    max_surge: int
    max_unavailable: int
    progress_deadline_seconds: int
    wait_seconds: int  # how long Pulumi waits; its default of 10 minutes is shorter than a cold start
    pre_stop_seconds: int
    grace_seconds: int


@dataclass(frozen=True)
class Callers:
    """Who may reach the pods: the gateway as CIDRs (outside the cluster) or as a namespace, monitoring, and clients."""

    client_label: str  # of a namespace: "true" for those that may call the models
    gateway_cidrs: Sequence[pulumi.Input[str]] = ()
    gateway_namespace: str | None = None
    monitoring_namespace: str | None = None


class ModelServer(pulumi.ComponentResource):
    """Deployment, Service, NetworkPolicy, and if the arguments ask for them: Secret, PodDisruptionBudget,
    ServiceMonitor.

    `model` is the name that applications send. `scaled` leaves the number of replicas to a scaler. `replicas` is 0 for
    a paused model, which keeps its address. Only the pods wait for `pods_wait_for`, the weights and the nodes: the
    address, and with it the gateway, is created meanwhile.
    `own_claim` has the weights of this model; None: they are in the model cache, or the server reads them from
    `bucket`.
    `replace_with` is the claim: the pods must be deleted before the claim can be replaced.
    `monitor_labels` are the labels by which the Prometheus selects ServiceMonitors; None creates no ServiceMonitor.
    """

    service: k8s.core.v1.Service
    deployment: k8s.apps.v1.Deployment
    url: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        model: str,
        container: Container,
        replicas: int,
        scaled: bool,
        disruption_budget: bool,
        size: PodSize,
        place: PodPlace,
        rollout: PodReplacement,
        callers: Callers,
        set_group: bool,
        api_key: pulumi.Input[str] | None,
        own_claim: str | None = None,
        bucket: BucketAccess | None = None,
        monitor_labels: Mapping[str, str] | None,
        depends_on: Sequence[pulumi.Resource] = (),
        pods_wait_for: Sequence[pulumi.Resource] = (),
        replace_with: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:ModelServer", name, None, opts)
        selector = {"app.kubernetes.io/name": model, "app.kubernetes.io/component": "model-server"}
        metadata: Any = {"name": model, "namespace": namespace, "labels": selector}
        child = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))

        # Otherwise the autoscaler may end a replica to save a node, and the model lacks it for a cold start. It doesn't
        # depend on the number of replicas: a change of the pods' template recreates every pod.
        pod_annotations: dict[str, pulumi.Input[str]] = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
        waits: list[pulumi.Resource] = [*depends_on, *pods_wait_for, *(bucket.after if bucket else ())]
        secret_name = f"{model}-api-key" if api_key is not None and container.api_key_env is not None else None
        if secret_name is not None and api_key is not None:
            secret = k8s.core.v1.Secret(
                f"{name}-api-key",
                metadata={"name": secret_name, "namespace": namespace},
                string_data={API_KEY: api_key},
                opts=child,
            )
            waits.append(secret)
            # An engine reads its key only when it starts: a changed key has to replace the pods.
            pod_annotations["llm-platform/api-key-hash"] = pulumi.Output.from_input(api_key).apply(_short_hash)

        policy = k8s.networking.v1.NetworkPolicy(
            f"{name}-network-policy",
            # Not the model's name alone: the policy of x's prefetch Job is `x-prefetch`, and that may be a model too.
            metadata=metadata | {"name": f"{model}-server"},
            spec=server_policy(
                selector,
                port=container.port,
                gateway_cidrs=callers.gateway_cidrs,
                gateway_namespace=callers.gateway_namespace,
                monitoring_namespace=callers.monitoring_namespace,
                client_label=callers.client_label,
                bucket=bucket,
            ),
            opts=child,
        )
        waits.append(policy)

        template: Any = {
            "metadata": {"labels": selector, "annotations": pod_annotations},
            "spec": pod_spec(
                container,
                labels=selector,
                size=size,
                place=place,
                pre_stop_seconds=rollout.pre_stop_seconds,
                grace_seconds=rollout.grace_seconds,
                set_group=set_group,
                api_key_secret=secret_name,
                own_claim=own_claim,
                bucket=bucket,
            ),
        }
        spec: Any = {
            "replicas": replicas,
            "progressDeadlineSeconds": rollout.progress_deadline_seconds,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": rollout.max_surge, "maxUnavailable": rollout.max_unavailable},
            },
            "selector": {"matchLabels": selector},
            "template": template,
        }
        wait = f"{rollout.wait_seconds}s"
        self.deployment = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            # A paused or deleted scaler is still the field manager of `replicas`: Pulumi's value has to win.
            metadata=metadata | {"annotations": {"pulumi.com/patchForce": "true"}},
            spec=spec,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=waits,
                replace_with=list(replace_with),
                ignore_changes=["spec.replicas"] if scaled else None,
                custom_timeouts=pulumi.CustomTimeouts(create=wait, update=wait),
            ),
        )
        self.service = self._service(name, metadata=metadata, selector=selector, opts=child)
        if disruption_budget:
            self._disruption_budget(name, metadata=metadata, selector=selector, opts=child)
        if monitor_labels is not None and container.metrics_path is not None:
            self._monitor(name, container.metrics_path, namespace, model, selector, monitor_labels, opts=child)

        self.url = pulumi.Output.from_input(f"http://{model}.{namespace}.svc.cluster.local/v1")
        self.register_outputs({"url": self.url})

    def _service(
        self, name: str, *, metadata: Any, selector: Mapping[str, str], opts: pulumi.ResourceOptions
    ) -> k8s.core.v1.Service:
        """Not awaited: Pulumi would wait for the pods again, and with a shorter timeout than a cold start."""
        spec: Any = {
            "selector": dict(selector),
            "ports": [{"name": "http", "port": SERVICE_PORT, "targetPort": "http", "protocol": "TCP"}],
        }
        return k8s.core.v1.Service(
            f"{name}-service",
            metadata=metadata | {"annotations": {"pulumi.com/skipAwait": "true"}},
            spec=spec,
            opts=opts,
        )

    def _disruption_budget(
        self, name: str, *, metadata: Any, selector: Mapping[str, str], opts: pulumi.ResourceOptions
    ) -> None:
        """A drain evicts one replica at a time; a replica that isn't ready never blocks it."""
        spec: Any = {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": dict(selector)},
        }
        k8s.policy.v1.PodDisruptionBudget(f"{name}-disruption-budget", metadata=metadata, spec=spec, opts=opts)

    def _monitor(
        self,
        name: str,
        metrics_path: str,
        namespace: str,
        model: str,
        selector: Mapping[str, str],
        monitor_labels: Mapping[str, str],
        *,
        opts: pulumi.ResourceOptions,
    ) -> None:
        k8s.apiextensions.CustomResource(
            f"{name}-monitor",
            api_version="monitoring.coreos.com/v1",
            kind="ServiceMonitor",
            metadata={"name": model, "namespace": namespace, "labels": {**selector, **monitor_labels}},
            spec={
                "selector": {"matchLabels": dict(selector)},
                "endpoints": [{"port": "http", "path": metrics_path, "interval": _SCRAPE_INTERVAL}],
            },
            opts=opts,
        )


def _short_hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:8]
