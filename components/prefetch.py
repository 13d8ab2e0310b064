"""The Job that downloads one model's weights into the claim."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.bucket_access import BucketAccess
from components.container import CLAIM, MODELS_MOUNT, Fetch
from components.model_cache import fetch_variables
from components.network_policy import prefetch_policy
from components.pods import container_security_context, scratch, security_context
from components.stall import watched

_REPORT_SECONDS = 60  # Pulumi waits longer than the Job may run, so that the Job's own error comes first


class Prefetch(pulumi.ComponentResource):
    """Fills the claim, or a `bucket`.

    Runs on a CPU node, or where `node_selector` says. Only its pod has the hub's token and access to the internet.

    A changed model or revision replaces the Job. A finished Job causes no diff (so it has no
    `ttlSecondsAfterFinished`), and a failed Job is replaced by the next `up`. The end of its log is the error message:
    Pulumi shows the termination message of a failed pod next to `BackoffLimitExceeded`. A podFailurePolicy would end
    the Job sooner, but Pulumi doesn't know that reason and would wait for its timeout. `replace_with` is the claim: a
    new claim is empty, and the old one isn't deleted while a pod (even a finished pod) uses it.

    `memory_limit_gib` is above the request because pages that wait to be written to NFS count as memory, in bursts.
    """

    job: pulumi.Output[str]

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
        deadline_seconds: int,
        stall_seconds: int,
        set_group: bool,
        node_selector: Mapping[str, str],
        tolerations: Sequence[Mapping[str, Any]],
        bucket: BucketAccess | None = None,
        depends_on: Sequence[pulumi.Resource] = (),
        replace_with: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:Prefetch", name, None, opts)
        object_name = f"{model}-prefetch"
        labels = {"app.kubernetes.io/name": model, "app.kubernetes.io/component": "prefetch"}
        waits = [*depends_on, *(bucket.after if bucket is not None else ())]
        child = pulumi.ResourceOptions(parent=self, depends_on=waits)

        policy = k8s.networking.v1.NetworkPolicy(
            f"{name}-network-policy",
            metadata={"name": object_name, "namespace": namespace, "labels": labels},
            spec=prefetch_policy(labels, bucket),
            opts=child,
        )

        environment = fetch_variables(fetch)
        volumes, mounts = scratch(scratch_gib)
        if bucket is None:
            volumes.insert(0, {"name": "models", "persistentVolumeClaim": {"claimName": CLAIM}})
            mounts.insert(0, {"name": "models", "mountPath": MODELS_MOUNT})
        else:
            environment += [{"name": key, "value": value} for key, value in bucket.variables.items()]
        disk = {"ephemeral-storage": f"{scratch_gib}Gi"}
        resources = {
            "requests": {"cpu": f"{round(cpu * 1000)}m", "memory": _mebibytes(memory_gib), **disk},
            "limits": {"memory": _mebibytes(memory_limit_gib), **disk},
        }
        container: Any = {
            "name": "prefetch",
            "image": image,
            "command": watched(fetch.command, directory=fetch.directory, seconds=stall_seconds),
            "env": environment,
            "resources": resources,
            "securityContext": container_security_context(),
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": mounts,
        }
        spec: Any = {
            "backoffLimit": 2,  # the CLI resumes; with more attempts a wrong token would only be reported later
            "activeDeadlineSeconds": deadline_seconds,
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "restartPolicy": "Never",  # a failed pod stays, so that its log can be read
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    **({"serviceAccountName": bucket.service_account} if bucket and bucket.service_account else {}),
                    "securityContext": security_context(set_group=set_group),
                    "nodeSelector": {"kubernetes.io/os": "linux", **node_selector},
                    **({"tolerations": [dict(each) for each in tolerations]} if tolerations else {}),
                    "containers": [container],
                    "volumes": volumes,
                },
            },
        }
        wait = f"{deadline_seconds + _REPORT_SECONDS}s"
        job = k8s.batch.v1.Job(
            f"{name}-job",
            metadata={
                "name": object_name,
                "namespace": namespace,
                "labels": labels,
                "annotations": {"pulumi.com/replaceUnready": "true"},
            },
            spec=spec,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*waits, policy],
                replace_with=list(replace_with),
                custom_timeouts=pulumi.CustomTimeouts(create=wait, update=wait),
            ),
        )
        self.job = job.metadata.apply(lambda metadata: metadata.name or object_name)
        self.register_outputs({"job": self.job})


def _mebibytes(gib: float) -> str:
    return f"{round(gib * 1024)}Mi"
