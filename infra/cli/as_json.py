"""The plan as the JSON that other programs read."""

from dataclasses import asdict
from typing import Any

from infra.cli.speed import speed_data
from infra.offline import Planned
from infra.plan.models import Floor, ModelPlan, StartPart
from infra.plan.money import Cheaper, CostItem, Remedy, in_cents
from infra.plan.notes import Advice, Note, ToDo, Violation, Warned
from infra.plan.plan import Plan
from infra.plan.pools import CapacityPlan, Loss, PoolPlan
from infra.plan.schedule import DAYS
from infra.planning.advice import as_mapping
from infra.recording import Recorded
from infra.services.access.client_secrets import base_url, secret_name
from infra.services.external.plan import clients_of
from infra.sizing.estimates import rounded_down

VERSION = 1


def document(planned: Planned) -> dict[str, Any]:
    plan = planned.plan
    return {
        "version": VERSION,
        "stack": plan.stack,
        "violations": [_violation(violation) for violation in plan.violations],
        "warnings": [_warning(each) for each in plan.warnings],
        "to_do": [_to_do(each) for each in plan.to_do],
        "assumptions": _notes((*plan.assumptions, *_of_the_bill(plan))),
        "models": {name: _model(plan, model) for name, model in plan.models.items()},
        "gpu_pools": _pools(plan),
        "gateway": _gateway(plan),
        "external": {name: _external(plan, name) for name in plan.traffic.externals},
        "cost": {
            "usd_per_month_min": plan.cost.usd_per_month_min,
            "usd_per_month_expected": plan.cost.usd_per_month_expected,
            "usd_per_month_typical": plan.cost.usd_per_month_expected,  # its name before
            "usd_per_month_max": plan.cost.usd_per_month_max,
            "while_paused": [_way(way) for way in plan.while_paused],
            "items": [_item(item) for item in plan.cost.items],
            "prices": plan.cost.whose or plan.cost.price_note,
        },
        "weights": {folder: round(gib, 2) for folder, gib in sorted(plan.cache.folders.items())},
        "quotas": [vars(quota) for quota in plan.quotas],
        "services": {name: asdict(part) for name, part in plan.parts.items()},
        "chosen": {
            path: {"value": choice.value, "reason": choice.whole_reason} for path, choice in plan.chosen.items()
        },
        "cheaper": {name: [_way(way) for way in ways] for name, ways in plan.cheaper.items()},
        "outputs": planned.recording.outputs,
        "resources": resources(planned),
        "reads": [vars(each) for each in planned.recording.reads],
    }


def resources(planned: Planned) -> list[dict[str, Any]]:
    return [_resource(resource) for resource in planned.recording.resources]


def _resource(resource: Recorded) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "parent": resource.parent,
        "inputs": resource.inputs,
        "options": resource.options,
    }


def _notes(notes: tuple[Note, ...]) -> list[dict[str, str]]:
    return [{"path": note.path, "message": note.message} for note in notes]


def _to_do(each: ToDo) -> dict[str, Any]:
    quota = {"code": each.quota.code, "region": each.quota.region} if each.quota else None
    return {"path": each.path, "message": each.message, "names": list(each.names), "quota": quota}


def _of_the_bill(plan: Plan) -> tuple[Note, ...]:
    """What the figures of `cost` leave out; text and Markdown say it below the bill."""
    cost = plan.cost
    return (Note("cost", f"{cost.price_note}. Not in it: {cost.left_out}"),) if cost.items else ()


def _next(plan: Plan, name: str) -> dict[str, Any] | None:
    """What the gateway sends to the next version of a model."""
    upstream = plan.traffic.upstreams.get(name)
    found = upstream.next if upstream is not None else None
    if found is None:
        return None
    return {
        "server": found.server.model,
        "weight": found.weight,
        "clients": list(found.clients),
        "trials": found.trials,
    }


