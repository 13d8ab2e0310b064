"""What would stop `up` after some minutes, found before it creates anything, with the line to write."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.live.cluster import ReachedCluster
from infra.live.ours import over_at, whose_release
from infra.live.releases import TYPE as RELEASE
from infra.live.releases import Release, find_release
from infra.live.state import State
from infra.plan.cluster import AddonPlan
from infra.plan.definitions import way_to
from infra.plan.plan import Plan

NAMESPACE = "kubernetes:core/v1:Namespace"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
VOLUME = "kubernetes:core/v1:PersistentVolume"
_METRICS = "v1beta1.metrics.k8s.io"  # the API of metrics-server
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True)
class Obstacle:
    """Something that exists already, or doesn't exist; and what to write or run."""

    path: str
    message: str
    fix: str


def cut_off(plan: Plan, state: State) -> Iterator[Obstacle]:
    if state.cut_off:
        names = ", ".join(sorted(each.logical_name for each in state.cut_off))
        yield Obstacle(
            "stack",
            f"an earlier `pulumi up` was cut off while it made {names}; they may be there and are not in the state",
            repair_command(plan.stack),
        )


def repair_command(stack: str) -> str:
    return f"run: llm-platform repair {stack} (it shows what it finds, and asks before it changes anything)"


def namespace(plan: Plan, state: State, cluster: ReachedCluster) -> Iterator[Obstacle]:
    wanted = plan.settings.namespace
    if state.holds(NAMESPACE, wanted.name):
        return
    there = cluster.get("namespace", wanted.name)
    if wanted.create and there:
        yield Obstacle(
            "namespace",
            f"the namespace {wanted.name} exists already, and this stack didn't make it",
            f"namespace: {{name: {wanted.name}, create: false}}, or another name",
        )
    if not wanted.create and not there:
        yield Obstacle(
            "namespace.create",
            f"false, and there is no namespace {wanted.name}",
            f"namespace: {{name: {wanted.name}}}, or have it made",
        )


def storage_class(plan: Plan, state: State, cluster: ReachedCluster) -> Iterator[Obstacle]:
    if plan.cache.kind != "storageClass" or any(state.of(CLAIM)):
        return
    classes = cluster.list("storageclass")
    names = ", ".join(sorted(each["metadata"]["name"] for each in classes)) or "none"
    default = any((each["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true" for each in classes)
    wanted = plan.cache.storage_class
    fix = "cache: {kind: storageClass, storageClass: NAME}"
    if wanted is None and not default:
        yield Obstacle("cache.storageClass", f"the cluster has no default storage class; it has: {names}", fix)
    if wanted is not None and wanted not in {each["metadata"]["name"] for each in classes}:
        yield Obstacle("cache.storageClass", f"the cluster has no storage class {wanted}; it has: {names}", fix)


def driver(plan: Plan, state: State, cluster: ReachedCluster) -> Iterator[Obstacle]:
    """A cluster that the stack makes gets the driver; without it pods wait for their volume, and no error is seen."""
    storage = plan.cache.storage
    if plan.cluster.made or storage is None or storage.driver is None:
        return
    mounted = not storage.bucket or any(model.mounted for model in plan.models.values())
    if not mounted or cluster.get("csidriver", storage.driver):
        return
    said = f"the cluster has no CSI driver {storage.driver}, by which nodes mount {storage.said}"
    yield Obstacle("cache.kind", said, f"run: {plan.cluster.command_for_driver(storage.driver)}")


def releases(plan: Plan, state: State, cluster: ReachedCluster) -> Iterator[Obstacle]:
    for key, addon in plan.addons.items():
        if addon.state == "install":
            yield from _release(plan, state, cluster, key, addon)


def _release(plan: Plan, state: State, cluster: ReachedCluster, key: str, addon: AddonPlan) -> Iterator[Obstacle]:
    found = find_release(cluster, addon.chart, addon.namespace)
    if found is None:
        return
    held = state.holds(RELEASE, found.name, found.namespace)
    if held and not found.stuck(held=True):
        return
    what = f"Helm has a release {found.name} in {found.namespace}"
    existing = '{existing: {url: "http://SERVICE.NAMESPACE:9090"}}' if key == "prometheus" else "existing"
    message, fix = {
        "ours": (
            f"{what} that is {found.status} since {found.since[:16]}: an install or upgrade was cut off",
            repair_command(plan.stack),
        ),
        "busy": (f"{what} that is {found.status}: it may still be installed", wait_for(found)),
        "theirs": (
            f"{what} ({found.chart} {found.version}, {found.status}) that this stack didn't make",
            f"addons: {{{key}: {existing}}}, or run: {uninstall(found)}",
        ),
    }[whose_release(found, version=addon.version, values=None, held=held)]
    yield Obstacle(f"addons.{key}", message, fix)


def metrics(plan: Plan, state: State, cluster: ReachedCluster) -> Iterator[Obstacle]:
    """Without the API of metrics-server a HorizontalPodAutoscaler scales nothing, and no error is seen."""
    if plan.measured and plan.addons["metricsServer"].state == "existing" and not cluster.get("apiservice", _METRICS):
        yield Obstacle(
            "addons.metricsServer",
            f"existing, and the cluster has no {_METRICS}: {', '.join(plan.measured)} would not scale",
            "addons: {metricsServer: install}",
        )


def definitions(plan: Plan, state: State, cluster: ReachedCluster) -> Iterator[Obstacle]:
    """An object of a kind that the cluster doesn't know ends an `up` in the middle."""
    for each in plan.kinds_of_others:
        lacking = [name for name in each.names if not cluster.get("customresourcedefinition", name)]
        if lacking:
            said = f"{plan.addons[each.addon].state}, and the cluster has no {' and no '.join(lacking)}"
            yield Obstacle(f"addons.{each.addon}", f"{said}, of which the plan makes objects", way_to(each.addon))


def uninstall(found: Release) -> str:
    return f"helm uninstall {found.name} -n {found.namespace}"


def wait_for(found: Release) -> str:
    return f"wait until {over_at(found):%H:%M%z}, and try again"


def volumes(plan: Plan, state: State, cluster: ReachedCluster) -> Iterator[Obstacle]:
    """A retained volume remembers the claim to which it was bound, and no other claim gets it."""
    for held in state.of(VOLUME):
        if lost_claim(cluster, held.name):
            yield Obstacle(
                "namespace",
                f"the volume {held.name} still belongs to a claim that is gone: was the namespace deleted by hand?"
                " Its data is there, and a new claim would wait for it forever",
                repair_command(plan.stack),
            )


def lost_claim(cluster: ReachedCluster, volume: str) -> bool:
    """Whether the volume is kept for a claim that no longer exists."""
    found = cluster.get("persistentvolume", volume)
    claim = ((found or {}).get("spec") or {}).get("claimRef") or {}
    if "uid" not in claim:
        return False
    there = cluster.get("persistentvolumeclaim", claim["name"], claim["namespace"])
    return there is None or there["metadata"]["uid"] != claim["uid"]
