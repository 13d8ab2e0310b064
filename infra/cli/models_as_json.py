"""Models as JSON."""

from typing import Any

from infra.cli.speed import speed_data
from infra.plan.models import Floor, ModelPlan, StartPart
from infra.plan.money import Remedy, in_parts_of_cents
from infra.plan.plan import Plan
from infra.plan.schedule import DAYS
from infra.planning.advice import as_mapping
from infra.sizing.estimates import rounded_down


def model_data(plan: Plan, model: ModelPlan) -> dict[str, Any]:
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
        "drain_seconds": model.timeouts.drain,
        "whole_answer_seconds": model.timeouts.whole_answer,
        "cold_start_seconds": model.cold_start.seconds if model.starts else None,
        "cold_start": {
            "parts": {name: _part(part, model.cold_start.floors[name]) for name, part in parts.items()},
            "remedies": [_remedy(remedy) for remedy in remedies],
            "on_new_node_seconds": model.cold_start.on_new_node if model.starts else None,
            "without_new_node": vars(spare) if (spare := plan.spares.get(model.name)) else None,
        },
        "start_seconds": {name: [round(part.low), round(part.mid), round(part.high)] for name, part in parts.items()},
        "rollout": vars(model.rollout),
        "usd_per_hour": in_parts_of_cents(model.usd_per_hour),
        "usd_per_million_output_tokens": [round(dollars.low, 4), round(dollars.high, 4)] if dollars else None,
        **speed_data(model.throughput),
        "reasons": list(model.reasons),
    }


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
        "saves_usd_per_month_min": in_parts_of_cents(night.saves_min) if night else None,
        "saves_usd_per_month_expected": in_parts_of_cents(night.saves_expected) if night else None,
    }


def _morning(plan: Plan, name: str) -> dict[str, Any] | None:
    """What hours would be worth to a model that sleeps at all of them."""
    found = plan.mornings.get(name)
    if found is None:
        return None
    return {**vars(found), "write": as_mapping(found.write), "usd_per_month": in_parts_of_cents(found.usd_per_month)}


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