def _model(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    fit, remedies = model.fit, plan.remedies[model.name]
    cache = fit.kv_cache_gib if fit else None
    dollars = model.usd_per_million_output_tokens
    parts = model.cold_start.parts if model.starts else {}
    return {
        "engine": model.engine,
        "next_of": model.next_of,
        "next": _next(plan, model.name),
        "model": model.model,
        "revision": model.revision,
        "dtype": model.dtype,
        "pool": model.pool,
        "instance_type": model.instance_type,
        "gpus_per_replica": model.gpus,
        "replicas": {"min": model.replicas.min, "max": model.replicas.max},
        "scaled": model.scaling is not None or model.pods is not None,
        "schedule": _schedule(plan, model),
        "morning": _morning(plan, model.name),
        "fits": fit.judged if fit else None,
        "certain": fit.certain if fit and fit.estimated else None,
        "weights_gib": round(fit.weights_gib, 2) if fit else None,
        "weights_on_disk_gib": round(model.weights_on_disk_gib, 2),
        "kv_cache_gib": round(cache.mid, 2) if cache else None,
        "kv_cache_gib_interval": [round(cache.low, 2), round(cache.high, 2)] if cache else None,
        "kv_cache_tokens": fit.kv_cache_tokens if fit else None,
        "max_model_len": model.max_model_len,
        "max_concurrency": rounded_down(fit.max_concurrency, 2) if fit and fit.max_concurrency is not None else None,
        "takes_at_once": model.takes_at_once,
        "starts": model.starts,
        "held_seconds": model.held_seconds or None,
        "wakes_seconds": (model.scaling.wakes_seconds or None) if model.scaling and model.starts else None,
        "whole_answer_seconds": model.timeouts.whole_answer,
        "cold_start_seconds": model.cold_start.seconds if model.starts else None,
        "cold_start": {
            "parts": {name: _part(part, model.cold_start.floors[name]) for name, part in parts.items()},
            "remedies": [_remedy(remedy) for remedy in remedies],
            "without_new_node": vars(spare) if (spare := plan.spares.get(model.name)) else None,
        },
        "start_seconds": {name: [round(part.low), round(part.mid), round(part.high)] for name, part in parts.items()},
        "rollout": vars(model.rollout),
        "usd_per_hour": _rounded(model.usd_per_hour),
        "usd_per_million_output_tokens": [round(dollars.low, 4), round(dollars.high, 4)] if dollars else None,
        **speed_data(model.throughput),
        "reasons": list(model.reasons),
    }


def _schedule(plan: Plan, model: ModelPlan) -> dict[str, Any] | None:
    if model.schedule is None:
        return None
    night = plan.nights.get(model.name)
    return {
        "windows": [
            {
                "days": [DAYS[day] for day in each.days],
                "from": each.hours[0],
                "to": each.hours[1],
                "timezone": each.timezone,
                "min": each.min,
            }
            for each in model.schedule.windows
        ],
        "said": model.schedule.said,
        "ahead_minutes": model.schedule.ahead_minutes,
        "after_minutes": model.schedule.after_minutes,
        "openings": [vars(each) for each in model.schedule.openings],
        "hours_per_week": round(night.hours_per_week, 1) if night else None,
        "saves_usd_per_month_min": _rounded(night.saves_min) if night else None,
        "saves_usd_per_month_expected": _rounded(night.saves_expected) if night else None,
    }


def _morning(plan: Plan, name: str) -> dict[str, Any] | None:
    """What hours would be worth to a model that sleeps at all of them."""
    found = plan.mornings.get(name)
    if found is None:
        return None
    return {**vars(found), "write": as_mapping(found.write), "usd_per_month": _rounded(found.usd_per_month)}


def _gateway(plan: Plan) -> dict[str, Any]:
    traffic = plan.traffic
    return {
        "base_url": plan.gateway.base_url if plan.gateway else None,
        "base_url_in_cluster": base_url(plan.settings.namespace.name),
        "expose": plan.gateway.visibility if plan.gateway else "cluster",
        "replicas": traffic.replicas,
        "idle_seconds": traffic.idle_seconds,
        "total_seconds": traffic.total_seconds,
        "largest_request_mib": traffic.body_mib,
        "contact": traffic.contact,
        "token_limits": asdict(traffic.token_limits) if traffic.token_limits else None,
        "clients": {name: {**asdict(client), "secret": secret_name(name)} for name, client in traffic.clients.items()},
        "custom": {name: asdict(server) for name, server in traffic.custom.items()},
        "affinity": {name: each.affinity for name, each in traffic.upstreams.items() if each.affinity is not None},
    }


def _external(plan: Plan, name: str) -> dict[str, Any]:
    external = plan.traffic.externals[name]
    back = ((each.model, each.fallback) for each in plan.traffic.upstreams.values())
    return {
        "base_url": external.base_url,
        "model": external.model,
        "context_length": external.context_length,
        "usd_per_million_tokens": external.usd_per_million,
        "key_secret": external.secret,
        "clients": clients_of(plan.traffic, [name]),
        "fallback_of": {model: asdict(each) for model, each in back if each is not None and each.to == name},
    }


def _rounded(usd: float | None) -> float | None:
    return round(usd, 4) if usd is not None else None


def _violation(violation: Violation) -> dict[str, Any]:
    return {**vars(violation), "advice": _advice(violation.advice)}


def _warning(warned: Warned) -> dict[str, Any]:
    said = {"path": warned.path, "message": warned.message, "kind": warned.kind}
    return {**said, "advice": _advice(warned.advice)} if warned.advice else said


def _advice(advice: tuple[Advice, ...]) -> list[dict[str, Any]]:
    return [{"write": as_mapping(each.write), "text": each.text} for each in advice]


def _part(part: StartPart, floor: Floor) -> dict[str, Any]:
    return {
        "seconds": round(part.mid),
        "interval": [round(part.low), round(part.high)],
        "reason": part.reason,
        "floor": {"seconds": round(floor.seconds), "reason": floor.reason},
    }


def _remedy(remedy: Remedy) -> dict[str, Any]:
    price = remedy.usd_per_month
    rounded = round(price, 2) if price is not None else None
    return vars(remedy) | {"usd_per_month": rounded, "write_with": as_mapping(remedy.write_with)}


def _way(way: Cheaper) -> dict[str, Any]:
    return vars(way) | {"usd_per_month": round(way.usd_per_month, 2), "write": as_mapping(way.write)}


def _item(item: CostItem) -> dict[str, Any]:
    return {
        "name": item.name,
        "pool": item.pool,
        "min": in_cents(item.min),
        "expected": in_cents(item.expected),
        "typical": in_cents(item.expected),  # its name before
        "max": in_cents(item.max),
        "usd_per_gib": item.usd_per_gib,
    }


def _pools(plan: Plan) -> dict[str, Any]:
    return {
        name: {
            "instance_types": list(pool.instance_types),
            "capacity": ", ".join(pool.kinds),
            "steps": [_step(pool, each) for each in pool.steps],
            "min": pool.min,
            "max": pool.max,
            "gpus_per_node": pool.gpus_per_node,
            "usd_per_node_hour": _rounded(pool.usd_per_node_hour),
            "price_note": pool.price_note,
            "gpu": pool.gpu,
            "resource": pool.resource,
            "sharing": None if pool.sharing is None else pool.sharing.model_dump(by_alias=True, exclude_none=True),
            "peak_gpus": pool.peak_gpus,
            "surge_gpus": pool.surge_gpus,
            "spare_gpus": sum(pool.spare),
            "warm_pool": pool.warm_pool,
            **_own_nodes(plan, pool),
            "reasons": list(pool.reasons),
        }
        for name, pool in plan.pools.items()
    }


def _step(pool: PoolPlan, step: CapacityPlan) -> dict[str, Any]:
    """A kind of nodes, in the order in which they are asked for."""
    return {
        "name": step.name,
        "kind": step.kind,
        "reservation": step.reservation,
        "instance_types": [each.name for each in step.types],
        "zones": list(step.zone_ids),
        "max": step.max,
        "instances": step.instances or None,
        "from": step.begins,
        "to": step.ends,
        "asked_after": pool.asked_after(step),
        "node_groups": [f"{pool.name}-nodes-{name}" for name, group in pool.groups.items() if group.step == step],
    }


def _own_nodes(plan: Plan, pool: PoolPlan) -> dict[str, Any]:
    """Nodes that exist: what each holds at the minimum of replicas, and what the loss of one does to each model."""
    if pool.own is None:
        return {"nodes": None, "lose_one": None, "away_seconds": None}
    nodes = [{"holds": dict(node.holds), "free_gpus": node.free_gpus} for node in pool.own.nodes]
    away = {name: _away_seconds(plan, name, loss) for name, loss in pool.own.lose_one.items()}
    return {"nodes": nodes, "lose_one": dict(pool.own.lose_one), "away_seconds": away}


def _away_seconds(plan: Plan, name: str, loss: Loss) -> int | None:
    """How long nobody answers for a model; None: until the node is back, or others leave it a GPU."""
    if loss == "serves":
        return 0
    return plan.models[name].cold_start.seconds if loss == "restarts" else None
