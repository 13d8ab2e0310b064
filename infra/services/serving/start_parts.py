"""The parts of a cold start in seconds, from measured figures (cold_start.toml) and the model's size."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

from infra.catalog import Catalog, Instance
from infra.catalog.types import Image, Measured
from infra.engines import ENGINES, Engine
from infra.engines.engine import StartStep
from infra.plan.cache import CachePlan
from infra.plan.models import StartPart, StartTerm
from infra.plan.pools import PoolPlan
from infra.sizing.estimates import span
from infra.sizing.question import Question, Sized

Figures = Mapping[str, Measured]
SAME_STARTS = 1000  # of models in the plans in which advice is tried

# Instances measured with few vCPUs had 4 to 16, those with many 32 and more.
MANY_VCPUS = 32
MIBPS_PER_GBPS = 1e9 / 8 / 2**20


# The cluster autoscaler's initial-node-group-backoff-duration and max-node-group-backoff-duration, and its
# max-node-provision-time.
BACK_OFF_MINUTES = "5 to 30"
PROVISION_MINUTES = 15
_LAUNCHES = {
    "launch": "the autoscaler's wait for a GPU pod, and the launch of an instance",
    "launch-warm": "the autoscaler's wait for a GPU pod, and the start of a stopped instance",
    "launch-karpenter": "Karpenter's batch of pods, and the launch of an instance",
}


def launch(pool: PoolPlan | None, figures: Figures) -> StartPart:
    """From a pending pod to a Node object."""
    if pool is None or pool.existing:
        return StartPart(0, 0, 0, "0 s: the nodes are there, this stack launches none")
    launched = seconds(_of_system(pool.launch, pool, figures), _LAUNCHES[pool.launch])
    if pool.warm_pool:  # one that comes while the others are on their way is new
        launched = dataclasses.replace(launched, high=max(launched.high, figures["launch"].high))
    before = sum(1 for group in pool.groups.values() if group.step != pool.steps[-1]) if pool.steps else 0
    return _after(before, launched, figures["next-group"]) if before else launched


def _after(before: int, launched: StartPart, wait: Measured) -> StartPart:
    """At the slow end no group before the last step has a node."""
    late = before * wait.high
    each = f"{wait.value:.0f} s ({span(f'{wait.low:.0f}', f'{wait.high:.0f}')}, judged)"
    reason = (
        f"{launched.reason}; up to {late:.0f} s more where none of the {before} groups before the last step has a node:"
        f" {each} until the next one is asked. A group that was refused isn't asked again for {BACK_OFF_MINUTES}"
        f" minutes; one that neither starts a node nor says why is left after {PROVISION_MINUTES} minutes, which isn't"
        " counted here"
    )
    return StartPart(launched.low, launched.mid, launched.high + late, reason)


def boot(pool: PoolPlan | None, figures: Figures) -> StartPart:
    """From a Node object to GPUs that a pod can request."""
    if pool is None or pool.existing:
        return StartPart(0, 0, 0, "0 s: the nodes are there, none boots")
    measured = _of_system("boot", pool, figures)
    return seconds(measured, "a driver that is in the AMI, and the device plugin's first answer")


def _of_system(row: str, pool: PoolPlan, figures: Figures) -> Measured:
    """The row of the nodes' operating system, where it has one."""
    return figures.get(f"{row}-{pool.os}", figures[row])


def image(engine: Image, pool: PoolPlan | None, vcpus: int, figures: Figures, *, system_disk: int = 0) -> StartPart:
    """The image's pull, by its size, and no faster than a gp3 disk writes the downloaded and the unpacked image.

    `system_disk`: MiB/s of the nodes without GPUs, where they are made too; 0: nobody knows.
    """
    if pool is None or pool.existing or not (pool.nvme or pool.root_throughput):
        pulled = moved(engine.image_gib, figures["pull-one-by-one"], "layer after layer, containerd's default")
        return _written(pulled, engine, system_disk) if pool is None and system_disk else pulled
    speed = _of_system("pull-many-vcpus" if vcpus >= MANY_VCPUS else "pull-few-vcpus", pool, figures)
    if pool.nvme:
        return moved(engine.image_gib, speed, f"in parallel, to NVMe, by {vcpus} vCPUs")
    return _written(moved(engine.image_gib, speed, f"in parallel by {vcpus} vCPUs"), engine, pool.root_throughput)


