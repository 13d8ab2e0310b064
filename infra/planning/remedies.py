"""The changes that would shorten a model's cold start, and by how many seconds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from infra.catalog import Catalog
from infra.models.places import Bucket
from infra.plan.cache import CachePlan
from infra.plan.findings import split
from infra.plan.models import ColdStart, ModelPlan, StartPart
from infra.plan.money import HOURS_PER_MONTH, Remedy
from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.plan.words import count
from infra.planning.advice import pool_pins
from infra.planning.billed_nodes import nodes_by_hour
from infra.planning.other_system import other_system
from infra.registry import cloud_of
from infra.services.serving.arguments import padding
from infra.services.serving.awake import what_goes
from infra.services.serving.bucket_files import needs_files
from infra.services.serving.check_batch import chooses_graphs
from infra.services.serving.cold_start import finds_compiled
from infra.services.serving.family import needed_by
from infra.services.serving.placed import Placed
from infra.services.serving.spare_start import ON_SPARE
from infra.services.serving.start_parts import Figures, engine, image, launch, moved, weights_streamed


@dataclass(frozen=True)
class _Bucket:
    """The cache from which all models could stream."""

    kind: str
    inside: bool  # servers would reach it by addresses of the network


MIN_SHARE = 0.05  # of the cold start: a remedy that saves less isn't worth a line


def find_remedies(plan: Plan, placed: Sequence[Placed], catalog: Catalog) -> dict[str, tuple[Remedy, ...]]:
    """For each model that runs on GPUs, the remedies that aren't in use and save enough.

    Remedies that the stack file can express come first, the largest saving first; a spare replica comes after the
    others, because it doesn't shorten the start but only hides it.
    """
    on: dict[str, list[Placed]] = {name: [] for name in plan.pools}
    pins, bucket = pool_pins(plan), _bucket(plan, placed, catalog)
    for each in placed:
        if each.offer is not None:
            on[each.offer.name].append(each)
    found: dict[str, tuple[Remedy, ...]] = {each.served.name: () for each in placed}
    for name, pool in plan.pools.items():
        busy = min(nodes for nodes, _ in nodes_by_hour(on[name], plan.models, pool.gpus_per_node))
        for each in on[name]:
            if each.starts and not each.served.settings.paused:
                made = plan.models[each.served.name]
                node = not pool.existing and each.served.name not in plan.spares  # the next replica needs a new one
                ways = [
                    *(_spare_gpus(each, on[name], pool, plan, made.cold_start, pins) if node else ()),
                    *_all(each, pool, plan, catalog, pins, bucket),
                    *_few_graphs(each, made, catalog),
                    *_kept_graphs(each, pool, made.cold_start, plan.cache, catalog),
                    *_spare_replica(each, pool, busy, made, plan.cache),
                ]
                found[each.served.name] = _that_save_enough(ways, made.cold_start)
    return found


def _that_save_enough(found: Iterable[Remedy], start: ColdStart) -> tuple[Remedy, ...]:
    worth = (each for each in found if each.seconds >= MIN_SHARE * start.seconds)
    return tuple(sorted(worth, key=lambda each: (each.write is None, each.seconds >= start.seconds, -each.seconds)))


def _all(
    placed: Placed,
    pool: PoolPlan,
    plan: Plan,
    catalog: Catalog,
    pins: Write,
    bucket: _Bucket | None,
) -> Iterator[Remedy]:
    start, figures = plan.models[placed.served.name].cold_start, catalog.cold_start
    if pool.existing:
        yield from _parallel_pull(placed, pool, start, figures)
    else:
        if pool.groups:  # stopped instances are of node groups
            yield from _warm_pool(placed, pool, plan, start, catalog, pins)
        yield from _streamed(placed, start, plan.cache, figures, bucket)
        yield from other_system(placed, pool, plan, start, catalog, pins)


def _spare_gpus(
    placed: Placed, on: Sequence[Placed], pool: PoolPlan, plan: Plan, start: ColdStart, pins: Write
) -> Iterator[Remedy]:
    """The next replica starts on GPUs that stay free at any number of replicas; a larger `min` would keep a node only
    while the others don't need it."""
    if pool.spare:
        return
    largest = max(each.gpus for each in on if not each.served.settings.paused)
    now, then = (
        [max(pool.min, nodes) for nodes, _ in nodes_by_hour(on, plan.models, pool.gpus_per_node, spare)]
        for spare in ((), (largest,))
    )
    if max(then) <= pool.max:
        price = (max(then) - max(now)) * (pool.usd_per_node_hour or 0.0) * HOURS_PER_MONTH
        saved = round(sum(start.parts[name].mid for name in ON_SPARE))
        reason = (
            f"{count(largest, 'GPU')} free on a node that has pulled the image: no launch, no boot, no pull; a replica"
            " that comes before the autoscaler has added the next node waits as long as now"
        )
        if placed.offer is not None and placed.offer.settings is None:
            reason += "; --pin writes the pool into the stack file first"
        yield Remedy("spare GPUs", saved, f"gpuPools.{pool.name}.spare: 1", pins, price, reason)


