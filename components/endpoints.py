"""The ConfigMap `llm-platform`, which applications in the cluster read instead of stack outputs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

CONFIG_MAP = "llm-platform"
DATA_KEY = "platform.json"
_READER = f"{CONFIG_MAP}-reader"
_RBAC = "rbac.authorization.k8s.io"
# The service accounts of all pods. Not system:authenticated: on some clusters that includes everybody who has an
# account at the cloud.
_SERVICE_ACCOUNTS = "system:serviceaccounts"


class Endpoints(pulumi.ComponentResource):
    """`outputs` as JSON under one key; they must not contain a secret.

    `readable` lets the service accounts of every namespace get this one ConfigMap. In a namespace of another owner,
    that owner decides who may read it.
    """

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        outputs: Mapping[str, Any],
        readable: bool,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:Endpoints", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))
        k8s.core.v1.ConfigMap(
            f"{name}-config",
            metadata={"name": CONFIG_MAP, "namespace": namespace},
            data={DATA_KEY: json.dumps(outputs, indent=2, sort_keys=True) + "\n"},
            opts=child,
        )
        if readable:
            get: Any = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [CONFIG_MAP], "verbs": ["get"]}
            pods: Any = {"apiGroup": _RBAC, "kind": "Group", "name": _SERVICE_ACCOUNTS}
            role = k8s.rbac.v1.Role(
                f"{name}-reader", metadata={"name": _READER, "namespace": namespace}, rules=[get], opts=child
            )
            k8s.rbac.v1.RoleBinding(
                f"{name}-readers",
                metadata={"name": _READER, "namespace": namespace},
                role_ref={"api_group": _RBAC, "kind": "Role", "name": _READER},
                subjects=[pods],
                opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
            )
        self.register_outputs({})
