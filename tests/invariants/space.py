"""Rule 4: weights and KV cache fit the GPU, images and caches fit the disk, and a volume suits its readers."""

from infra.engines import ENGINES
from infra.offline import Planned
from infra.recording import Recorded, Recording
from tests.invariants.groups import NodeGroup
from tests.invariants.nodes import groups_of, node_groups
from tests.invariants.reading import (
    CLAIM,
    DEPLOYMENT,
    DISK,
    JOB,
    STORAGE_CLASS,
    Pod,
    catalog,
    max_replicas,
    on_each_node,
    others,
    pods,
    quantity,
    servers,
    weight_claims,
)

_GIB = 2**30


def weights_fit_the_gpu(planned: Planned) -> list[str]:
    """The memory that the plan counted with is what the server's arguments say, and what its GPU has."""
    broken = []
    for server in servers(planned.recording):
        model = planned.plan.models[server.name]
        for attribute, flag in ENGINES[model.engine].flags.items():
            value = getattr(model, attribute)
            counted = max(value, 1) if attribute == "gpus" else value
            if counted is not None and server.argument(flag) != str(counted):
                broken.append(f"{server.name}: {flag} is {server.argument(flag)}, the plan counts with {counted}")
        fit = model.fit
        if fit is None:
            continue
        if not fit.fits:
            broken.append(f"{server.name}: doesn't fit its GPU")
        used = sum(term.gib for term in fit.terms) + (fit.kv_cache_gib.mid if fit.kv_cache_gib else 0)
        if used > fit.usable_gib + 0.01:
            broken.append(f"{server.name}: {used:.1f} GiB are used of {fit.usable_gib:.1f}")
        for group in groups_of(planned.recording, server):
            seen = _gpu_gib(group)
            if seen is not None and fit.usable_gib > seen * (model.utilization or 1) + 0.01:
                broken.append(f"{server.name}: counts on {fit.usable_gib:.1f} GiB, its GPU has {seen:.1f}")
        if fit.max_concurrency is not None and fit.max_concurrency < 1:
            broken.append(f"{server.name}: its KV cache doesn't hold one request of {model.max_model_len} tokens")
    return broken


def images_and_caches_fit_the_disk(planned: Planned) -> list[str]:
    """A node's disk holds the unpacked image of each engine that may run there, and what the pods write."""
    recording, engines = planned.recording, catalog().engines
    broken = []
    for group in node_groups(recording):
        disk = group.disk_gib
        here, foreign = _pods_of(recording, group), others(recording)
        names = {_model(pod) for pod in here if pod not in foreign}
        # Downloads of adapters and draft models have separate names; that of their model is there too.
        images = {model.engine for name, model in planned.plan.models.items() if name in names}
        unpacked = sum(engines[engine].unpacked_gib for engine in images)
        kept = sum(pod.requests(DISK) / _GIB for pod in _fetching_on(recording, group))
        written = max((pod.requests(DISK) / _GIB for pod in here), default=0) + kept
        if unpacked + written > disk:
            broken.append(
                f"{group.name}: images of {unpacked:.0f} GiB and {written:.0f} GiB of caches; the disk has {disk:.0f}"
            )
        for node in group.imagined() if group.gpus else []:
            if node.room[DISK] / _GIB < written:
                broken.append(f"{node.view}: promises {node.room[DISK] / _GIB:.0f} GiB of disk for {written:.0f}")
            if node.room[DISK] / _GIB > disk:
                broken.append(f"{node.view}: promises {node.room[DISK] / _GIB:.0f} GiB of disk, it has {disk:.0f}")
    return broken + _small_claims(planned)


def an_rwo_volume_has_one_reader(planned: Planned) -> list[str]:
    """A ReadWriteOnce claim: one replica at all times, also in a rollout, or everything that mounts it on one node; and
    all of it in one zone."""
    recording = planned.recording
    broken = []
    for claim in recording.of(CLAIM):
        name = claim.inputs["metadata"]["name"]
        if claim.inputs["spec"]["accessModes"] != ["ReadWriteOnce"]:
            continue
        readers = [pod for pod in pods(recording) if pod.resource.type == DEPLOYMENT and name in pod.claims]
        wanted = sum(max_replicas(recording, pod) + _surge(pod) for pod in readers)
        if wanted > 1 and not _on_one_node(planned, name, readers):
            broken.append(
                f"{name}: can be mounted once, and {wanted} pods of {', '.join(p.name for p in readers)} may want it"
            )
        if claim in weight_claims(recording):
            broken += _zones(recording, name, readers)
    return broken