def _spare_replica(placed: Placed, pool: PoolPlan, busy: int, made: ModelPlan, cache: CachePlan) -> Iterator[Remedy]:
    """It says what it takes away: scaling, the spare node of every model of the pool, or the hours of a schedule whose
    windows have no more replicas than all hours then. `busy`: nodes that the minimum of replicas needs at the quietest
    hour of the week."""
    served, offer = placed.served, placed.offer
    replicas = served.replicas.min + 1
    if replicas <= served.replicas.max and not cache.one_reader:
        priced = offer is not None and offer.usd_per_node_hour is not None
        price = offer.usd_per_gpu_hour * placed.gpus * HOURS_PER_MONTH if offer and priced else None
        reason = f"with at least {replicas} replicas, one answers while another starts"
        if replicas == served.replicas.max:
            reason += f"; {replicas} is the maximum too, so nothing scales any more"
        without = what_goes(served.path, served.settings, replicas)
        if made.schedule is not None and made.schedule.largest <= replicas:
            reason = (
                f"{count(replicas, 'replica')} at all hours, so that nobody waits at night either: the schedule goes"
            )
        if not pool.existing and pool.min > busy:
            reason += f"; it may take the spare node that gpuPools.{pool.name}.min: {pool.min} keeps"
        yield Remedy(
            "spare replica", made.cold_start.seconds, f"{served.path}.replicas.min: {replicas}", without, price, reason
        )


def _parallel_pull(placed: Placed, pool: PoolPlan, start: ColdStart, figures: Figures) -> Iterator[Remedy]:
    """On existing nodes. Pools that the stack creates already do it: each of their instance types has NVMe disks."""
    faster = moved(placed.served.image.image_gib, figures["pull-few-vcpus"], "in parallel")
    config = "featureGates: {FastImagePull: true}, localStorage: {strategy: RAID0}"
    reason = f"{faster.reason}: whoever creates the nodes of {pool.name} writes {config} in their NodeConfig"
    yield Remedy("parallel image pull to NVMe", round(start.parts["image"].mid - faster.mid), None, (), None, reason)


def _warm_pool(
    placed: Placed, pool: PoolPlan, plan: Plan, start: ColdStart, catalog: Catalog, pins: Write
) -> Iterator[Remedy]:
    """Less the time that the image takes longer: a stopped instance loses its NVMe disks."""
    one_type = len(pool.types) == 1 and pool.sharing is None and pool.os not in cloud_of(plan.settings).systems
    if pool.kinds == ("on-demand",) and not pool.steps and one_type and not pool.warm_pool and not pool.spare:
        figures = catalog.cold_start
        then, _ = split(
            cloud_of(plan.settings).furnish(replace(pool, warm_pool=1), plan.settings, plan.cluster, catalog)
        )
        vcpus = min(each.vcpus for each in pool.types)
        slower = image(placed.served.image, then, vcpus, figures).mid - start.parts["image"].mid
        saved = start.parts["node"].mid - launch(then, figures).mid - slower
        cold, warm = figures["launch"].value, figures["launch-warm"].value
        reason = (
            f"a stopped instance becomes a node in {warm:.0f} s, a new one in {cold:.0f} s; its disk is billed; an"
            " instance loses its NVMe disks when it is stopped, so the image is on its other disk,"
            f" {max(0, slower):.0f} s slower"
        )
        yield Remedy("warm pool", round(saved), f"gpuPools.{pool.name}.warmPool: 1", pins, 0.0, reason)


