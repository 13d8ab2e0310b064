"""Rules 10 and 11: names, the order of the teardown, and what stays."""

import re
from collections.abc import Collection, Iterable

from infra.offline import Planned
from infra.recording import Recorded, Recording
from infra.services.gateway.section import Gateway
from tests.invariants.node_pools import needed_by, node_pools
from tests.invariants.nodes import groups_of
from tests.invariants.reading import (
    CLAIM,
    EKS_ADDON,
    INGRESS,
    NAMESPACE,
    NODE_CLASS,
    NODE_GROUP,
    RELEASE,
    SCALED_OBJECT,
    SERVICE_MONITOR,
    VOLUME,
    Pod,
    jobs,
    on_each_node,
    others,
    release,
    servers,
    weight_claims,
)

_ROUTE = "aws:ec2/route:Route"
_ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
_MOUNT_TARGET = "aws:efs/mountTarget:MountTarget"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_POD_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_PROTECTED = ("aws:eks/cluster:Cluster", "aws:kms/key:Key", "aws:efs/fileSystem:FileSystem")
_BEFORE_NODES = {"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}


def names_come_from_the_stack_file(planned: Planned) -> list[str]:
    """Rule 10. No logical name holds the stack, the region, a version or a position; test_changes has the rest."""
    plan = planned.plan
    keys = [f"client-{name}-key-{key}" for name, client in plan.traffic.clients.items() for key in client.keys]
    keys += [f"engine-keys-{number}" for number in (plan.settings.gateway or Gateway()).engine_keys]
    own = [*plan.models, *plan.pools, *plan.cluster.zone_ids, *keys]  # may hold any word or number
    broken = []
    for made in planned.recording.resources:
        if made.type == "pulumi:pulumi:Stack":
            continue
        rest = made.name
        for name in sorted(own, key=len, reverse=True):
            rest = re.sub(rf"(^|-){re.escape(name)}(?=-|$)", r"\1", rest)
        words = rest.split("-")
        if plan.stack in words:
            broken.append(f"{made.name}: holds the stack's name")
        if plan.cluster.region and plan.cluster.region in rest:
            broken.append(f"{made.name}: holds the region")
        if any(re.fullmatch(r"v?\d+(\.\d+)*", word) for word in words):
            broken.append(f"{made.name}: holds a version or a position")
    return broken


class Dependencies:
    """The order in which the engine deletes: a resource is deleted before everything that it depends on.

    Only what reaches the resource itself counts: a component's own `depends_on` doesn't reach its children.
    """

    def __init__(self, recording: Recording) -> None:
        self._direct = {
            made.urn: {*made.options.get("depends_on", []), made.options.get("provider")}
            for made in recording.resources
        }
        self._all: dict[str, frozenset[str]] = {}

    def of(self, urn: str | None) -> frozenset[str]:
        """Everything that is deleted after the resource."""
        if urn not in self._direct:
            return frozenset()
        if urn not in self._all:
            direct = {each for each in self._direct[urn] if each}
            self._all[urn] = frozenset(direct.union(*(self.of(each) for each in direct)))
        return self._all[urn]

    def missing(self, dependents: Iterable[Recorded], needed: Collection[Recorded], why: str) -> list[str]:
        return [
            f"{dependent.name}: may outlive {each.name}: {why}"
            for dependent in dependents
            for each in needed
            if each.urn not in self.of(dependent.urn)
        ]


def teardown_is_ordered(planned: Planned) -> list[str]:
    """Rule 11. Routes before their controller, workloads before operators and nodes, node groups before the VPC."""
    recording, order = planned.recording, Dependencies(planned.recording)
    return [*_workloads(recording, order), *_operators(recording, order), *_nodes(recording, order)]


def _workloads(recording: Recording, order: Dependencies) -> list[str]:
    # Spans that nobody takes are dropped: no pod needs what takes them.
    releases = [each for each in recording.of(RELEASE) if each.name != "traces-collector"]
    claims, caches = recording.of(CLAIM), weight_claims(recording)
    fetching = [each.resource for each in (*jobs(recording), *on_each_node(recording))]
    drivers = [addon for addon in recording.of(EKS_ADDON) if addon.inputs["addonName"].endswith("csi-driver")]
    broken = [
        *order.missing(recording.of(INGRESS), _installed(recording, "aws-load-balancer-controller"), "its ALB stays"),
        *order.missing(recording.of(SCALED_OBJECT), _installed(recording, "keda"), "its finalizer stays"),
        *order.missing(recording.of(SERVICE_MONITOR), _installed(recording, "kube-prometheus-stack"), "its kind goes"),
        *order.missing(_of_models(recording), releases, "a dead API keeps it Terminating"),
        *order.missing(claims, [*drivers, *recording.of(_MOUNT_TARGET)], "nothing unmounts or deletes its volume"),
        *order.missing(fetching, [*_system(recording), *caches], "its pod needs it"),
        *order.missing(
            (pod.resource for pod in others(recording)), [*releases, *_system(recording)], "its pods need it"
        ),
    ]
    for deployment in (server.resource for server in servers(recording)):
        groups = [group.resource for group in groups_of(recording, Pod(deployment))]
        own = [each for each in fetching if _same_model(each, deployment)]
        needed = [*releases, *own, *groups, *_system(recording)]
        broken += order.missing([deployment], needed, "its pods need it")
        reads_cache = {each.inputs["metadata"]["name"] for each in weight_claims(recording)} & {*Pod(deployment).claims}
        broken += [f"{deployment.name}: nothing fetches its weights"] if reads_cache and not own else []
    return broken


def _of_models(recording: Recording) -> list[Recorded]:
    """Namespaces except those of releases: such a namespace is deleted after its release."""
    within = {each.inputs["namespace"] for each in recording.of(RELEASE)}
    return [each for each in recording.of(NAMESPACE) if each.inputs["metadata"]["name"] not in within]


def _operators(recording: Recording, order: Dependencies) -> list[str]:
    """They run on system nodes, reach AWS over the VPC's routes, and clean up there with their own permissions."""
    broken = []
    rights = [*recording.of(_POD_IDENTITY), *recording.of(_ROLE_POLICY)]
    for installed in recording.of(RELEASE):
        own = [each for each in rights if each.name.startswith(installed.name)]
        broken += order.missing([installed], [*_system(recording), *_routes(recording)], "its pods run there")
        broken += order.missing([installed], own, "it can't clean up in AWS")
    return broken


def _nodes(recording: Recording, order: Dependencies) -> list[str]:
    groups = recording.of(NODE_GROUP)
    agents = [addon for addon in recording.of(EKS_ADDON) if addon.inputs["addonName"] in _BEFORE_NODES]
    broken = order.missing(groups, _routes(recording), "its nodes can't leave the cluster")
    broken += order.missing(groups, agents, "nodes start without it")
    for group in groups:
        role = group.inputs["nodeRoleArn"].removesuffix(".arn}")
        policies = [each for each in recording.of(_ATTACHMENT) if each.inputs["role"].removesuffix(".name}") == role]
        broken += order.missing([group], policies, "EKS can't end its nodes")
    pools = node_pools(recording)
    controller = _installed(recording, "karpenter") + _installed(recording, "karpenter-crd")
    made = [*(pool.resource for pool in pools), *recording.of(NODE_CLASS)]
    broken += order.missing(made, controller, "nobody drains its nodes and ends their instances")
    broken += order.missing(made, [*_routes(recording), *agents], "its nodes can't leave the cluster")
    for pool in pools:
        broken += order.missing([pool.resource], needed_by(recording, pool), "its nodes need it until they are gone")
    return broken


def data_is_kept(planned: Planned) -> list[str]:
    """Rule 11. With `protect`: file system, keys, control plane and claims."""
    recording = planned.recording
    broken = [
        f"{volume.name}: reclaim policy {volume.inputs['spec'].get('persistentVolumeReclaimPolicy')}"
        for volume in recording.of(VOLUME)
        if volume.inputs["spec"].get("persistentVolumeReclaimPolicy") != "Retain"
    ]
    if not planned.plan.settings.protect:
        return broken
    for type_ in _PROTECTED:
        broken += [f"{made.name}: isn't protected" for made in recording.of(type_) if not _guarded(made)]
    # A class decides what happens to its volumes: they are deleted with their claim. A volume that we create stays.
    kept = weight_claims(recording) if recording.of(VOLUME) else []
    claims = [claim for claim in recording.of(CLAIM) if claim not in kept]
    broken += [f"{claim.name}: isn't protected" for claim in claims if not _guarded(claim)]
    return broken


def _system(recording: Recording) -> list[Recorded]:
    return [group for group in recording.of(NODE_GROUP) if not group.inputs.get("taints")]


def _routes(recording: Recording) -> list[Recorded]:
    return [*recording.of(_ROUTE), *recording.of(_ASSOCIATION)]


def _installed(recording: Recording, chart: str) -> list[Recorded]:
    installed = release(recording, chart)
    return [installed] if installed else []


def _guarded(made: Recorded) -> bool:
    return bool(made.options.get("protect") or made.options.get("retain_on_delete"))


def _same_model(job: Recorded, deployment: Recorded) -> bool:
    name = "app.kubernetes.io/name"
    return job.inputs["metadata"]["labels"][name] == deployment.inputs["metadata"]["labels"][name]
