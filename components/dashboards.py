"""Dashboards that the sidecar of a Grafana reads: a ConfigMap for each."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as k8s


class Dashboards(pulumi.ComponentResource):
    """`files`: JSON by file name. `labels`: those by which the sidecar finds them."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        labels: Mapping[str, str],
        files: Mapping[str, str],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:Dashboards", name, None, opts)
        for file, text in files.items():
            short = file.removesuffix(".json")
            k8s.core.v1.ConfigMap(
                f"{name}-{short}",
                metadata={"name": f"llm-dashboard-{short}", "namespace": namespace, "labels": dict(labels)},
                data={f"llm-{file}": text},
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
            )
        self.register_outputs({})
