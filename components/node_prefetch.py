"""The DaemonSet that downloads one model's weights onto each node that may run it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.container import CLAIM, MODELS_MOUNT, Fetch
from components.model_cache import fetch_variables
from components.network_policy import prefetch_policy
from components.node_cache import FILLED_BY
from components.pods import container_security_context, scratch, security_context
from components.stall import watched

_MADE = "/made"  # where the volume is mounted that creates the directory
# What a node has whole isn't asked for again: it starts without the hub, too. The hub's client locks each file, so two
# models with the same weights wait for each other.
_ONCE = """\
complete=$1
shift
if [ -e "$complete" ]; then exit 0; fi
"$@" && touch "$complete"
"""
_STAY = "trap 'exit 0' TERM; sleep infinity & wait"  # a shell ends on SIGTERM only with a trap


class NodePrefetch(pulumi.ComponentResource):
    """A pod per node: its first container downloads, its second one does nothing, so that the pod counts as ready.

    Only these pods have the hub's token and access to the internet. A container that fails is started again, and goes
    on where it was. They request the room that the weights take, because the kubelet doesn't know who fills a
    directory: then no pod counts on this room. `claims` are those of the directory: pods must be deleted before a claim
    can be replaced.
    """

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        model: str,
        fetch: Fetch,
        image: str,
        cpu: float,
        memory_gib: float,
        memory_limit_gib: float,
        scratch_gib: int,
        room_gib: int,
        wait_seconds: int,
        stall_seconds: int,
        node_selector: Mapping[str, str],
        tolerations: Sequence[Mapping[str, Any]],
        selinux_level: str | None = None,
        depends_on: Sequence[pulumi.Resource] = (),
        claims: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:NodePrefetch", name, None, opts)
        object_name = f"{model}-prefetch"
        labels = {"app.kubernetes.io/name": model, "app.kubernetes.io/component": "prefetch"}
        metadata: Any = {"name": object_name, "namespace": namespace, "labels": labels}
        policy = k8s.networking.v1.NetworkPolicy(
            f"{name}-network-policy",
            metadata=metadata,
            spec=prefetch_policy(labels),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        environment = fetch_variables(fetch)
        volumes, mounts = scratch(scratch_gib)
        small = {"cpu": f"{round(cpu * 1000)}m", "memory": f"{round(memory_gib * 1024)}Mi"}
        disk = {"ephemeral-storage": f"{scratch_gib + room_gib}Gi"}
        watch = watched(fetch.command, directory=fetch.directory, seconds=stall_seconds)
        downloads: Any = {
            "name": "prefetch",
            "image": image,
            "command": ["/bin/sh", "-c", _ONCE, "prefetch", fetch.complete, *watch],
            "env": environment,
            "resources": {
                "requests": {**small, **disk},
                "limits": {"memory": f"{round(memory_limit_gib * 1024)}Mi", **disk},
            },
            "securityContext": container_security_context(),
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": [
                {"name": "models", "mountPath": MODELS_MOUNT},
                {"name": "made", "mountPath": _MADE, "readOnly": True},
                *mounts,
            ],
        }
        stays: Any = {
            "name": "stays",
            "image": image,
            "command": ["/bin/sh", "-c", _STAY],
            "resources": {"requests": {**small, **disk}, "limits": {"memory": small["memory"], **disk}},
            "securityContext": container_security_context(),
        }
        spec: Any = {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "100%"}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "terminationGracePeriodSeconds": 5,
                    "securityContext": security_context(set_group=True, selinux_level=selinux_level),
                    "nodeSelector": {"kubernetes.io/os": "linux", **node_selector},
                    "tolerations": [dict(each) for each in tolerations],
                    "initContainers": [downloads],
                    "containers": [stays],
                    "volumes": [
                        {"name": "models", "persistentVolumeClaim": {"claimName": FILLED_BY}},
                        {"name": "made", "persistentVolumeClaim": {"claimName": CLAIM}},
                        *volumes,
                    ],
                },
            },
        }
        wait = f"{wait_seconds}s"
        k8s.apps.v1.DaemonSet(
            f"{name}-daemon-set",
            metadata=metadata,
            spec=spec,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*depends_on, policy],
                replace_with=list(claims),
                custom_timeouts=pulumi.CustomTimeouts(create=wait, update=wait),
            ),
        )
        self.register_outputs({})
