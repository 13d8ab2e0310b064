"""Pools: how many nodes they may have, and where; and whether the peak fits them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from infra.catalog import Catalog
from infra.clouds.existing.distributions import Distribution
from infra.clouds.existing.own_cards import say_card
from infra.clouds.existing.runtime_class import choose_runtime_class
from infra.clouds.existing.section import ExistingNodes
from infra.offers.pools import Offer
from infra.offers.shared import config_of
from infra.plan.findings import Decided
from infra.plan.labels import DEVICE_PLUGIN_CONFIG, GPU_LABEL, GPU_RESOURCE, GPU_TAINT, MPS_LABEL, POOL_LABEL
from infra.plan.notes import Assumption, Chosen, Finding
from infra.plan.pools import PoolPlan
from infra.plan.words import count
from infra.planning.capacity import always_enough, reserved_nodes, spread_nodes, steps_of
from infra.planning.own_pools import check_own_nodes
from infra.planning.shared_gpus import say_shared
from infra.services.serving.placed import Placed


def plan_pool(
    offer: Offer,
    placed: Sequence[Placed],
    rolling: Sequence[Placed],
    catalog: Catalog,
    kubectl: str,
    distribution: Distribution | None,
) -> Decided[PoolPlan]:
    """One pool with every model that was placed on it, and the GPUs for one rollout. `rolling`: those of the models
    whose new pod starts first; a paused one keeps its room, and has no rollout."""
    yield from _choose_types(offer)
    runtime_class = None
    if offer.existing:
        nodes = _existing(offer)
        runtime_class = yield from choose_runtime_class(offer.name, nodes, distribution, kubectl)
        yield from say_card(offer.name, nodes, offer.card, catalog, kubectl)
    yield from say_shared(offer)
    running = [each for each in placed if not each.served.settings.paused]
    peak = sum(each.served.replicas.max * each.gpus for each in running)
    surge = max((each.gpus for each in rolling if not each.served.settings.paused), default=0)
    room = max((each.gpus for each in rolling), default=0)
    needed = nodes_for(placed, offer.gpus_per_node, at_most=True, extra=[room] if room else [])
    now = nodes_for(running, offer.gpus_per_node, at_most=True, extra=[surge] if surge else [])
    spare = _spare(offer, placed)
    with_spare = nodes_for(placed, offer.gpus_per_node, at_most=True, extra=spare)
    spread = (
        0 if offer.existing else spread_nodes([*_pods(placed, [room] if room else []), *spare], offer.gpus_per_node)
    )
    always = _always(offer, placed, rolling)
    several = offer.settings is not None and len(offer.settings.ladder) > 1
    pool_max = yield from _maximum(offer, placed, room, needed, with_spare, spread if several else always)
    if (reserved := reserved_nodes(offer)) is not None:
        pool_max = min(pool_max, reserved)
    yield from _assume_packed(offer, placed, pool_max)
    own = (yield from check_own_nodes(offer, placed, pool_max, surge)) if offer.existing else None
    pool_min = _minimum(offer, pool_max)
    idle = _idle(offer, placed, pool_min, pool_max, spare) if not offer.existing or offer.nodes else 0
    return PoolPlan(
        name=offer.name,
        existing=offer.existing,
        gpu=offer.gpu,
        gpus_per_node=offer.gpus_per_node,
        types=offer.types,
        capacity=offer.capacity,
        min=pool_min,
        max=pool_max,
        zone_ids=offer.zone_ids,
        selector=_selector(offer),
        tolerations=_tolerations(offer),
        usd_per_node_hour=offer.usd_per_node_hour,
        usd_per_node_hour_min=offer.usd_per_node_hour_min,
        price_note=offer.price_note,
        borrowed_from=offer.borrowed_from,
        peak_gpus=peak,
        surge_gpus=surge,
        needed=needed,
        needed_now=now,
        own=own,
        runtime_class=runtime_class,
        idle_gpus=idle,
        unit=offer.unit,
        card=offer.whole or offer.gpu,
        sharing=offer.sharing,
        resource=(_existing(offer).resource or GPU_RESOURCE) if offer.existing else GPU_RESOURCE,
        steps=steps_of(offer, pool_max, catalog),
        spread=spread,
        always=always,
        always_now=_always(offer, running, [each for each in rolling if not each.served.settings.paused]),
        max_given=offer.settings.max if offer.settings else None,
        spare=spare,
        warm_pool=offer.settings.warm_pool if offer.settings else 0,
        os=offer.settings.os if offer.settings else None,
        reasons=(
            f"{count(peak, offer.unit)} at peak + {surge} for one rollout = {peak + surge}"
            f" of {pool_max * offer.gpus_per_node}",
            *([f"{count(idle, offer.unit)} idle at the minimum of replicas"] if idle else []),
            *([f"{count(sum(spare), offer.unit)} of these kept free by gpuPools.{offer.name}.spare"] if spare else []),
        ),
    )


def _spare(offer: Offer, placed: Sequence[Placed]) -> tuple[int, ...]:
    """The GPUs of each pod that keeps them free: a replica of any model then fits. None where no model runs."""
    largest = max((each.gpus for each in placed if not each.served.settings.paused), default=0)
    return (largest,) * offer.settings.spare if offer.settings is not None and largest else ()


def _pods(placed: Sequence[Placed], extra: Iterable[int]) -> list[int]:
    """The GPUs of each pod at the maximum of replicas, and of further ones."""
    return [*(each.gpus for each in placed for _ in range(each.served.replicas.max)), *extra]


def _always(offer: Offer, placed: Sequence[Placed], rolling: Sequence[Placed]) -> int:
    """The nodes with which no pod waits, wherever the others are; of those that exist, how many there are is given."""
    sizes = [each.gpus for each in rolling]
    return 0 if offer.existing else always_enough(_pods(placed, ()), sizes, offer.gpus_per_node)


def _minimum(offer: Offer, pool_max: int) -> int:
    """Nodes that exist are there, whatever runs on them."""
    if offer.nodes is not None:
        return min(offer.nodes, pool_max)
    return offer.settings.min if offer.settings else 0


def _idle(offer: Offer, placed: Sequence[Placed], pool_min: int, pool_max: int, spare: Sequence[int]) -> int:
    """GPUs of the nodes that run at the minimum of replicas, and that no replica has."""
    nodes = min(pool_max, max(pool_min, nodes_for(placed, offer.gpus_per_node, at_most=False, extra=spare)))
    busy = sum(each.gpus * each.served.replicas.min for each in placed if not each.served.settings.paused)
    return max(0, nodes * offer.gpus_per_node - busy)


def _assume_packed(offer: Offer, placed: Sequence[Placed], pool_max: int) -> Iterator[Finding]:
    """The bill counts packed replicas, and no autoscaler packs those that run: it would stop a model to save a node."""
    running = [each for each in placed if not each.served.settings.paused]
    packed = nodes_for(placed, offer.gpus_per_node, at_most=False)
    spread = min(pool_max, sum(each.served.replicas.min for each in running))
    if not offer.existing and spread > packed:
        yield Assumption(
            f"gpuPools.{offer.name}",
            f"the minimum of replicas runs on {count(packed, 'node')}: after scaling or a rollout it may be spread over"
            f" up to {spread}, and the autoscaler ends no replica to remove a node",
        )


def _choose_types(offer: Offer) -> Iterator[Finding]:
    if offer.settings is None:
        types = [each.name for each in offer.types]
        price = f"${offer.usd_per_node_hour or 0:.2f} per node and hour{offer.price_said}"
        reason = f"made for the models that chose it: {price}"
        yield Chosen(f"gpuPools.{offer.name}.instanceTypes", types, reason)


def _maximum(
    offer: Offer, placed: Sequence[Placed], surge: int, needed: int, with_spare: int, always: int
) -> Decided[int]:
    """The stack file's, or what all replicas and one rollout need; a paused model keeps its room. Spare GPUs are room
    for a rollout too. Pods of different sizes leave gaps, and none that runs is moved: it is as many nodes as they need
    wherever they are. So are those of several node groups, that nothing else limits together."""
    if offer.settings is not None and offer.settings.max is not None:
        return offer.settings.max
    if offer.nodes is not None:
        return offer.nodes
    by_spare = with_spare > max(needed, 1)
    packed = max(needed, with_spare, 1)
    needed = packed if offer.existing else max(packed, always)
    minimum = offer.settings.min if offer.settings else 0
    nodes = f"{count(needed, 'node')} of {count(offer.gpus_per_node, offer.unit)}"
    rollout = f"and {count(surge, offer.unit)} for one rollout" if surge else "and no rollout needs more"
    reason = f"{nodes}: every model at its maximum of replicas, {rollout}"
    if by_spare:
        reason = f"{nodes}: every model at its maximum of replicas, and the GPUs that spare keeps free"
    if needed > packed:
        reason = f"{nodes}: {reason.partition(': ')[2]}; {count(packed, 'node')} where their pods leave no gaps"
    if any(each.served.settings.paused for each in placed):
        reason += "; paused models count, so it is what unpausing can cost"
    yield Chosen(f"gpuPools.{offer.name}.max", max(needed, minimum), reason)
    return max(needed, minimum)


def nodes_for(placed: Sequence[Placed], gpus_per_node: int, *, at_most: bool, extra: Sequence[int] = ()) -> int:
    """Nodes that hold the maximum of replicas (or the minimum, of the models that aren't paused), and pods of `extra`
    GPUs.

    Where every model's GPUs divide a node's, replicas pack without a gap; else each size has separate nodes.
    """
    replicas = [
        (each, each.served.replicas.max if at_most else 0 if each.served.settings.paused else each.served.replicas.min)
        for each in placed
    ]
    return nodes_of(replicas, gpus_per_node, extra)


def nodes_of(replicas: Iterable[tuple[Placed, int]], gpus_per_node: int, extra: Sequence[int] = ()) -> int:
    """Nodes that hold these replicas, and pods of `extra` GPUs."""
    wanted: dict[int, int] = {}
    for each, number in replicas:
        wanted[each.gpus] = wanted.get(each.gpus, 0) + number
    for gpus in extra:
        wanted[gpus] = wanted.get(gpus, 0) + 1
    return nodes_with(wanted, gpus_per_node)


def nodes_with(wanted: Mapping[int, int], gpus_per_node: int) -> int:
    """Nodes that hold this number of pods by their number of GPUs."""
    if all(gpus_per_node % gpus == 0 for gpus in wanted):
        return -(-sum(gpus * count for gpus, count in wanted.items()) // gpus_per_node)
    return sum(-(-count // (gpus_per_node // gpus)) for gpus, count in wanted.items())


def _selector(offer: Offer) -> dict[str, str]:
    if offer.existing:
        return dict(_existing(offer).selector)
    labels = {POOL_LABEL: offer.name, GPU_LABEL: "true"}
    if offer.sharing is not None:
        labels[DEVICE_PLUGIN_CONFIG] = config_of(offer.sharing)
        labels |= {MPS_LABEL: "true"} if offer.sharing.mps is not None else {}
    return labels


def _tolerations(offer: Offer) -> tuple[dict[str, str], ...]:
    if offer.existing:
        return tuple(
            each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in _existing(offer).tolerations
        )
    return ({"key": GPU_TAINT.key, "operator": "Equal", "value": GPU_TAINT.value, "effect": GPU_TAINT.effect},)


def _existing(offer: Offer) -> ExistingNodes:
    assert offer.settings is not None
    assert offer.settings.existing is not None
    return offer.settings.existing
