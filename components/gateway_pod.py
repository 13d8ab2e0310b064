"""The pod of the gateway, as a Kubernetes pod spec: Envoy with its files in one volume."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.pods import container_security_context, security_context, spread

BOOTSTRAP = "bootstrap.json"  # read once, when Envoy starts; every other file is read again when it changes
ENVOY = "envoy"  # the name of its container
HTTP, HTTPS, METRICS = "http", "https", "metrics"  # names of its ports
_KNOWN_SECONDS = 15


@dataclass(frozen=True)
class TlsPort:
    """A port with TLS."""

    port: int
    folder: str  # of the certificate
    secret: str  # of the type kubernetes.io/tls, in the pods' namespace: they start once it is there


@dataclass(frozen=True)
class ProxyPod:
    """Times in seconds."""

    image: str
    arguments: tuple[str, ...]
    folder: str  # of its files
    port: int  # for callers
    metrics_port: int
    metrics_path: str
    health_path: str
    cpu: float  # cores
    memory_mib: int
    # Envoy ends at SIGTERM and cuts what is under way: it gets the signal only once callers have left it.
    pre_stop_seconds: int
    grace_seconds: int
    tls: TlsPort | None = None


def proxy_pod_spec(
    pod: ProxyPod, *, labels: Mapping[str, str], config_map: str, optional_config_maps: Sequence[str], secret: str
) -> Any:
    """The ConfigMaps and the Secret are mounted as one folder, so that their files change in one step."""
    health = {"httpGet": {"path": pod.health_path, "port": METRICS}}  # not limited by the connections of callers
    memory = {"memory": f"{pod.memory_mib}Mi"}
    container: dict[str, Any] = {
        "name": ENVOY,
        "image": pod.image,
        "args": list(pod.arguments),
        "ports": [
            {"name": HTTP, "containerPort": pod.port, "protocol": "TCP"},
            {"name": METRICS, "containerPort": pod.metrics_port, "protocol": "TCP"},
        ],
        "resources": {"requests": {"cpu": f"{round(pod.cpu * 1000)}m", **memory}, "limits": memory},
        "securityContext": container_security_context(),
        "lifecycle": {"preStop": {"sleep": {"seconds": pod.pre_stop_seconds}}},
        "startupProbe": {**health, "periodSeconds": 1, "failureThreshold": 60},
        # The agents of NetworkPolicies on other nodes know its address only seconds after it has one.
        "readinessProbe": {
            **health,
            "initialDelaySeconds": _KNOWN_SECONDS,
            "periodSeconds": 5,
            "timeoutSeconds": 3,
            "failureThreshold": 2,
        },
        # Not by a request: where its memory is full Envoy refuses all, and a restart would cut what is under way.
        "livenessProbe": {
            "tcpSocket": {"port": HTTP},
            "periodSeconds": 10,
            "timeoutSeconds": 10,
            "failureThreshold": 6,
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [{"name": "files", "mountPath": pod.folder, "readOnly": True}],
    }
    volumes: list[Any] = []
    if pod.tls is not None:
        container["ports"].append({"name": HTTPS, "containerPort": pod.tls.port, "protocol": "TCP"})
        container["volumeMounts"].append({"name": "tls", "mountPath": pod.tls.folder, "readOnly": True})
        volumes.append({"name": "tls", "secret": {"secretName": pod.tls.secret}})
    sources: list[Any] = [{"configMap": {"name": config_map}}, {"secret": {"name": secret}}]
    sources += [{"configMap": {"name": name, "optional": True}} for name in optional_config_maps]
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": pod.grace_seconds,
        "securityContext": security_context(set_group=False),
        # It asks for each model's whole name every few seconds: the search list would make it five questions each.
        "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "topologySpreadConstraints": spread(labels),
        "containers": [container],
        "volumes": [{"name": "files", "projected": {"sources": sources}}, *volumes],
    }
