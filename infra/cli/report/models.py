"""Which model runs on what, and why; the pools of nodes."""

from collections.abc import Iterable, Iterator

from infra.cli.document import Column, Row, Section, columns
from infra.cli.report.reasons import reasons_of
from infra.cli.report.words import between, price, two_figures
from infra.engines import ENGINES
from infra.plan.alike import alike
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.plan.pools import CapacityPlan, PoolPlan, units
from infra.plan.words import NO_START, count, interval, minutes
from infra.sizing.estimates import requests, span
from infra.sizing.requests import MEAN_REQUEST

_SHORT_REVISION = 12  # of a commit
MANY_MODELS = 8  # above, only those with something to say get a line of reasons


def models_section(plan: Plan) -> Section:
    titles = ("runs on", "fits", "replicas", "weights", "KV cache", "holds", "cold start", "$ per hour")
    shown = columns(*titles, "$ / M output tokens", right=6)
    return Section("MODELS", shown, [_model_row(plan, model) for model in plan.models.values()], _note(plan))


def _note(plan: Plan) -> str:
    if not plan.pools:
        return "\n".join(_on_cpu(plan))
    used = {model.pool for model in plan.models.values()}
    parts = (
        *_on_cpu(plan),
        *_likely(plan),
        "weights and KV cache: estimated GiB on each GPU; holds: requests at once per replica x tokens per request",
        "; ".join(("$ per hour: of a replica, as its share of a node", *_shares(plan))),
        *_tokens(plan),
        _whose(pool for name, pool in plan.pools.items() if name in used),
    )
    return "\n".join(part for part in parts if part)


def _on_cpu(plan: Plan) -> Iterator[str]:
    """What a replica without a GPU asks of its node."""
    asked = [
        f"{each.name} {each.resources.cpu:g} CPU and {each.resources.memory_gib:g} GiB"
        for each in plan.models.values()
        if each.pool is None and not each.gpus and each.starts
    ]
    if asked:
        yield f"on the CPU, each replica asks for: {', '.join(asked)}"


def _tokens(plan: Plan) -> Iterator[str]:
    if any(model.usd_per_million_output_tokens for model in plan.models.values()):
        request = f"{MEAN_REQUEST.prompt:,} tokens in and {MEAN_REQUEST.output:,} out per request"
        yield (
            f"$ / M output tokens: dollars per million, estimated at full load with {request}; at a third of that load"
            " a token costs three times as much"
        )


def _shares(plan: Plan) -> list[str]:
    """What a node costs of which a replica has some GPUs."""
    shared = {
        model.pool: plan.pools[model.pool]
        for model in plan.models.values()
        if model.pool and 0 < model.gpus < plan.pools[model.pool].gpus_per_node
    }
    return [
        f"a whole node of {name} has {count(pool.gpus_per_node, pool.unit)} for ${pool.usd_per_node_hour:,.2f} per hour"
        for name, pool in shared.items()
        if pool.usd_per_node_hour
    ]


def _likely(plan: Plan) -> Iterator[str]:
    if any(_fits(model) == "likely" for model in plan.models.values()):
        yield "likely: fits at the middle of the estimate, and not at its low end"


def _model_row(plan: Plan, model: ModelPlan) -> Row:
    fit, dollars = model.fit, model.usd_per_million_output_tokens
    holds = f"{requests(fit.max_concurrency)} x {model.max_model_len:,}" if fit and fit.max_concurrency else "-"
    return (
        model.name,
        _where(plan, model),
        _fits(model),
        "paused" if model.paused else between(model.replicas),
        f"{fit.weights_gib:.1f}" if fit else "-",
        interval(fit.kv_cache_gib) if fit and fit.kv_cache_gib else "-",
        holds,
        minutes(model.cold_start.seconds) if model.starts else NO_START,
        _hourly(model, plan.pools.get(model.pool or "")),
        span(two_figures(dollars.low), two_figures(dollars.high), "-") if dollars else "-",
    )


def _hourly(model: ModelPlan, pool: PoolPlan | None) -> str:
    """The replica's share of the node's price, from the cheapest type and zone to the most expensive. A star where the
    price is another region's or the user's: the note below says whose."""
    if model.usd_per_hour is None or pool is None:
        return "-"
    return price(pool, model.gpus / pool.gpus_per_node) + ("*" if pool.price_note else "")


def _where(plan: Plan, model: ModelPlan) -> str:
    if model.pool:
        return f"{model.gpus} x {plan.pools[model.pool].gpu}"
    return f"no place ({model.engine}, {count(model.gpus, 'GPU')})" if model.gpus else "CPU"


def _fits(model: ModelPlan) -> str:
    """Judged at the middle of the estimate; certain at its low end."""
    if model.fit is None:
        return "no" if model.gpus else "-"
    if not model.fit.estimated and model.fit.fits:
        return "no estimate"
    return "yes" if model.fit.certain else "likely" if model.fit.fits else "no"


