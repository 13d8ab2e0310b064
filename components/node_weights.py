"""Weights in a directory of the nodes, as a claim: Pod Security `restricted` admits claims, but no hostPath."""

import hashlib
from collections.abc import Sequence

import pulumi

from components.bound_claim import bound_claim


class NodeWeights(pulumi.ComponentResource):
    """A volume for the directory `path` of whatever node a pod is on, and the claim that is bound to it.

    A volume's source can't be changed, so another path has other names. The kubelet refuses to start a pod on a node
    without the directory.
    """

    claim: str

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        model: str,
        path: str,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:NodeWeights", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))
        self.claim = f"{model}-{hashlib.sha256(path.encode()).hexdigest()[:8]}"
        bound_claim(
            name,
            self.claim,
            f"{namespace}-{self.claim}",
            namespace=namespace,
            access_mode="ReadOnlyMany",
            source={"hostPath": {"path": path, "type": "Directory"}},
            made=child,
            kept=child,
        )
        self.register_outputs({"claim": self.claim})