def _written(pulled: StartPart, engine: Image, mibps: int) -> StartPart:
    """No faster than the disk."""
    written = engine.image_gib + engine.unpacked_gib
    lowest = written * 1024 / mibps
    return StartPart(
        *(max(each, lowest) for each in (pulled.low, pulled.mid, pulled.high)),
        reason=f"{pulled.reason}; gp3 takes {written:.1f} GiB at {mibps} MiB/s: {lowest:.0f} s at least",
    )


def weights(gib: float, cache: CachePlan, types: Sequence[Instance], figures: Figures) -> StartPart:
    """A cloud's storage without its own row is read as quickly as a storage class that we know nothing of. What several
    nodes read at the same time comes over the network, and no quicker than that."""
    storage, unknown = cache.storage, figures["read-storageClass"]
    if storage is None:
        named = f"storage class {cache.storage_class}" if cache.storage_class else "the default storage class"
        return moved(gib, unknown, f"from {named}")
    speed = figures.get(f"read-{storage.kind}")
    if speed is None:
        return moved(gib, unknown, f"from {storage.said} (assumed: nobody measured how quickly it is read)")
    if disk := storage.throughput:
        speed = dataclasses.replace(speed, value=speed.value * disk, low=speed.low * disk, high=speed.high * disk)
    if not storage.one_reader:
        speed = _at_most(speed, types, figures, inside=False)
    return moved(gib, speed, f"from {storage.said}")


def weights_on_node(gib: float, pool: PoolPlan | None, image: StartPart, figures: Figures) -> StartPart:
    """Read from the disk of the node. A new node downloads them first, from when it is there, while it pulls the
    image."""
    read = moved(gib, figures["read-node"], "from the node's own disk")
    if pool is None or pool.existing:
        reason = f"{read.reason}, which has them since `up` or since the node joined"
        return dataclasses.replace(read, reason=reason)
    came = moved(gib, figures["download-hub"], "from the hub to a new node, while it pulls the image")
    pairs = ((came.low, image.low, read.low), (came.mid, image.mid, read.mid), (came.high, image.high, read.high))
    ends = (max(0.0, arrives - pulled) + loaded for arrives, pulled, loaded in pairs)
    return StartPart(*ends, reason=f"{came.reason}; then {read.reason}")


def weights_in_place(gib: float, place: str, figures: Figures) -> StartPart:
    return moved(gib, figures["read-storageClass"], f"from {place} (assumed: nobody measured how quickly it is read)")


def weights_streamed(
    gib: float, place: str, gpus: int, types: Sequence[Instance], figures: Figures, *, inside: bool = False
) -> StartPart:
    """From a bucket, no quicker than the node's network; the process of each GPU reads all of them. `inside`: by
    addresses of the network, which have their own limit."""
    every = f", once for each of {gpus} GPUs" if gpus > 1 else ""
    return moved(
        gib * max(gpus, 1),
        _at_most(figures["stream-s3"], types, figures, inside=inside),
        f"streamed from {place}{every}",
    )


def weights_mounted(
    gib: float, place: str, types: Sequence[Instance], figures: Figures, *, inside: bool = False
) -> StartPart:
    """From a bucket that is mounted, no quicker than the node's network; a node keeps what one process of a server has
    read for the others."""
    return moved(gib, _at_most(figures["mount-s3"], types, figures, inside=inside), f"as files from {place}")


def _at_most(speed: Measured, types: Sequence[Instance], figures: Figures, *, inside: bool) -> Measured:
    network = network_mibps(types)
    ends = {end: min(getattr(speed, end), network) for end in ("low", "value", "high")}
    if inside:
        limit = figures["stream-endpoint"]
        ends = {end: min(mibps, getattr(limit, end)) for end, mibps in ends.items()}
    return dataclasses.replace(speed, **ends)