def _on_one_node(planned: Planned, claim: str, readers: list[Pod]) -> bool:
    """Its Jobs and the servers with replicas select the only node of a pool; `max` alone keeps no pod from others."""
    pools = planned.plan.settings.gpu_pools.values()
    own = [each.existing.selector for each in pools if each.existing is not None and each.existing.nodes == 1]
    jobs = [pod for pod in pods(planned.recording) if pod.resource.type == JOB and claim in pod.claims]
    asked = [pod.spec["nodeSelector"] for pod in (*jobs, *readers) if pod in jobs or _runs(planned.recording, pod)]
    return any(all(selector.items() <= each.items() for each in asked) for selector in own)


def _runs(recording: Recording, pod: Pod) -> bool:
    return max_replicas(recording, pod) > 0


def _zones(recording: Recording, claim: str, readers: list[Pod]) -> list[str]:
    """The disk's zone is where the pods' nodes are; a subnet stands for its zone."""
    broken = []
    for made in recording.of(STORAGE_CLASS):
        topologies = made.inputs.get("allowedTopologies") or []
        zones = [z.strip("${}") for t in topologies for e in t["matchLabelExpressions"] for z in e["values"]]
        if len(zones) != 1:
            broken.append(f"{claim}: its class {made.inputs['metadata']['name']} allows {len(zones)} zones, not one")
        for group in (group for pod in readers for group in groups_of(recording, pod)):
            nodes_in = [subnet.strip("${}").removesuffix(".id") for subnet in group.subnet_ids]
            if nodes_in != [zone.removesuffix(".availabilityZone") for zone in zones]:
                broken.append(f"{claim}: its disk is in {zones}, the nodes of {group.name} in {nodes_in}")
        for group in (group for group in node_groups(recording) if not group.gpus):
            nodes, subnets = group.resource.inputs["scalingConfig"]["minSize"], group.subnet_ids
            if nodes < len(subnets):  # a scaling group spreads its nodes over the zones
                broken.append(f"{claim}: {nodes} nodes of {group.name} in {len(subnets)} zones: maybe none for the Job")
    return broken


def _small_claims(planned: Planned) -> list[str]:
    """A claim holds every model's download; EFS ignores its size, and a directory of a node has none."""
    needed = sum({(m.model, m.revision): m.weights_on_disk_gib for m in planned.plan.models.values()}.values())
    sizes = {
        c.urn: quantity(c.inputs["spec"]["resources"]["requests"]["storage"]) / _GIB for c in _sized_claims(planned)
    }
    return [f"{urn}: {size:.0f} GiB for {needed:.0f} GiB of weights" for urn, size in sizes.items() if size < needed]


def _sized_claims(planned: Planned) -> list[Recorded]:
    return weight_claims(planned.recording) if planned.plan.cache.kind not in ("efs", "node") else []


def _pods_of(recording: Recording, group: NodeGroup) -> list[Pod]:
    """Servers on their pool; Jobs and CPU servers on the system nodes."""
    if group.gpus:
        return [pod for pod in servers(recording) if group in groups_of(recording, pod)]
    return [pod for pod in pods(recording) if not pod.gpus]


def _fetching_on(recording: Recording, group: NodeGroup) -> list[Pod]:
    """What keeps weights on each of its nodes."""
    labels = group.real().labels.items()
    return [pod for pod in on_each_node(recording) if group.gpus and pod.spec["nodeSelector"].items() <= labels]


def _model(pod: Pod) -> str:
    return pod.resource.inputs["metadata"]["labels"]["app.kubernetes.io/name"]


def _surge(pod: Pod) -> int:
    """Only a running model is rolled out."""
    spec = pod.resource.inputs["spec"]
    strategy = spec.get("strategy", {})
    if strategy.get("type") == "Recreate" or not spec.get("replicas", 1):
        return 0
    return strategy.get("rollingUpdate", {}).get("maxSurge", 1)  # Kubernetes rounds its 25 % up


def _gpu_gib(group: NodeGroup) -> float | None:
    """The memory that an engine sees of the smallest GPU of the group's types, or of the smallest slice of one."""
    known = catalog()
    cards = [known.instances[name].gpu for name in group.instance_types]
    seen = [known.mig[card][each].engine_gib for card in cards for each in group.slices]
    seen = seen or [known.gpus[card].engine_gib for card in cards]
    return min((gib for gib in seen if gib is not None), default=None)
