"""Pools of existing nodes: the plan is refused if their replicas don't fit on the number of nodes in the stack file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from infra.clouds.existing.own_nodes import Fits, Wanted, blocked, fewer, in_turn, pack
from infra.offers.pools import Offer
from infra.plan.findings import Decided, warned
from infra.plan.notes import Advice, Finding, Violation, Write
from infra.plan.pools import Loss, OwnNode, OwnNodes
from infra.plan.rules import Rule
from infra.plan.words import count
from infra.plan.writes import replicas_at_most, written
from infra.planning.own_losses import losses_of_week
from infra.services.serving.next import one_version
from infra.services.serving.placed import Placed

ROLLOUT = "a rollout"  # no model has a blank in its name
NO_FREE_NODE = "no-free-node"  # the kind of the warning
_SHARED = (
    "Kubernetes may choose nodes for the other replicas with which no node has enough free GPUs for a model: a separate"
    " pool, whose nodes have another label, reserves nodes for it"
)
PROPOSED = 3  # the number of proposals to reduce replicas


def max_nodes(offer: Offer, nodes: int) -> int:
    """The number of existing nodes that a plan may use: the pool's `max`, or else all of them."""
    return offer.settings.max if offer.settings and offer.settings.max is not None else nodes


def running_of(placed: Sequence[Placed]) -> list[Placed]:
    return [each for each in placed if not each.served.settings.paused and each.gpus]


def wanted_of(running: Sequence[Placed]) -> list[Wanted]:
    return [Wanted(each.served.name, each.gpus, each.served.replicas.max) for each in running]


def minimum_of(running: Sequence[Placed]) -> dict[str, int]:
    return {each.served.name: each.served.replicas.min for each in running}


def check_own_nodes(offer: Offer, placed: Sequence[Placed], nodes: int, surge: int) -> Decided[OwnNodes | None]:
    """Refuses replicas that don't fit on the nodes, and returns what each node runs. `surge`: the GPUs of one rollout.
    None if not even the minimum of replicas fits."""
    running = running_of(placed)
    maximum, first = wanted_of(running), minimum_of(running)
    wanted = [*maximum, Wanted(ROLLOUT, surge, 1)] if surge else maximum
    fits = _fits(offer, running, nodes)(wanted)
    if not fits:
        yield from _refuse(offer, running, wanted, nodes)
    minimum = [replace(each, replicas=first[each.name]) for each in maximum]
    holding = pack(minimum, nodes, offer.gpus_per_node) if offer.nodes else _as_few(minimum, offer, nodes)
    if holding is None:
        return None
    if fits:
        yield from _warn_of_spreading(offer, running, nodes)
    added = [OwnNode({}, offer.gpus_per_node)] * (nodes - len(holding))
    lost, in_hours = losses_of_week([*holding, *added], running)
    starting = {each.served.name for each in running if each.starts}
    left = max(0, (offer.nodes or nodes) - nodes)
    lose_one: dict[str, Loss] = {name: _with_others(loss, left) for name, loss in lost.items() if name in starting}
    return OwnNodes(holding, lose_one, _could_roll(offer, running, nodes), left, in_hours)


def _with_others(loss: Loss, left: int) -> Loss:
    """Kubernetes knows no `max`: a pod that waits takes GPUs of the nodes that it leaves to others, if any are free."""
    return "may_wait" if loss == "waits" and left else loss


def _fits(offer: Offer, running: Sequence[Placed], nodes: int) -> Fits:
    """A function that says whether replicas and a rollout fit: the minimum of replicas is placed first, then the rest,
    because Kubernetes moves no running pod."""
    return lambda wanted: in_turn(wanted, minimum_of(running), nodes, offer.gpus_per_node) is not None


def could_hold(offer: Offer, placed: Sequence[Placed], nodes: int, surge: int) -> bool:
    """Whether the models would fit on the nodes, each with its maximum of replicas, beside the GPUs of one rollout."""
    running = running_of(placed)
    rollout = [Wanted(ROLLOUT, surge, 1)] if surge else []
    return _fits(offer, running, nodes)([*wanted_of(running), *rollout])


def _as_few(wanted: Sequence[Wanted], offer: Offer, nodes: int) -> tuple[OwnNode, ...] | None:
    """Replicas packed on the smallest number of nodes, for a pool whose nodes somebody else adds and removes."""
    there = max(offer.settings.min if offer.settings else 0, 1)
    packed = (pack(wanted, number, offer.gpus_per_node) for number in range(there, nodes + 1))
    return next((holding for holding in packed if holding is not None), None)


def _could_roll(offer: Offer, running: Sequence[Placed], nodes: int) -> tuple[str, ...]:
    """Models whose rollout strategy isn't in the stack file, and whose new pod fits in addition to every replica."""
    if offer.nodes is None:
        return ()
    alone = [each for each in running if each.starts and not each.served.two_versions]
    undecided = [each for each in alone if each.served.settings.rollout is None]
    return tuple(each.served.name for each in undecided if _has_rollout_room(each, offer, running, nodes))


def _has_rollout_room(each: Placed, offer: Offer, running: Sequence[Placed], nodes: int) -> bool:
    return _fits(offer, running, nodes)([*wanted_of(running), Wanted(ROLLOUT, each.gpus, 1)])


