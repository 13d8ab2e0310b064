"""What the rules read from a recording: pods, nodes, quantities."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.catalog import Catalog, load_catalog
from infra.recording import Recorded, Recording
from infra.registry import owner_of
from infra.services.serving.service import SERVING
from infra.services.weights.service import WEIGHTS

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
DAEMON_SET = "kubernetes:apps/v1:DaemonSet"
JOB = "kubernetes:batch/v1:Job"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SERVICE = "kubernetes:core/v1:Service"
SECRET = "kubernetes:core/v1:Secret"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
NAMESPACE = "kubernetes:core/v1:Namespace"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
VOLUME = "kubernetes:core/v1:PersistentVolume"
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
SUBNET = "aws:ec2/subnet:Subnet"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
POD_SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
VERTICAL = "kubernetes:autoscaling.k8s.io/v1:VerticalPodAutoscaler"
SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
SERVICE_MONITOR = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor"
POD_MONITOR = "kubernetes:monitoring.coreos.com/v1:PodMonitor"
RELEASE = "kubernetes:helm.sh/v3:Release"
EKS_ADDON = "aws:eks/addon:Addon"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
SCALING_GROUP_TAG = "aws:autoscaling/tag:Tag"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
NODE_CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
ACCESS_ENTRY = "aws:eks/accessEntry:AccessEntry"
PLACEMENT_GROUP = "aws:ec2/placementGroup:PlacementGroup"
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"

_STARTS_PODS = (
    DEPLOYMENT,
    "kubernetes:apps/v1:StatefulSet",
    DAEMON_SET,
    JOB,
)

GPU = "nvidia.com/gpu"
DISK = "ephemeral-storage"

_UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def catalog() -> Catalog:
    return load_catalog()


def quantity(text: str) -> float:
    """`3500m` cores, `12Gi` bytes."""
    number, unit = re.findall(r"^([\d.]+)([A-Za-z]*)$", text)[0]
    return float(number) * _UNITS[unit]


def seconds(text: str) -> int:
    """`20m`, as Go and so Pulumi writes durations."""
    return sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)([smh])", text))


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of nested data with its dotted path; the path of a list's element has its name, if it has one."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from walk(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            name = item["name"] if isinstance(item, Mapping) and "name" in item else index
            yield from walk(item, f"{path}[{name}]")
    else:
        yield path, value


@dataclass(frozen=True)
class Pod:
    """The pod template of a Deployment or a Job."""

    resource: Recorded

    @property
    def name(self) -> str:
        return self.resource.inputs["metadata"]["name"]

    @property
    def template(self) -> Mapping[str, Any]:
        return self.resource.inputs["spec"]["template"]

    @property
    def spec(self) -> Mapping[str, Any]:
        return self.template["spec"]

    @property
    def containers(self) -> list[Mapping[str, Any]]:
        return [*self.spec["containers"], *self.spec.get("initContainers", [])]

    @property
    def claims(self) -> list[str]:
        """The names of those that it mounts."""
        volumes = self.spec.get("volumes", [])
        return [v["persistentVolumeClaim"]["claimName"] for v in volumes if "persistentVolumeClaim" in v]

    @property
    def tolerations(self) -> list[Mapping[str, Any]]:
        return self.spec.get("tolerations", [])

    @property
    def variables(self) -> list[tuple[str, Any]]:
        """A name with its value, or where that comes from."""
        return [(v["name"], v.get("value", v.get("valueFrom"))) for c in self.containers for v in c.get("env", [])]

    @property
    def environment(self) -> Mapping[str, Any]:
        return dict(self.variables)

    @property
    def arguments(self) -> list[str]:
        return [argument for c in self.containers for argument in (*c.get("command", []), *c.get("args", []))]

    def argument(self, flag: str) -> str | None:
        """The value behind a flag."""
        arguments = self.arguments
        return arguments[arguments.index(flag) + 1] if flag in arguments else None

    def requests(self, resource: str) -> float:
        """Cores, bytes, or a count: of its containers together, or of the one before them that asks for more."""
        before, after = (
            [quantity(c.get("resources", {}).get("requests", {}).get(resource, "0")) for c in self.spec.get(key, [])]
            for key in ("initContainers", "containers")
        )
        return max([*before, sum(after)])

    @property
    def gpus(self) -> int:
        """By whatever name the nodes offer them: only such resources have a domain."""
        asked = (c.get("resources", {}).get("requests", {}) for c in self.containers)
        return sum(int(quantity(value)) for each in asked for key, value in each.items() if "/" in key)


def pods(recording: Recording) -> list[Pod]:
    """All pods, of models and of services."""
    return [Pod(made) for type_ in _STARTS_PODS for made in recording.of(type_)]


def servers(recording: Recording) -> list[Pod]:
    """The Deployments of models: rules about models apply only to these."""
    return [pod for pod in pods(recording) if pod.resource.type == DEPLOYMENT and _serves(pod.resource)]


def jobs(recording: Recording) -> list[Pod]:
    """The Jobs that fetch the weights of a model."""
    return [pod for pod in pods(recording) if pod.resource.type == JOB and _serves(pod.resource)]


def on_each_node(recording: Recording) -> list[Pod]:
    """The DaemonSets that fetch the weights of a model onto each node that may run it."""
    return [pod for pod in pods(recording) if pod.resource.type == DAEMON_SET and _serves(pod.resource)]


def others(recording: Recording) -> list[Pod]:
    """The Deployments of services next to the models."""
    return [pod for pod in pods(recording) if not _serves(pod.resource)]


def proxies(recording: Recording) -> list[Pod]:
    """The Deployments through which every request goes."""
    return [pod for pod in others(recording) if "GatewayProxy" in pod.resource.urn]


def weight_claims(recording: Recording) -> list[Recorded]:
    return [claim for claim in recording.of(CLAIM) if owner_of(claim.urn) is WEIGHTS]


def _serves(made: Recorded) -> bool:
    return owner_of(made.urn) is SERVING


def scaler_of(recording: Recording, server: Pod) -> Recorded | None:
    targets = {r.inputs["spec"]["scaleTargetRef"]["name"]: r for r in recording.of(SCALED_OBJECT)}
    return targets.get(server.name)


def max_replicas(recording: Recording, server: Pod) -> int:
    """0 while it is paused."""
    replicas = server.resource.inputs["spec"].get("replicas", 1)
    scaler = scaler_of(recording, server)
    return scaler.inputs["spec"]["maxReplicaCount"] if scaler and replicas else replicas


def tolerates(tolerations: list[Mapping[str, Any]], taint: Mapping[str, str]) -> bool:
    """As Kubernetes matches them: no key is every key, no effect every effect, no operator Equal."""
    return any(
        t.get("key") in (None, taint["key"])
        and (t.get("operator") == "Exists" or t.get("value", "") == taint["value"])
        and t.get("effect") in (None, taint["effect"])
        for t in tolerations
    )


def release(recording: Recording, chart: str) -> Recorded | None:
    """The release of a chart, whether from its repository or from a mirror."""
    found = [
        r for r in recording.of(RELEASE) if re.match(rf"{chart}(-[\d.]+\.tgz)?$", r.inputs["chart"].split("/")[-1])
    ]
    return found[0] if found else None
