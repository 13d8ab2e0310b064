"""The pods of one model, which only the gateway reaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.bucket_access import BucketAccess
from components.container import API_KEY, Compiled, Container
from components.engine_keys import EngineKeys
from components.model_pod import PodPlace, PodSize, pod_spec
from components.network_policy import server_policy
from components.pod_autoscaler import PodRange, scale_pods
from components.vertical_autoscaler import Vertical, fit_pods

SERVICE_PORT = 80
MODEL_PODS: Mapping[str, str] = {"app.kubernetes.io/component": "model-server"}  # a label of the pods of all models
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
    """Who may reach the pods."""

    gateway: Mapping[str, str]  # the labels of its pods, in the same namespace
    monitoring_namespace: str | None = None
    spans: tuple[Mapping[str, str], int] | None = None  # what takes those of the pods: labels of its pod, and its port


class ModelServer(pulumi.ComponentResource):
    """Deployment, Service, NetworkPolicy, and if the arguments ask for them: Secret, PodDisruptionBudget,
    ServiceMonitor, HorizontalPodAutoscaler, VerticalPodAutoscaler.

    `model` is the name that applications send. `scaled` leaves the number of replicas to a scaler, and so does
    `by_use`, by which they follow what they use. `replicas` is 0 for a paused model. Only the pods wait for
    `pods_wait_for`, the weights and the nodes: `reachable`, by which the gateway finds and reaches them, is created
    meanwhile.
    `own_claim` has the weights of this model; None: they are in the model cache, or the server reads them from
    `bucket`. `service_account`: whose rights the claim is mounted with.
    `awaited` are files by which each node says that it has them. `compiled`: what is kept of its start.
    `replace_with` is the claim: the pods must be deleted before the claim can be replaced.
    `monitor_labels` are the labels by which the Prometheus selects ServiceMonitors; None creates no ServiceMonitor.
    """

    deployment: k8s.apps.v1.Deployment
    reachable: Sequence[pulumi.Resource]

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
        keys: EngineKeys,
        callers_key: pulumi.Input[str] | None,
        own_claim: str | None = None,
        bucket: BucketAccess | None = None,
        service_account: str | None = None,
        awaited: Sequence[str] = (),
        compiled: Compiled | None = None,
        selinux_level: str | None = None,
        monitor_labels: Mapping[str, str] | None,
        depends_on: Sequence[pulumi.Resource] = (),
        by_use: PodRange | None = None,
        vertical: Vertical | None = None,
        pods_wait_for: Sequence[pulumi.Resource] = (),
        replace_with: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:ModelServer", name, None, opts)
        self._name, self._model, self._namespace = name, model, namespace
        selector = {"app.kubernetes.io/name": model, **MODEL_PODS}
        metadata: Any = {"name": model, "namespace": namespace, "labels": selector}
        child = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))

        # Otherwise the autoscaler may end a replica to save a node, and the model lacks it for a cold start. It doesn't
        # depend on the number of replicas: a change of the pods' template recreates every pod.
        pod_annotations: dict[str, pulumi.Input[str]] = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
        waits: list[pulumi.Resource] = [*depends_on, *pods_wait_for, *(bucket.after if bucket else ())]
        if container.checks_key:
            waits.append(keys.secret)
            # An engine reads its keys only when it starts: another one has to replace the pods.
            pod_annotations["llm-platform/engine-keys"] = _accepted(container, keys)
            if callers_key is not None:
                self._callers_secret(name, callers_key, child)

        # It lets in less than the one of version 1, `<model>-server`, which is removed at the end of an update: until
        # then both hold, and the old way stays open. Its name is no model's and no other policy's.
        policy = k8s.networking.v1.NetworkPolicy(
            f"{name}-policy",
            metadata=metadata | {"name": f"{model}-pods"},
            spec=server_policy(
                selector,
                port=container.port,
                gateway=callers.gateway,
                monitoring_namespace=callers.monitoring_namespace if container.metrics_path is not None else None,
                bucket=bucket,
                spans=callers.spans,
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
                own_claim=own_claim,
                bucket=bucket,
                service_account=service_account,
                awaited=awaited,
                compiled=compiled,
                selinux_level=selinux_level,
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
                ignore_changes=["spec.replicas"] if scaled or (by_use is not None and replicas) else None,
                custom_timeouts=pulumi.CustomTimeouts(create=wait, update=wait),
            ),
        )
        pods = self._pods_service(selector, opts=child)
        self.reachable = (pods, policy)
        if disruption_budget:
            self._disruption_budget(name, metadata=metadata, selector=selector, opts=child)
        after = pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, self.deployment])
        if by_use is not None:
            scale_pods(name, target=model, metadata=metadata, pods=by_use, opts=after)
        if vertical is not None:
            fit_pods(name, target=model, container=container.name, metadata=metadata, vertical=vertical, opts=after)
        if monitor_labels is not None and container.metrics_path is not None:
            scraped = pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, pods])
            self._monitor(name, container.metrics_path, namespace, model, selector, monitor_labels, opts=scraped)
        self.register_outputs({})

    def add_address(self, *, answered_by: Mapping[str, str], depends_on: Sequence[pulumi.Resource]) -> None:
        """`http://<model>.<namespace>.svc`, port 80, as in version 1: the pods with these labels answer, the gateway's.

        It waits for the model's own pods: until the load balancer of version 1 knows them, they count as not ready.
        """
        selector = {"app.kubernetes.io/name": self._model, **MODEL_PODS}
        ports: Any = [{"name": "http", "port": SERVICE_PORT, "targetPort": "http", "protocol": "TCP"}]
        k8s.core.v1.Service(
            f"{self._name}-service",
            metadata={
                "name": self._model,
                "namespace": self._namespace,
                "labels": selector,
                "annotations": {"pulumi.com/skipAwait": "true"},
            },
            spec={"selector": dict(answered_by), "ports": ports},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, self.deployment]),
        )

    def _callers_secret(self, name: str, key: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
        """Where version 1 had the key of all callers, which the gateway asks for."""
        k8s.core.v1.Secret(
            f"{name}-api-key",
            metadata={"name": f"{self._model}-api-key", "namespace": self._namespace},
            string_data={API_KEY: key},
            opts=opts,
        )

    def _pods_service(self, selector: Mapping[str, str], *, opts: pulumi.ResourceOptions) -> k8s.core.v1.Service:
        """Its name has the addresses of all pods that are ready. Not awaited: Pulumi would wait for the pods again, and
        with a shorter timeout than a cold start."""
        ports = [{"name": "http", "port": SERVICE_PORT, "targetPort": "http", "protocol": "TCP"}]
        spec: Any = {"clusterIP": "None", "selector": dict(selector), "ports": ports}
        return k8s.core.v1.Service(
            f"{self._name}-pods",
            metadata={
                "name": f"{self._model}-pods",
                "namespace": self._namespace,
                "labels": _scraped(self._model),
                "annotations": {"pulumi.com/skipAwait": "true"},
            },
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
                "selector": {"matchLabels": _scraped(model)},
                "endpoints": [
                    {
                        "port": "http",
                        "path": metrics_path,
                        "interval": _SCRAPE_INTERVAL,
                        # The labels that queries and dashboards know: the model's name, not that of its pods' Service.
                        "relabelings": [{"targetLabel": label, "replacement": model} for label in ("service", "job")],
                    }
                ],
            },
            opts=opts,
        )


def _scraped(model: str) -> dict[str, str]:
    """The labels of the Service by which Prometheus finds the pods; the model's address has others."""
    return {"app.kubernetes.io/name": model, "app.kubernetes.io/component": "model-pods"}


def _accepted(container: Container, keys: EngineKeys) -> str:
    """The numbers of the keys that it takes when it starts."""
    return ",".join(map(str, sorted(keys.numbers))) if container.keys_file is not None else str(keys.numbers[0])
