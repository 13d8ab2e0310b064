"""The pod that counts tokens per minute for all Envoys: a service that they ask, and the store of its counters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.api_key import random_key
from components.network_policy import counter_policy
from components.pods import container_security_context, secret_variable, security_context, spread

TOKENS = "gateway-tokens"  # the name of its objects
LABELS: Mapping[str, str] = {"app.kubernetes.io/name": TOKENS, "app.kubernetes.io/component": TOKENS}
_GRPC = "grpc"
_PASSWORD, _STORE_FILE = "password", "store.conf"


@dataclass(frozen=True)
class TokenPod:
    """`folder` is where the service finds its files, `store_folder` where the store finds the one with the password,
    and in `shared_folder` is the socket between them."""

    image: str
    environment: Mapping[str, str]
    password_variable: str
    port: int
    folder: str
    memory_mib: int
    store_image: str
    store_command: tuple[str, ...]
    store_folder: str
    store_memory_mib: int
    shared_folder: str
    cpu: float  # cores, of each container


class TokenLimits(pulumi.ComponentResource):
    """Deployment, Service, NetworkPolicy, ConfigMap with `texts`, and a Secret with a random password.

    One pod and no PodDisruptionBudget: two pods would count apart, and a budget of one pod would keep its node from
    being drained, to save some seconds of counting. The service reads `texts` again when they change.
    """

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        texts: Mapping[str, str],
        pod: TokenPod,
        callers: Mapping[str, str],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:TokenLimits", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))
        metadata: Any = {"name": TOKENS, "namespace": namespace, "labels": dict(LABELS)}
        files = k8s.core.v1.ConfigMap(f"{name}-files", metadata=metadata, data=dict(texts), opts=child)
        secret = k8s.core.v1.Secret(
            f"{name}-secret", metadata=metadata, string_data=_secrets(f"{name}-password", self), opts=child
        )
        policy = k8s.networking.v1.NetworkPolicy(
            f"{name}-network-policy",
            metadata=metadata,
            spec=counter_policy(LABELS, port=pod.port, callers=callers),
            opts=child,
        )
        unawaited: Any = {**metadata, "annotations": {"pulumi.com/skipAwait": "true"}}
        # Without an address for its name Envoy knows at once that nobody counts.
        spec: Any = {
            "clusterIP": "None",
            "selector": dict(LABELS),
            "ports": [{"name": _GRPC, "port": pod.port, "targetPort": _GRPC, "protocol": "TCP"}],
        }
        k8s.core.v1.Service(f"{name}-service", metadata=unawaited, spec=spec, opts=child)
        k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=metadata,
            spec=_deployment(pod),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, files, secret, policy]),
        )
        self.register_outputs({})


def _secrets(name: str, parent: pulumi.Resource) -> Mapping[str, pulumi.Input[str]]:
    """The service takes the password from its environment, the store from a file: both see it nowhere else."""
    password = random_key(name, parent)
    return {_PASSWORD: password, _STORE_FILE: pulumi.Output.format("requirepass {0}\n", password)}


def _deployment(pod: TokenPod) -> Any:
    return {
        "replicas": 1,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "selector": {"matchLabels": dict(LABELS)},
        "template": {
            "metadata": {
                "labels": dict(LABELS),
                # What is in its volume isn't worth keeping a node.
                "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"},
            },
            "spec": {
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "terminationGracePeriodSeconds": 5,
                "securityContext": security_context(set_group=False),
                "nodeSelector": {"kubernetes.io/os": "linux"},
                "topologySpreadConstraints": spread(LABELS),
                "containers": [_service(pod), _store(pod)],
                "volumes": _volumes(),
            },
        },
    }


def _service(pod: TokenPod) -> Mapping[str, Any]:
    health = {"grpc": {"port": pod.port, "service": "ratelimit"}}
    return {
        "name": "ratelimit",
        "image": pod.image,
        "env": [
            *({"name": key, "value": value} for key, value in sorted(pod.environment.items())),
            secret_variable(pod.password_variable, secret=TOKENS, key=_PASSWORD),
        ],
        "ports": [{"name": _GRPC, "containerPort": pod.port, "protocol": "TCP"}],
        **_limits(pod.cpu, pod.memory_mib),
        # Without its store it isn't ready, and requests pass uncounted until it is. A restart would be no help.
        "readinessProbe": {**health, "periodSeconds": 5, "failureThreshold": 2},
        "volumeMounts": [
            {"name": "files", "mountPath": f"{pod.folder}/config", "readOnly": True},
            {"name": "shared", "mountPath": pod.shared_folder},
        ],
    }


def _store(pod: TokenPod) -> Mapping[str, Any]:
    return {
        "name": "store",
        "image": pod.store_image,
        "command": list(pod.store_command),
        **_limits(pod.cpu, pod.store_memory_mib),
        "volumeMounts": [
            {"name": "password", "mountPath": pod.store_folder, "readOnly": True},
            {"name": "shared", "mountPath": pod.shared_folder},
        ],
    }


def _limits(cpu: float, memory_mib: int) -> Mapping[str, Any]:
    memory = {"memory": f"{memory_mib}Mi"}
    return {
        "resources": {"requests": {"cpu": f"{round(cpu * 1000)}m", **memory}, "limits": memory},
        "securityContext": container_security_context(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _volumes() -> list[Mapping[str, Any]]:
    password = {"secretName": TOKENS, "items": [{"key": _STORE_FILE, "path": _STORE_FILE}]}
    return [
        {"name": "files", "configMap": {"name": TOKENS}},
        {"name": "password", "secret": password},
        {"name": "shared", "emptyDir": {"sizeLimit": "1Mi"}},
    ]