def _refuse(offer: Offer, running: Sequence[Placed], wanted: Sequence[Wanted], nodes: int) -> Iterator[Finding]:
    parts = " + ".join(
        f"{w.gpus} for {w.name}"
        if w.name == ROLLOUT
        else f"{w.name}: {count(w.replicas, 'replica')} x {count(w.gpus, offer.unit)}"
        for w in wanted
    )
    needed, there = sum(w.replicas * w.gpus for w in wanted), nodes * offer.gpus_per_node
    where = f"pool {offer.name} has {there}: {count(nodes, 'node')} of {count(offer.gpus_per_node, offer.unit)}"
    if needed <= there:
        where += f"; all GPUs of a replica must be on one node, and {_why_no_node(offer, running, wanted, nodes)}"
    yield Violation(
        Rule.GPUS_AT_PEAK,
        f"gpuPools.{offer.name}.{'max' if _is_limited(offer, nodes) else 'existing.nodes'}",
        f"{parts} = {needed}; {where}",
        "reduce replicas, or use a pool of other nodes",
        tuple(Advice(write, text) for write, text in _fixes(offer, running, wanted, nodes)),
    )


def _is_limited(offer: Offer, nodes: int) -> bool:
    """Whether the stack file's `max` limits the pool, and not the number of nodes that exist."""
    return offer.nodes is None or nodes < offer.nodes


def _why_no_node(offer: Offer, running: Sequence[Placed], wanted: Sequence[Wanted], nodes: int) -> str:
    if pack(wanted, nodes, offer.gpus_per_node) is None:
        return f"therefore some {offer.unit}s stay unused"
    late = max(
        (each for each in wanted if each.replicas > minimum_of(running).get(each.name, 0)), key=lambda each: each.gpus
    )
    needed = count(late.gpus, offer.unit)
    return (
        f"Kubernetes spreads the minimum of replicas over the nodes: then no node has {needed} free"
        f" for {late.name if late.name == ROLLOUT else f'another replica of {late.name}'}"
    )


def _fixes(
    offer: Offer, running: Sequence[Placed], wanted: Sequence[Wanted], nodes: int
) -> Iterator[tuple[Write, str]]:
    """Changes with which everything fits. They reduce replicas, because this program can't add nodes to the pool."""
    fits, first = _fits(offer, running, nodes), _old_pods_first(offer, running, nodes)
    without = [each for each in wanted if each.name != ROLLOUT]
    if fits(without):
        yield first
    changes = fewer(wanted, minimum_of(running), fits)[:PROPOSED]
    if without != wanted and not fits(without) and any(0 in change.values() for change in changes):
        for write, text in _fewer(fewer(without, minimum_of(running), fits)[:PROPOSED], running):
            yield (*write, *first[0]), f"{text} and {first[1]}"
    yield from _fewer(changes, running)
    yield from ((each.served.in_place, one_version(each.served.in_place)) for each in running if each.served.in_place)
    if _is_limited(offer, nodes):
        yield from _more_nodes(offer, running, wanted, nodes)


def _fewer(changes: Iterable[Mapping[str, int]], running: Sequence[Placed]) -> Iterator[tuple[Write, str]]:
    by_name = {each.served.name: each.served for each in running}
    for change in changes:
        parts = [
            replicas_at_most(by_name[name].path, by_name[name].replicas, number) for name, number in change.items()
        ]
        yield tuple(parts), " and ".join(written((one,)) for one in parts)


def _old_pods_first(offer: Offer, running: Sequence[Placed], nodes: int) -> tuple[Write, str]:
    """The strategy `recreate` for models whose stack file asks for `rolling` and whose new pod doesn't fit."""
    rolling = filter(asks_to_roll, running)
    paths = [each.served.path for each in rolling if not _has_rollout_room(each, offer, running, nodes)]
    write = tuple((f"{path}.rollout.strategy", "recreate") for path in paths)
    return write, " and ".join(f"{path}.rollout: {{strategy: recreate}}" for path in paths)


def _more_nodes(
    offer: Offer, running: Sequence[Placed], wanted: Sequence[Wanted], nodes: int
) -> Iterator[tuple[Write, str]]:
    """The smallest `max` with which all replicas fit, among the nodes that exist or that somebody else could add."""
    limit = offer.nodes or nodes + sum(each.replicas for each in wanted)
    enough = next((more for more in range(nodes + 1, limit + 1) if _fits(offer, running, more)(wanted)), None)
    if enough is not None:
        write = ((f"gpuPools.{offer.name}.max", enough),)
        those = f"of the {count(offer.nodes, 'node')} that exist" if offer.nodes else "if these nodes are added"
        yield write, f"{written(write)} ({those})"


def _warn_of_spreading(offer: Offer, running: Sequence[Placed], nodes: int) -> Iterator[Finding]:
    """Models that may find no node, at the maximum of replicas or during one of the rollouts that are asked for."""
    wanted = wanted_of(running)
    during = [one_more(wanted, each.served.name) for each in running if asks_to_roll(each)]
    names = {name for each in (wanted, *during) for name in blocked(each, nodes, offer.gpus_per_node)}
    for each in running:
        name = each.served.name
        if name in names:
            yield warned(
                f"{each.served.path}.pool",
                f"Kubernetes may choose nodes for the other replicas with which no node of {offer.name} has"
                f" {count(each.gpus, offer.unit)} free for {name}: a separate pool, whose nodes have another label,"
                " reserves nodes for it",
                kind=NO_FREE_NODE,
                shared=_SHARED,
                detail=f"{each.gpus} free {offer.unit}s of one node of {offer.name}",
            )


def one_more(wanted: Sequence[Wanted], name: str) -> list[Wanted]:
    """During a rollout whose new pod starts first."""
    return [replace(each, replicas=each.replicas + (each.name == name)) for each in wanted]


def asks_to_roll(placed: Placed) -> bool:
    """Whether the stack file asks for rollouts whose new pod runs in addition to every replica."""
    asked = placed.served.settings.rollout
    return asked is not None and asked.strategy == "rolling"