def weights_section(plan: Plan) -> Section:
    """What answers: the repository, at which revision, and how its weights are kept on the GPU."""
    shown = columns("repository or tag", "revision", "type of weights, engine")
    rows = [row for model in plan.models.values() for row in (_weights_row(model), *_other_rows(model))]
    return Section("SERVES", shown, rows)


def _weights_row(model: ModelPlan) -> Row:
    without = ENGINES[model.engine].library is not None or model.place is not None
    revision = "-" if without else (model.revision or "main")[:_SHORT_REVISION]
    engine = f"{model.engine} of {model.image}" if model.own_image else f"{model.engine} {model.engine_version}"
    return model.name, model.model, revision, f"{model.dtype}, {engine}"


def _other_rows(model: ModelPlan) -> Iterator[Row]:
    """What it is served with: a draft model, and adapters."""
    if model.proposer is not None and model.proposer.model is not None:
        revision = (model.proposer.revision or "main")[:_SHORT_REVISION]
        yield f"{model.name} draft", model.proposer.model, revision, f"proposes {model.proposer.tokens} tokens at once"
    for each in model.adapters:
        revision = (each.revision or "main")[:_SHORT_REVISION]
        yield each.name, each.model, revision, f"adapter of {model.name}, rank at most {each.rank}"


def why_section(plan: Plan) -> Section:
    reasons = {name: reasons_of(plan, name) for name in plan.models}
    note = ""
    if len(plan.models) > MANY_MODELS:
        spoken_of = {note.path for note in (*plan.warnings, *plan.violations)}
        kept = {name: why for name, why in reasons.items() if any(f".{name}" in path for path in spoken_of)}
        note = f"and {len(reasons) - len(kept)} more, in --format json" if len(kept) < len(reasons) else ""
        reasons = kept
    rows = [("" if index else name, reason) for name, why in reasons.items() for index, reason in enumerate(why)]
    return Section("WHY", columns(""), rows, note, folded=True)


def pools_section(plan: Plan) -> Section:
    shown = (
        Column("each node"),
        Column("$ per hour", right=True),
        Column("nodes"),
        Column(f"{units(plan.pools.values())}: peak + one rollout"),
        Column("idle at min replicas" if any(pool.idle_gpus for pool in plan.pools.values()) else "", right=True),
    )
    spare = (_spare(pool) for pool in plan.pools.values() if pool.spare)
    notes = [_whose(plan.pools.values()), *spare, *(_steps(pool) for pool in plan.pools.values() if pool.steps)]
    rows = [_pool_row(pool) for pool in plan.pools.values()]
    return Section("POOLS", shown, rows, "\n".join(note for note in notes if note))


def _spare(pool: PoolPlan) -> str:
    free = f"{count(sum(pool.spare), pool.unit)} free for {count(len(pool.spare), 'replica')}"
    return f"{pool.name} keeps {free} (gpuPools.{pool.name}.spare), on nodes that have the engines' images"


def _steps(pool: PoolPlan) -> str:
    """The steps of a pool in their order, with what each may grow to."""
    steps = [
        f"{number}. {step.reservation or step.kind}{_in_words(step)} ({count(step.max, 'node')}{_in_zones(pool, step)})"
        for number, step in enumerate(pool.steps, start=1)
    ]
    bound = (
        f"; {pool.highest} at the same time at most, because a node is added only for a pod; a pod that runs never"
        " moves to an earlier step by itself (docs/platform/capacity.md, When a step has no node)"
        if len(steps) > 1
        else ""
    )
    return f"{pool.name} asks for nodes in this order: {'; '.join(steps)}{bound}"


def _in_words(step: CapacityPlan) -> str:
    if step.kind == "block":
        return f", a Capacity Block from {step.begins} to {step.ends}"
    return f", {count(step.instances, 'instance')} of {step.types[0].name} reserved" if step.reservation else ""


def _in_zones(pool: PoolPlan, step: CapacityPlan) -> str:
    groups = sum(1 for group in pool.groups.values() if group.step == step)
    return f" in {step.zone_ids[0]}" if len(step.zone_ids) == 1 else f" in each of {groups} zones" if groups > 1 else ""


def _whose(pools: Iterable[PoolPlan]) -> str:
    """The note that the stars of prices point to."""
    notes = alike((pool.name, pool.price_note) for pool in pools if pool.price_note)
    return "; ".join(f"* {', '.join(names)}: {note}" for note, names in notes.items())


def _pool_row(pool: PoolPlan) -> Row:
    node = f"{'/'.join(pool.instance_types) or 'existing nodes'}, {pool.gpus_per_node} x {pool.gpu}"
    return (
        pool.name,
        node + (f", {' > '.join(pool.kinds)}" if pool.steps else ", spot" if pool.capacity == "spot" else ""),
        price(pool) + ("*" if pool.price_note else ""),
        span(str(pool.min), str(pool.max)) + (f" of {pool.max + pool.own.left}" if pool.own and pool.own.left else ""),
        f"{pool.peak_gpus} + {pool.surge_gpus} = {pool.peak_gpus + pool.surge_gpus} of {pool.max * pool.gpus_per_node}",
        count(pool.idle_gpus, pool.unit) if pool.idle_gpus else "",
    )
