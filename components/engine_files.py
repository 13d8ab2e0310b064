"""What engines read when they start, beside their keys: how they write their logs."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as k8s

from components.container import ENGINE_FILES


class EngineFiles(pulumi.ComponentResource):
    """A ConfigMap. A pod reads it at its start, so that another text restarts no model."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        texts: Mapping[str, str],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:EngineFiles", name, None, opts)
        k8s.core.v1.ConfigMap(
            f"{name}-texts",
            metadata={"name": ENGINE_FILES, "namespace": namespace},
            data=dict(texts),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        self.register_outputs({})
