"""Advice is data: what to write into the stack file. Here it is written, and checked that the next plan accepts it."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from infra.catalog import Catalog
from infra.checks import check
from infra.plan.money import Remedy
from infra.plan.notes import Advice, Write
from infra.plan.plan import Plan
from infra.plan.words import LIKELY
from infra.planning.borrowed_prices import borrowed_then
from infra.planning.budget import PATH as BUDGET
from infra.planning.budget import further_over, over_on_other_nodes
from infra.planning.cpu_speed import slow_then
from infra.planning.losses import shorter, slower_then, with_losses
from infra.planning.old_pods import held_by_old_pods
from infra.planning.peak_nodes import fuller_then, what_nodes_cost, what_nodes_need
from infra.planning.stored_weights import stored_then
from infra.planning.trial import Attempt, holds, likely, noted
from infra.services.serving.next import servers
from infra.services.serving.section import Model
from infra.settings.mistakes import Mistake, Report
from infra.settings.platform import Settings

PAUSES = 2  # the harm of advice that pauses one model; each further one adds to it
# Remedies of cold starts that are tried: with many models each plan takes longer. A remedy of a pool is tried once
# for all its models.
MIN_REMEDIES, MAX_REMEDIES = 2, 54
MIN_SLOWER = 5  # seconds: a start that becomes longer by less isn't mentioned


def follow(settings: Settings, write: Write, region: str | None, catalog: Catalog) -> Settings | None:
    """The settings with advice written into them; None where the stack file would be refused."""
    document = settings.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for path, value in write:
        _put(document, path.split("."), value)
    try:
        changed = type(settings).model_validate_json(json.dumps(document))
    except ValueError:
        return None
    new = _mistakes(changed, region, catalog)
    return changed if not new or new <= _mistakes(settings, region, catalog) else None


def _mistakes(settings: Settings, region: str | None, catalog: Catalog) -> set[Mistake]:
    report = Report({})
    check(settings, region=region, catalog=catalog, report=report)
    return set(report.mistakes)


def _put(document: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, key = path
    for parent in parents:
        if not isinstance(document.get(parent), dict):
            document[parent] = {}
        document = document[parent]
    if value is None:
        document.pop(key, None)
    else:
        document[key] = value


def harm_of(advice: Advice) -> int:
    """What users lose beside money: 0 is one thing at most, 1 is replicas and something else, PAUSES and more are
    models."""
    paths = [path for path, _ in advice.write]
    paused = sum(path.endswith(".paused") for path in paths)
    if paused:
        return PAUSES - 1 + paused
    return int(len({".replicas" in path for path in paths}) > 1)


def in_order(
    ways: Iterable[Advice], plan: Plan, attempt: Attempt, *, dollars: bool = False, bills: bool = False
) -> list[Advice]:
    """Advice that gives something up says so; what takes requests or context away comes after the others, and of those
    advice after which a fit is no longer certain, which is said too; then advice that needs a larger budget, or more of
    a pool that is too small already, then what makes answers slow, then what pauses models, and last what rests on
    another region's price. `dollars`: it says what it adds to the bill. `bills`: what the bill is on other nodes, while
    it is over the budget."""
    tried = [(each, attempt(each.write)) for each in ways]

    def harm(pair: tuple[Advice, Plan | None]) -> tuple[bool, int, bool, int, bool, bool]:
        each, then = pair
        return (
            bool(borrowed_then(plan, then)),
            PAUSES if harm_of(each) >= PAUSES else min(1, slow_then(plan, then)),
            BUDGET in dict(each.write) or bool(further_over(plan, then)) or bool(fuller_then(plan, then)),
            shorter(each, plan),
            bool(stored_then(plan, then)),
            bool(likely(plan, then)),
        )

    return [_noted(each, plan, then, dollars=dollars, bills=bills) for each, then in sorted(tried, key=harm)]


def _noted(advice: Advice, plan: Plan, then: Plan | None, *, dollars: bool, bills: bool) -> Advice:
    """With what the change takes, and what it brings with it."""
    unsure = [LIKELY] if likely(plan, then) else []
    cost = what_nodes_cost(plan, then) if dollars and then is not None else ()
    nodes = what_nodes_need(plan, then) if then is not None else ()
    over = over_on_other_nodes(plan, then) if bills else further_over(plan, then)
    slower = slower_then(advice, plan, then) if then is not None else ()
    held = held_by_old_pods(plan, then)
    borrowed, stored = borrowed_then(plan, then), stored_then(plan, then)
    said = "; ".join((*cost, *slower, *over, *nodes, *borrowed, *stored, *unsure, *held))
    whole = with_losses(advice, plan)
    return noted(whole, said) if said else whole


def tried_remedies(
    plan: Plan, remedies: Mapping[str, Sequence[Remedy]], attempt: Attempt
) -> dict[str, tuple[Remedy, ...]]:
    """By model, the remedies that break no other rule, with what they add to the next plan's bill and to the starts of
    other models; those beyond the number of trials are left out."""
    limit = max(MIN_REMEDIES, MAX_REMEDIES // len(plan.models))
    tried: dict[str, Plan | None] = {repr(()): plan}  # a value may be a list of mappings

    def kept(remedy: Remedy) -> Remedy | None:
        write = _whole(remedy)
        if (said := repr(write)) not in tried and len(tried) <= limit:
            tried[said] = attempt(write)
        then = tried.get(said)
        if then is None or not holds(plan, then):
            return None
        more = then.cost.usd_per_month_min - plan.cost.usd_per_month_min
        priced = replace(remedy, usd_per_month=more) if remedy.usd_per_month is not None else remedy
        return replace(priced, slower=_slower(plan, then))

    return {name: tuple(filter(None, map(kept, ways))) for name, ways in remedies.items()}


def _slower(plan: Plan, then: Plan) -> dict[str, int]:
    """The models that start later in the next plan, by how many seconds; not what rounding adds."""
    more = {name: then.models[name].cold_start.seconds - each.cold_start.seconds for name, each in plan.models.items()}
    return {name: seconds for name, seconds in more.items() if seconds >= MIN_SLOWER}


def _whole(remedy: Remedy) -> Write:
    """What a remedy writes, its own line (a path, and a number, a word or true) included."""
    if remedy.write is None:
        return ()
    path, _, value = remedy.write.partition(": ")
    known = {"true": True, "false": False}
    return (*remedy.write_with, (path, int(value) if value.isdigit() else known.get(value, value)))


def as_mapping(write: Write) -> Mapping[str, Any]:
    return {path: list(value) if isinstance(value, tuple) else value for path, value in write}


def completed(plan: Plan, write: Write) -> Write:
    """A change with all that goes with it. Where it writes a pool into a stack file that leaves pools to the program,
    the pools of the other models are written too; pools that it leaves empty are removed, and what says when replicas
    scale where their number is fixed then. Windows of a schedule never ask for more replicas than there may be."""
    given = dict(write)
    moved = {
        name: given[path] for name, each in plan.models.items() if given.get(path := f"{each.path}.pool") is not None
    }
    on_cpu = {name for name, each in plan.models.items() if given.get(f"{each.path}.gpus", 1) == 0}
    gone = {*moved, *on_cpu, *_inherited(plan, given, moved, "pool"), *_inherited(plan, given, on_cpu, "gpus")}
    pools = {path.split(".")[1] for path in given if path.startswith("gpuPools.")}
    pins = pool_pins(plan, gone) if moved or not pools <= plan.settings.gpu_pools.keys() else ()
    empty = _emptied(plan, gone, moved.values())
    kept = _kept_spare(plan, empty, moved, given)
    fixed = [(f"{path}.scaling", None) for path in _no_longer_scaled(plan, given)]
    extra = [
        *pins,
        *kept,
        *fixed,
        *_windows(plan, given),
        *((f"gpuPools.{name}", None) for name in empty if name not in pools),
    ]
    return (*write, *((path, value) for path, value in extra if path not in given))


def _no_longer_scaled(plan: Plan, given: Mapping[str, Any]) -> Iterator[str]:
    for name, model in plan.settings.models.items():
        lowest, highest = _replicas_then(name, model, given)
        if model.scaling is not None and highest is not None and highest == lowest:
            yield f"models.{name}"


def _replicas_then(name: str, model: Model, given: Mapping[str, Any]) -> tuple[int, int | None]:
    """Its minimum, and the maximum that the change writes."""
    path = f"models.{name}.replicas"
    highest = given.get(f"{path}.max", given.get(path))
    return given.get(f"{path}.min", model.replicas.min if path not in given else highest), highest


def _windows(plan: Plan, given: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]] | None]]:
    """Schedules whose windows ask for more than a written maximum. A window that asks for no more than the minimum is
    none; without any there is no schedule."""
    for name, model in plan.settings.models.items():
        lowest, highest = _replicas_then(name, model, given)
        if not model.schedule or highest is None or max(each.min for each in model.schedule) <= highest:
            continue
        lowered = (each.model_copy(update={"min": min(each.min, highest)}) for each in model.schedule)
        kept = [each.model_dump(mode="json", by_alias=True) for each in lowered if each.min > lowest]
        yield f"models.{name}.schedule", kept or None


def _kept_spare(
    plan: Plan, empty: Collection[str], moved: Mapping[str, str], given: Mapping[str, Any]
) -> Iterator[tuple[str, int]]:
    """The other pool keeps what the emptied one kept for the next replica, nodes, GPUs and stopped instances: else that
    they go would look like what the move saves."""
    written = {path.split(".")[1] for path in given if path.startswith("gpuPools.")}
    for name in empty:
        leaving = [each for each in plan.models if plan.models[each].pool == name]
        there = {moved.get(each) for each in leaving}
        target = there.pop() if len(there) == 1 else None
        if target is None:
            continue
        path, pool, other = f"gpuPools.{target}", plan.settings.gpu_pools[name], plan.settings.gpu_pools.get(target)
        new = other is None and target in written
        if new and any(plan.spares[each].nodes for each in leaving if each in plan.spares):
            yield f"{path}.min", plan.pools[name].min
        if pool.spare > (other.spare if other is not None else 0) and (other is None or other.existing is None):
            yield f"{path}.spare", pool.spare
        if pool.warm_pool and new and len(given[f"{path}.instanceTypes"]) == 1 and f"{path}.capacity" not in given:
            yield f"{path}.warmPool", pool.warm_pool


def _inherited(plan: Plan, given: Mapping[str, Any], models: Collection[str], key: str) -> Iterator[str]:
    """Next versions that take over what is written for their models, because their `next` says nothing of it."""
    for name, each in plan.models.items():
        if each.next_of is not None and each.next_of in models and f"{each.path}.{key}" not in given:
            coming = plan.settings.models[each.next_of].next
            if coming is not None and key not in coming.model_fields_set:
                yield name


def _emptied(plan: Plan, gone: Collection[str], used: Iterable[str]) -> list[str]:
    """Pools of the stack file, of nodes that we make, that every one of their models leaves."""
    left = {model.pool for model in plan.models.values() if model.name in gone}
    kept = {model.pool for model in plan.models.values() if model.name not in gone} | {*used}
    return [name for name in plan.settings.gpu_pools if name in left - kept and not plan.pools[name].existing]


def pool_pins(plan: Plan, moved: Collection[str] = ()) -> Write:
    """What keeps every model on its nodes where a pool is written into the stack file: the pools that the program
    chose, and who runs on them. `moved`: the models that leave them."""
    staying = [model for model in plan.models.values() if model.pool is not None and model.name not in moved]
    names = dict.fromkeys(model.pool or "" for model in staying)
    made = [name for name in names if name not in plan.settings.gpu_pools]
    given = servers(plan.settings.models)
    return (
        *((f"gpuPools.{name}.instanceTypes", plan.pools[name].instance_types) for name in made),
        *((f"{each.path}.pool", each.pool) for each in staying if given[each.name].pool is None),
    )