def network_mibps(types: Sequence[Instance]) -> float:
    """The baseline of the slowest of these types; infinite where the nodes' type, or its baseline, isn't known."""
    known = (each.network_gbps for each in types if each.network_gbps is not None)
    return min((gbps * MIBPS_PER_GBPS for gbps in known), default=math.inf)


@lru_cache(SAME_STARTS)
def engine(question: Question, sized: Sized | None, gpus: int, catalog: Catalog, *, kept: bool = False) -> StartPart:
    """From the container's start to an answer, without reading the weights. `kept`: it finds what an earlier start
    compiled."""
    figures = catalog.cold_start
    terms = engine_terms(question, sized, gpus, figures, kept=kept)
    whole = sum(each.mid for each in terms)
    return StartPart(
        *(sum(getattr(each, end) for each in terms) for end in ("low", "mid", "high")),
        reason=" + ".join(f"{each.mid:.0f} s of {each.what}" for each in terms) + _assumed(question.engine, figures),
        first=sum(each.mid for each in engine_terms(question, sized, gpus, figures)) - whole if kept else 0.0,
    )


def engine_terms(
    question: Question, sized: Sized | None, gpus: int, figures: Figures, *, kept: bool = False
) -> tuple[StartTerm, ...]:
    server = question.engine
    steps = list(server.start_up(question, sized))
    if gpus > 1:
        steps.insert(1, StartStep("gpus", f"{gpus} GPUs that find each other", "start-several-gpus"))
    terms = (_term(step, _figure(step.row, server, figures)) for step in steps)
    return tuple(_read(each, figures) if kept and each.name == "compile" else each for each in terms)


def _read(compiled: StartTerm, figures: Figures) -> StartTerm:
    """What an earlier start compiled, unpacked and looked up. The slow end is that of a first start, which every
    timeout has to wait for."""
    steps = (figures["compile-unpack"], figures["compile-cached"])
    low, mid = sum(each.low for each in steps), sum(each.value for each in steps)
    first = f"{compiled.mid:.0f} s at the first start with other settings or another version"
    what = f"{compiled.what}, kept of an earlier start ({first})"
    return StartTerm(min(low, compiled.low), min(mid, compiled.mid), compiled.high, compiled.name, what)


def _term(step: StartStep, each: Measured) -> StartTerm:
    low, mid, high = (step.times * end for end in (each.low, each.value, each.high))
    return StartTerm(low, mid, high, step.name, step.what)


def _figure(row: str, server: Engine, figures: Figures) -> Measured:
    """The measured figure; for an engine whose start nobody measured, the range of all other engines."""
    if row in figures:
        return figures[row]
    others = [figures[name] for name in sorted(figures) if name in {f"start-{each}" for each in ENGINES}]
    middle = sorted(each.value for each in others)[len(others) // 2]
    source = f"no figures of {server.name}"
    return Measured(middle, min(e.low for e in others), max(e.high for e in others), source, others[0].date)


def _assumed(server: Engine, figures: Figures) -> str:
    if f"start-{server.name}" in figures:
        return ""
    return f" (assumed: nobody measured the start of {server.title}; from the quickest to the slowest of other engines)"


def seconds(measured: Measured, what: str) -> StartPart:
    reason = f"{what}: {measured.value:.0f} s, {span(f'{measured.low:.0f}', f'{measured.high:.0f}')} seen"
    return StartPart(measured.low, measured.value, measured.high, reason)


def moved(gib: float, speed: Measured, how: str) -> StartPart:
    """`speed` in MiB/s."""
    low, mid, high = (gib * 1024 / mibps for mibps in (speed.high, speed.value, speed.low))
    reason = f"{gib:.1f} GiB at {speed.value:.0f} MiB/s ({span(f'{speed.low:.0f}', f'{speed.high:.0f}')}), {how}"
    return StartPart(low, mid, high, reason)
