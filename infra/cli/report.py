"""What `plan` tells a person, as sections that text and Markdown both show: verdict and money first, details last."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.offline import Planned
from infra.planning.plan import Estimate, ModelPlan, Note, Plan, PoolPlan, Replicas
from infra.recording import Recording

_MANY_MODELS = 8  # above, only those with something to say get a line of reasons
_MANY_CHOICES = 14
_ADDONS = "addons."
_GPU_NODES = "GPU nodes "

Row = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    title: str
    right: bool = False


@dataclass(frozen=True)
class Section:
    """A table whose first column is named by the section, and a line below it. `detail` may be folded away."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    detail: bool = False


@dataclass(frozen=True)
class Report:
    title: str
    verdict: tuple[Row, ...]
    sections: tuple[Section, ...]


def report(planned: Planned) -> Report:
    plan, recording = planned.plan, planned.recording
    sections = (
        _violations(plan),
        _models(plan),
        _why(plan),
        _pools(plan),
        _bill(plan),
        _chosen(plan),
        _resources(recording),
        _notes("WARNINGS", plan.warnings),
        _notes(f"BEFORE `pulumi up -s {plan.stack}`", plan.to_do),
        _notes("ASSUMED, offline", plan.assumptions, detail=True),
    )
    return Report(_title(plan, recording), _verdict(plan), tuple(section for section in sections if section.rows))


def _title(plan: Plan, recording: Recording) -> str:
    cluster = plan.cluster
    where = {
        "create": f"new EKS {cluster.version} in {len(cluster.zone_ids)} zones",
        "eks": f"EKS cluster {cluster.name}, which exists",
        "context": f"kubeconfig context {cluster.name}",
    }[cluster.kind]
    models = _count(len(plan.models), "model")
    pools = f" on {_count(len(plan.pools), 'GPU pool')}" if plan.pools else " on the CPU"
    resources = _count(sum(not r.type.startswith("pulumi:pulumi:") for r in recording.resources), "resource")
    return " · ".join(part for part in (plan.stack, plan.cluster.region, where, models + pools, resources) if part)


def _verdict(plan: Plan) -> tuple[Row, ...]:
    cost, budget = plan.cost, plan.settings.budget
    ok = ("OK", "every model fits, every rule holds")
    bill = f"{_usd(cost.usd_per_month_min)} to {_usd(cost.usd_per_month_max)} a month, least and most"
    if not cost.items:
        bill = "nothing: no cloud resource is made"
    if budget:
        bill += f"; budget {_usd(budget.usd_per_month)} of the {budget.of}"
    look = f"{_count(len(plan.warnings), 'warning')}, {_count(len(plan.to_do), 'thing')} to do before `pulumi up`"
    refused = ("REFUSED", f"{_count(len(plan.violations), 'rule')} broken; `pulumi up` would refuse it too")
    return (refused if plan.violations else ok, ("BILL", bill), ("LOOK AT", look))


def _violations(plan: Plan) -> Section:
    rows = [
        (violation.rule, f"{violation.path}: {violation.message}. To mend it: {violation.fix}")
        for violation in plan.violations
    ]
    return Section("REFUSED", (Column(""),), tuple(rows))


def _models(plan: Plan) -> Section:
    columns = (
        Column("runs on"),
        Column("replicas"),
        Column("weights", right=True),
        Column("KV cache", right=True),
        Column("holds", right=True),
        Column("cold start", right=True),
        Column("$ an hour", right=True),
    )
    return Section(
        "MODELS",
        columns,
        tuple(_model_row(plan, model) for model in plan.models.values()),
        note="GiB on each GPU, estimated; a replica holds requests of so many tokens, and costs its share of a node"
        if plan.pools
        else "",
    )


def _model_row(plan: Plan, model: ModelPlan) -> Row:
    fit = model.fit
    pool = plan.pools.get(model.pool) if model.pool else None
    where = f"{model.gpus} x {pool.gpu}" if pool else "CPU"
    holds = f"{fit.max_concurrency:,.0f} x {model.max_model_len:,}" if fit and fit.max_concurrency else "-"
    return (
        model.name,
        where,
        "paused" if model.paused else _range(model.replicas),
        f"{fit.weights_gib:.1f}" if fit else "-",
        _interval(fit.kv_cache_gib) if fit and fit.kv_cache_gib else "-",
        holds,
        _minutes(model.cold_start.seconds),
        f"{model.usd_per_hour:,.2f}" if model.usd_per_hour is not None else "-",
    )


def _why(plan: Plan) -> Section:
    reasons: dict[str, tuple[str, ...]] = {name: model.reasons for name, model in plan.models.items()}
    note = ""
    if len(plan.models) > _MANY_MODELS:
        spoken_of = {note.path for note in (*plan.warnings, *plan.violations)}
        kept = {name: why for name, why in reasons.items() if any(f".{name}" in path for path in spoken_of)}
        note = f"and {len(reasons) - len(kept)} more, in --format json" if len(kept) < len(reasons) else ""
        reasons = kept
    rows = [(name if first else "", reason) for name, why in reasons.items() for first, reason in _marked(why)]
    return Section("WHY", (Column(""),), tuple(rows), note, detail=True)


