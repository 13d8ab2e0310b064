"""A bar for each model: on what a start without a node spends its time."""

from collections.abc import Iterator
from itertools import accumulate

from infra.cli.document import Column, Row, Section
from infra.plan.models import ColdStart, ModelPlan, Spare
from infra.plan.money import Remedy
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.plan.words import BILLS, duration, usd
from infra.plan.writes import pieces
from infra.sizing.estimates import span

_LETTERS = {"node": "N", "boot": "B", "image": "I", "weights": "W", "engine": "E"}
_LEGEND = "N node, B boot and join, I image, W weights, E engine start and compile"
_LONGEST_BAR = 24  # leaves room for the rest of the line in 80 columns
_SCALES = (5, 10, 15, 20, 30, 40, 60, 90, 120, 300)  # seconds per letter
_MANY_MODELS = 8


def cold_start_section(plan: Plan) -> Section:
    """Of many models only those that take longest; none of a model that doesn't start."""
    slowest = sorted(_starting(plan), key=lambda each: -each.cold_start.seconds)
    if not slowest:
        return Section("COLD START")
    kept = {each.name for each in slowest[:_MANY_MODELS]}
    shown = [name for name in plan.models if name in kept]
    scale = _scale(slowest[0].cold_start.seconds)
    columns = (
        Column(f"each letter is {scale} s", fixed=True),
        Column("total", right=True),
        Column("range in minutes", right=True),
        Column("remedy"),
    )
    rows = tuple(_row(name, plan.models[name].cold_start, plan.remedies[name], scale) for name in shown)
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], tuple(row[:-1] for row in rows)
    note = (
        _LEGEND,
        _floors(plan, shown),
        *_spares(plan, shown),
        *_first(plan, shown),
        *_how(plan, shown),
        *_also(plan, shown),
        *_others(plan, shown),
        *_more(plan, shown),
    )
    return Section("COLD START", columns, rows, note="\n".join(note))


def _starting(plan: Plan) -> list[ModelPlan]:
    return [each for each in plan.models.values() if each.starts]


