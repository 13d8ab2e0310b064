"""Whom an Alertmanager notifies of the alerts of one namespace."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s


class AlertReceivers(pulumi.ComponentResource):
    """A Secret with URLs and keys, and the AlertmanagerConfig that names it. `labels` are those by which the
    Alertmanager selects configurations."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        secret: str,
        values: Mapping[str, pulumi.Input[str]],
        configuration: Mapping[str, Any],
        labels: Mapping[str, str],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:AlertReceivers", name, None, opts)
        keys = k8s.core.v1.Secret(
            f"{name}-secret",
            metadata={"name": secret, "namespace": namespace},
            string_data=dict(values),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        k8s.apiextensions.CustomResource(
            f"{name}-configuration",
            api_version="monitoring.coreos.com/v1alpha1",
            kind="AlertmanagerConfig",
            metadata={"name": "llm-platform", "namespace": namespace, "labels": dict(labels)},
            spec=dict(configuration),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, keys]),
        )
        self.register_outputs({})