def _pools(plan: Plan) -> Section:
    columns = (Column("a node"), Column("$ an hour", right=True), Column("nodes"), Column("GPUs: peak + one rollout"))
    return Section("POOLS", columns, tuple(_pool_row(pool) for pool in plan.pools.values()))


def _pool_row(pool: PoolPlan) -> Row:
    node = f"{'/'.join(pool.instance_types) or 'existing nodes'}, {pool.gpus_per_node} x {pool.gpu}"
    return (
        pool.name,
        node + (", spot" if pool.capacity == "spot" else ""),
        f"{pool.usd_per_node_hour:,.2f}" if pool.usd_per_node_hour is not None else "-",
        f"{pool.min} to {pool.max}",
        f"{pool.peak_gpus} + {pool.surge_gpus} = {pool.peak_gpus + pool.surge_gpus} of {pool.max * pool.gpus_per_node}",
    )


def _bill(plan: Plan) -> Section:
    cost = plan.cost
    if not cost.items:
        return Section("BILL", (), ())
    nodes = [item for item in cost.items if item.name.startswith(_GPU_NODES)]
    rest = [item for item in cost.items if item not in nodes]
    rows = [(item.name, _number(item.min), _number(item.max)) for item in nodes]
    rows.append(("the rest", _number(sum(item.min for item in rest)), _number(sum(item.max for item in rest))))
    rows.append(("sum", _number(cost.usd_per_month_min), _number(cost.usd_per_month_max)))
    columns = (Column("least, $ a month", right=True), Column("most", right=True))
    parts = ", ".join(f"{item.name} {_span(item.min, item.max)}" for item in rest)
    note = f"the rest: {parts}\n{cost.price_note}; not in it: {cost.left_out}"
    return Section("BILL", columns, tuple(rows), note)


def _chosen(plan: Plan) -> Section:
    addons = {
        path.removeprefix(_ADDONS): choice.value for path, choice in plan.chosen.items() if path.startswith(_ADDONS)
    }
    rows = [
        (path, _value(choice.value), choice.reason)
        for path, choice in plan.chosen.items()
        if not path.startswith(_ADDONS)
    ]
    for state in sorted(set(addons.values())):
        rows.append(("addons", state, ", ".join(name for name, value in addons.items() if value == state)))
    note = (
        f"`plan {plan.stack} --pin` writes them into the stack file, so that an upgrade or new prices can't move them"
    )
    if len(rows) > _MANY_CHOICES:
        note = f"and {len(rows) - _MANY_CHOICES} more, in --format json; {note}"
    return Section("CHOSEN", (Column(""), Column("")), tuple(rows[:_MANY_CHOICES]), note, detail=True)


def _resources(recording: Recording) -> Section:
    """Counted by the component that they belong to; the whole list is in the JSON."""
    count: Counter[str] = Counter()
    components: Counter[str] = Counter()
    for resource in recording.resources:
        chain = resource.urn.split("::")[2].split("$")
        if chain[0] == "pulumi:pulumi:Stack":
            continue
        name = chain[0].split(":")[-1] if chain[0].startswith("llm:") else "providers and the rest"
        count[name] += 1
        components[name] += len(chain) == 1 and chain[0].startswith("llm:")
    text = " · ".join(
        f"{name}{f' x {components[name]}' if components[name] > 1 else ''} {n}" for name, n in count.items()
    )
    return Section("RESOURCES", (), ((text,),), note="one file each: --out DIR", detail=True)


def _notes(title: str, notes: tuple[Note, ...], *, detail: bool = False) -> Section:
    rows = [
        (str(number), f"{note.path}: {note.message}" if note.path else note.message)
        for number, note in enumerate(notes, 1)
    ]
    return Section(title, (Column(""),), tuple(rows), detail=detail)


def _marked(items: Iterable[str]) -> Iterable[tuple[bool, str]]:
    return ((index == 0, item) for index, item in enumerate(items))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _range(replicas: Replicas) -> str:
    return str(replicas.min) if replicas.min == replicas.max else f"{replicas.min} to {replicas.max}"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.mid:.1f} ±{(estimate.high - estimate.low) / 2:.1f}"


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds} s"


def _usd(amount: float) -> str:
    return f"${amount:,.0f}"


def _span(low: float, high: float) -> str:
    return _number(low) if _number(low) == _number(high) else f"{_number(low)} to {_number(high)}"


def _number(amount: float) -> str:
    return f"{amount:,.0f}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_value(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(_value(item) for item in value) + "]" if isinstance(value, list | tuple) else str(value)
