"""Nodes that exist: which models each holds, what is idle, and which models the loss of one node stops."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from infra.cli.document import Row, Section, columns
from infra.plan.plan import Plan
from infra.plan.pools import Loss, OwnNode, PoolPlan, units
from infra.plan.words import NO_START, count, minutes, without
from infra.services.external.plan import fallback_of


def own_nodes_section(plan: Plan) -> Section:
    """At the minimum of replicas, as a plan can pack them; the scheduler may choose other nodes."""
    own = [pool for pool in plan.pools.values() if pool.own]
    rows = [row for pool in plan.pools.values() if pool.own for row in _pool_rows(plan, pool, pool.own.nodes)]
    note = f"at the minimum of replicas, packed by {units(own)}; Kubernetes may choose other nodes" if rows else ""
    for pool in plan.pools.values():
        if pool.own and pool.min < pool.max:
            note += f"; {pool.name}: up to {count(pool.max, 'node')}, which others add and remove"
        if pool.own and pool.sharing:
            note += f"; a {pool.unit} of {pool.name}: {pool.gpu}"
        if pool.own and pool.own.left:
            note += (
                f"; {pool.name}: max leaves {count(pool.own.left, 'node')} of {pool.max + pool.own.left} to others, and"
                f" Kubernetes may put pods there too: to prevent that, select a label that only {pool.max} of them have"
            )
    return Section("SERVERS", columns("holds", f"{units(own)} free", right=1), rows, note)


def _pool_rows(plan: Plan, pool: PoolPlan, nodes: Sequence[OwnNode]) -> Iterator[Row]:
    number = 1
    for (held, free), same in groupby(nodes, key=lambda node: (_held(plan, pool, node), node.free_gpus)):
        last = number + len(list(same)) - 1
        each = " each" if last > number else ""
        name = f"{pool.name}-{number}" if last == number else f"{pool.name}-{number} to {last}"
        yield name, held or "nothing", f"{free}{each}" if free else "-"
        number = last + 1
    if loss := _lose_one(plan, pool):
        yield "lose one", loss, ""
    if rollouts := _rollouts(plan, pool):
        yield "rollouts", rollouts, ""


def _rollouts(plan: Plan, pool: PoolPlan) -> str:
    """Of each model that runs there, at times or always: whether its new pod comes first, and whether that depends on
    the nodes that Kubernetes chose for the others."""
    assert pool.own is not None
    could_roll = () if plan.cache.one_reader else pool.own.could_roll
    there = [each for each in plan.models.values() if each.pool == pool.name and each.starts and not each.paused]
    rolling = [each.name for each in there if each.rollout.strategy == "rolling"]
    depends = [name for name in could_roll if name not in rolling]
    others = [each.name for each in there if each.name not in (*rolling, *depends)]
    said = (
        (rolling, f"the new pod starts first, on free {pool.unit}s"),
        (
            depends,
            "`rollout: {strategy: rolling}` lets the new pod come first, but it waits where the nodes that Kubernetes"
            " chose for the others leave it no room",
        ),
        ([_with_gap(plan, name) for name in others], "the old pod ends first"),
    )
    return "; ".join(f"{', '.join(who)}: {what}" for who, what in said if who)


def _with_gap(plan: Plan, name: str) -> str:
    gap = plan.models[name].rollout.gap_seconds
    return (
        f"{name} (about {minutes(gap)} {without(name, fallback_of(plan.settings, name))})" if gap is not None else name
    )


def _held(plan: Plan, pool: PoolPlan, node: OwnNode) -> str:
    parts: list[str] = []
    for name, replicas in node.holds.items():
        gpus = count(plan.models[name].gpus, pool.unit)
        held = f"{name}, {gpus}" if replicas == 1 else f"{name}, {replicas} replicas of {gpus}"
        parts.append(held if plan.models[name].starts else f"{held} ({NO_START})")
    return "; ".join((*parts, *(f"{name}, on its CPU" for name in _on_its_cpu(plan, pool))))


def _on_its_cpu(plan: Plan, pool: PoolPlan) -> list[str]:
    """Models that need no GPU and run only there, because the volume of the weights is there."""
    without = [each for each in plan.models.values() if each.pool is None and not each.paused]
    return [each.name for each in without if plan.cache.node_of(None, each.place) == pool.name]


def _lose_one(plan: Plan, pool: PoolPlan) -> str:
    """For each model, what the loss of the node does that is worst for it."""
    assert pool.own is not None
    lost, in_hours = pool.own.lose_one, pool.own.in_hours
    always = _losses(plan, pool, {name: loss for name, loss in lost.items() if name not in in_hours})
    at_times = _losses(plan, pool, {name: lost[name] for name in in_hours}, at_times=True)
    return "; ".join([*always, *(f"in the hours of schedules, {each}" for each in at_times)])


def _losses(plan: Plan, pool: PoolPlan, lost: Mapping[str, Loss], *, at_times: bool = False) -> Iterator[str]:
    of = {
        loss: [name for name, each in lost.items() if each == loss]
        for loss in ("serves", "restarts", "may_wait", "waits")
    }
    free = f"free {pool.unit}s{' or on a node that others add' if pool.min < pool.max else ''}"
    left = pool.own.left if pool.own else 0
    others = ", also of the nodes that max leaves to others" if left else ""
    starts = f"down until it has started on {free}"
    said = {
        "serves": (of["serves"], "other replicas go on"),
        "restarts": ([_with_start(plan, name) for name in of["restarts"]], starts),
        "may_wait": (
            [_with_start(plan, name) for name in of["may_wait"]],
            f"{starts}{others}, or, where others take those first, until the node is back",
        ),
        "waits": ([*of["waits"], *([] if at_times else _on_its_cpu(plan, pool))], "down until the node is back"),
    }
    yield from (f"{', '.join(who)}: {what}" for who, what in said.values() if who)


def _with_start(plan: Plan, name: str) -> str:
    back = fallback_of(plan.settings, name)
    meanwhile = f", {back} answers meanwhile" if back is not None else ""
    return f"{name} (about {minutes(plan.models[name].cold_start.seconds)}{meanwhile})"
