"""Scales the replicas of one model by its requests and by the hour, with KEDA and Prometheus."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pulumi
import pulumi_kubernetes as k8s

from components.container import Query
from components.pod_autoscaler import cores
from components.prometheus_login import NAME
from components.scaling_behavior import behavior, failures, target_of


class Opening(Protocol):
    """Hours in which at least this many replicas run: two cron expressions in a time zone."""

    @property
    def start(self) -> str: ...
    @property
    def end(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def replicas(self) -> int: ...


class ModelScaler(pulumi.ComponentResource):
    """A ScaledObject for the Deployment `target` in the same namespace.

    `thresholds` are per replica, by the name of a query, `cpu` is in cores per replica; of these and of the `openings`,
    whatever asks for the largest number of replicas wins. An empty answer is an error, not zero:
    after a few errors, `fallback_replicas` run. A paused model keeps its scaler, which holds it at 0 replicas.
    """

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        target: str,
        queries: Sequence[Query],
        thresholds: Mapping[str, int],
        min_replicas: int,
        max_replicas: int,
        fallback_replicas: int,
        openings: Sequence[Opening] = (),
        polling_seconds: int,
        cooldown_seconds: int,
        cpu: float | None = None,
        prometheus_url: pulumi.Input[str],
        login: Mapping[str, str] | None = None,
        paused: bool = False,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:ModelScaler", name, None, opts)
        queries = [query for query in queries if query.name in thresholds]
        if not queries and not openings:
            raise ValueError(f"{target}: no query measures {sorted(thresholds)}, so nothing can scale on them")
        metadata: dict[str, Any] = {"name": target, "namespace": namespace}
        if paused:
            metadata["annotations"] = {"autoscaling.keda.sh/paused-replicas": "0"}
        k8s.apiextensions.CustomResource(
            f"{name}-scaled-object",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata=metadata,
            spec={
                "scaleTargetRef": target_of(target),
                "minReplicaCount": min_replicas,
                "maxReplicaCount": max_replicas,
                "pollingInterval": polling_seconds,
                "cooldownPeriod": cooldown_seconds,
                "fallback": {
                    "failureThreshold": failures(min_replicas, polling_seconds),
                    "replicas": fallback_replicas,
                    "behavior": "currentReplicasIfHigher",  # an outage of Prometheus removes no replica
                },
                "advanced": {"horizontalPodAutoscalerConfig": {"behavior": behavior(cooldown_seconds)}},
                "triggers": [
                    *(_by_query(query, thresholds[query.name], prometheus_url, login) for query in queries),
                    *(_by_hour(opening) for opening in openings),
                    *([_by_cpu(cpu)] if cpu is not None else []),
                ],
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        self.register_outputs({})


def _by_query(
    query: Query, threshold: int, prometheus_url: pulumi.Input[str], login: Mapping[str, str] | None
) -> dict[str, Any]:
    return {
        "type": "prometheus",
        "name": query.name,
        "metricType": "AverageValue",
        "metadata": {
            "serverAddress": prometheus_url,
            "query": query.promql,
            "threshold": str(threshold),
            "ignoreNullValues": "false",
            **(login or {}),
        },
        **({"authenticationRef": {"name": NAME}} if login is not None else {}),
    }


def _by_hour(opening: Opening) -> dict[str, Any]:
    return {
        "type": "cron",
        "metricType": "AverageValue",
        "metadata": {
            "timezone": opening.timezone,
            "start": opening.start,
            "end": opening.end,
            "desiredReplicas": str(opening.replicas),
        },
    }


def _by_cpu(number: float) -> dict[str, Any]:
    """Cores per replica in the mean. It wakes nothing: a pod that isn't there uses none."""
    return {"type": "cpu", "metricType": "AverageValue", "metadata": {"value": cores(number)}}
