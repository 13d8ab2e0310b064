"""Alerts for a Prometheus whose operator reads rules from the cluster."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s


class PrometheusRules(pulumi.ComponentResource):
    """One PrometheusRule. `groups` by name, and the `seconds` between evaluations of a group where they aren't those
    of this Prometheus; `labels` are those by which it selects rules."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        groups: Mapping[str, Sequence[Mapping[str, Any]]],
        seconds: Mapping[str, int],
        labels: Mapping[str, str],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:PrometheusRules", name, None, opts)
        k8s.apiextensions.CustomResource(
            f"{name}-rule",
            api_version="monitoring.coreos.com/v1",
            kind="PrometheusRule",
            metadata={"name": name, "namespace": namespace, "labels": dict(labels)},
            spec={"groups": [_group(each, rules, seconds.get(each)) for each, rules in groups.items()]},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        self.register_outputs({})


def _group(name: str, rules: Sequence[Mapping[str, Any]], seconds: int | None) -> dict[str, Any]:
    interval = {"interval": f"{seconds}s"} if seconds is not None else {}
    return {"name": name, **interval, "rules": [dict(each) for each in rules]}