def _bucket(plan: Plan, placed: Sequence[Placed], catalog: Catalog) -> _Bucket | None:
    """From which all models could stream; None: there is none, or some need files."""
    kinds = (each.kind for each in cloud_of(plan.settings).storage if each.bucket and plan.cluster.made)
    downloaded = [each.served for each in placed if each.served.place is None]
    files = any(needs_files(each.settings, needed_by(each)) for each in downloaded)
    kind = next(kinds, None)
    if kind is None or not downloaded or files:
        return None
    (cidrs, _), _ = split(cloud_of(plan.settings).bucket_cidrs(plan.settings, plan.cluster, catalog))
    return _Bucket(kind, inside=bool(cidrs))


def _streamed(
    placed: Placed, start: ColdStart, cache: CachePlan, figures: Figures, bucket: _Bucket | None
) -> Iterator[Remedy]:
    """A cache does it where all models can stream; else a copy of the files in a bucket of the user's own."""
    served = placed.served
    files = needs_files(served.settings, needed_by(served))
    if files or placed.offer is None or isinstance(served.place, Bucket):
        return
    before, types = start.parts["weights"].mid, placed.offer.types
    if bucket is not None and served.place is None:
        for inside in dict.fromkeys((bucket.inside, False)):
            part = weights_streamed(served.disk_gib, "S3", placed.gpus, types, figures, inside=inside)
            if before - part.mid >= MIN_SHARE * start.seconds:
                yield _in_bucket(bucket, cache, part, before, inside=inside)
                return
        return
    part = weights_streamed(served.disk_gib, "S3", placed.gpus, types, figures)
    reason = f"{part.reason}: copy the files to a bucket and write {served.path}.model: s3://BUCKET/PREFIX"
    yield Remedy("weights streamed from S3", round(before - part.mid), None, (), None, reason)


def _in_bucket(bucket: _Bucket, cache: CachePlan, part: StartPart, before: float, *, inside: bool) -> Remedy:
    """By addresses of the network where that is quick enough for this model."""
    way_out = "" if inside else "the servers then have a way out, and "
    reason = f"{part.reason}; {way_out}each start reads all weights again"
    kept: Write = (("cache.compile", True),) if cache.compiled else ()
    if cache.streamed:  # where the plan chose it, the file has no section yet
        write, beside = "cache.endpoint: gateway", (("cache.kind", bucket.kind), *kept)
    else:
        open_: Write = (("cache.endpoint", "gateway"),) if bucket.inside and not inside else ()
        write, beside = f"cache.kind: {bucket.kind}", (*open_, *kept)
    return Remedy("weights streamed from S3", round(before - part.mid), write, beside, 0.0, reason)


def _few_graphs(placed: Placed, made: ModelPlan, catalog: Catalog) -> Iterator[Remedy]:
    served, sized, asked = placed.served, placed.sized, placed.served.question
    possible = asked.engine.limits.few_graphs and served.settings.speculative is None
    if sized is None or not possible or asked.few_graphs or not chooses_graphs(served.settings):
        return
    parts = [engine(each, sized, placed.gpus, catalog) for each in (asked, asked.but(few_graphs=True))]
    saved = round(parts[0].mid - parts[1].mid)
    reason = f"{saved} s less of recording; {padding(asked.engine, sized, made.throughput)}"
    yield Remedy("fewer CUDA graphs", saved, f"{served.path}.cudaGraphs: few", (), 0.0, reason)


def _kept_graphs(
    placed: Placed, pool: PoolPlan, start: ColdStart, cache: CachePlan, catalog: Catalog
) -> Iterator[Remedy]:
    """Kernels that Triton compiles are kept too; nobody has measured how much that saves."""
    served = placed.served
    if cache.compiled or not finds_compiled(served, pool, cache):
        return
    kept = engine(served.question, placed.sized, placed.gpus, catalog, kept=True)
    saved = round(start.parts["engine"].mid - kept.mid)
    reason = (
        "the results of torch.compile are lost with each pod; kept beside the weights, later starts read them:"
        f" {saved} s less, and about 100 MiB (an estimate) for each card and set of arguments, whose first start still"
        " compiles"
    )
    yield Remedy("kept compile cache", saved, "cache.compile: true", (("cache.kind", cache.kind),), 0.0, reason)
