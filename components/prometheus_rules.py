"""Alerts for a Prometheus whose operator reads rules from the cluster."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s


class PrometheusRules(pulumi.ComponentResource):
    """One PrometheusRule. `labels` are those by which the Prometheus selects rules."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        rules: Sequence[Mapping[str, Any]],
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
            spec={"groups": [{"name": name, "rules": [dict(each) for each in rules]}]},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        self.register_outputs({})