def _scale(longest: int) -> int:
    return next((each for each in _SCALES if longest / each <= _LONGEST_BAR), -(-longest // _LONGEST_BAR))


def _row(name: str, start: ColdStart, remedies: tuple[Remedy, ...], scale: int) -> Row:
    best = _best(remedies)
    return (
        name,
        bar(start, scale),
        duration(start.seconds),
        span(f"{start.low / 60:.0f}", f"{start.high / 60:.0f}"),
        f"{best.name} -{duration(best.seconds)}" if best else "",
    )


def _best(remedies: tuple[Remedy, ...]) -> Remedy | None:
    return next((each for each in remedies if each.write), None)


def bar(start: ColdStart, scale: int) -> str:
    """Its length is the rounded total: what the rounding of one part adds, the next part loses."""
    ends = [round(seconds / scale) for seconds in accumulate(part.mid for part in start.parts.values())]
    lengths = (end - begin for begin, end in zip((0, *ends), ends, strict=False))
    return "".join(_LETTERS[name] * length for name, length in zip(start.parts, lengths, strict=True))


def _floors(plan: Plan, shown: list[str]) -> str:
    """Each part of it is in the JSON."""
    each = ", ".join(f"{name} {duration(plan.models[name].cold_start.floor)}" for name in shown)
    return f"at best, by the network's bandwidth and the best figures that were published: {each}"


def _spares(plan: Plan, shown: list[str]) -> Iterator[str]:
    """What starts sooner than its bar says, once per pool: the models of a pool share what is free."""
    on: dict[str, list[str]] = {}
    for model in shown:
        if model in plan.spares:
            on.setdefault(str(plan.models[model].pool), []).append(model)
    for pool, models in on.items():
        text = ", or ".join(_on_spare(model, plan.spares[model]) for model in models)
        yield f"{_where(plan.pools[pool], plan.spares[models[0]].nodes)}: {text}"


def _where(pool: PoolPlan, nodes: int) -> str:
    if not nodes:
        return f"on free {pool.unit}s of running nodes of {pool.name}"
    spare = "a spare node" if nodes == 1 else f"{nodes} spare nodes"
    return f"on {spare} that gpuPools.{pool.name}.min: {pool.min} keeps"


def _on_spare(model: str, spare: Spare) -> str:
    text = f"{_next(spare.replicas)} of {model} in {duration(spare.seconds)}"
    if spare.replicas_in_hours < spare.replicas:
        text += f" (in the hours of a schedule {_next(spare.replicas_in_hours) if spare.replicas_in_hours else 'none'})"
    return text


def _next(replicas: int) -> str:
    return "the next replica" if replicas == 1 else f"the next {replicas} replicas"


def _first(plan: Plan, shown: list[str]) -> Iterator[str]:
    """What the first start takes longer of models whose later ones find what it compiled."""
    longer = {name: round(plan.models[name].cold_start.parts["engine"].first) for name in shown}
    said = ", ".join(f"{duration(seconds)} for {name}" for name, seconds in longer.items() if seconds)
    if said:
        yield f"longer at the first start with another version, card or other arguments, which compiles: {said}"


def _how(plan: Plan, shown: list[str]) -> Iterator[str]:
    """What to write for the best remedies, once per pool. Pools that the program chose have to be in the file first."""
    written: dict[str, list[str]] = {}
    for best in filter(None, (_best(plan.remedies[name]) for name in shown)):
        more = plan.cost.rises(best.usd_per_month or 0.0, "min")
        adds = f" ({'+' if more > 0 else '-'}{usd(abs(more))} per month of the {BILLS['min']} bill)" if more else ""
        key = f"{_to_write(plan, best)}{adds}"
        if key not in written.setdefault(best.name, []):
            written[best.name].append(key)
    yield from (f"{name}: {', '.join(keys)}" for name, keys in written.items())
    if written and any(name not in plan.settings.gpu_pools for name in plan.pools):
        yield f"`plan {plan.stack} --pin` first writes the pools that the program chose"


def _also(plan: Plan, shown: list[str]) -> Iterator[str]:
    """Keys that shorten a start too, beside the best, each with the model that it would help more than the others, and
    with its price."""
    largest: dict[str, tuple[Remedy, str]] = {}
    for model in shown:
        best, whole = _best(plan.remedies[model]), plan.models[model].cold_start.seconds
        for each in plan.remedies[model]:
            if each.write is None or each == best or each.seconds >= whole:
                continue
            write = _to_write(plan, each)
            if write not in largest or each.seconds > largest[write][0].seconds:
                largest[write] = each, model
    if largest:
        text = "; ".join(f"{write}, {_effect(*effect)}" for write, effect in largest.items())
        yield f"by a key too: {text}"


def _to_write(plan: Plan, remedy: Remedy) -> str:
    """With the other keys of the cache's section, where the stack file hasn't got them."""
    there = plan.settings.cache.model_dump() if plan.settings.cache is not None else {}
    of_cache = ((path, value) for path, value in remedy.write_with if path.startswith("cache."))
    beside = tuple((path, value) for path, value in of_cache if there.get(path.removeprefix("cache.")) != value)
    return " with ".join([remedy.write or "", *pieces(beside)])


def _effect(remedy: Remedy, model: str) -> str:
    more = remedy.usd_per_month or 0.0
    price = f"{usd(abs(more))} {'more' if more > 0 else 'less'} per month of the {BILLS['min']} bill"
    slower = [f"{duration(seconds)} more for {name}" for name, seconds in remedy.slower.items()]
    return ", ".join([f"{duration(remedy.seconds)} less for {model}", *slower]) + (f" ({price})" if round(more) else "")


def _others(plan: Plan, shown: list[str]) -> Iterator[str]:
    """What no key of a stack file does, each with the model that it would help more than the others."""
    best: dict[str, tuple[int, str]] = {}
    for model in shown:
        for remedy in plan.remedies[model]:
            if remedy.write is None and remedy.seconds > best.get(remedy.name, (0, ""))[0]:
                best[remedy.name] = remedy.seconds, model
    largest = sorted(best.items(), key=lambda each: -each[1][0])
    if largest:
        text = "; ".join(f"{name}, {duration(seconds)} less for {model}" for name, (seconds, model) in largest)
        yield f"not by a key alone: {text}"


def _more(plan: Plan, shown: list[str]) -> Iterator[str]:
    rest = [each.cold_start.seconds for each in _starting(plan) if each.name not in shown]
    if rest:
        yield f"and {len(rest)} more, none above {duration(max(rest))}, in --format json"
