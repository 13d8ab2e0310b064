"""`simulate`: its answer as JSON."""

from dataclasses import asdict
from typing import Any

from infra.cli.simulate_assumed import assumptions
from infra.cli.simulate_input import Asked
from infra.plan.plan import Plan
from infra.simulate.higher_limits import HigherLimits
from infra.simulate.remedies import Remedy
from infra.simulate.simulation import Pattern, Simulation
from infra.simulate.summary import ModelSummary


def data(plan: Plan, asked: Asked, found: Simulation) -> dict[str, Any]:
    pattern = asked.traffic if isinstance(asked.traffic, Pattern) else None
    made = found.summary
    return {
        "stack": plan.stack,
        "traffic": {
            "file": asked.file,
            "pattern": pattern.name if pattern else None,
            "requests_per_second": pattern.rate if pattern else None,
            "seconds": made.seconds if made else None,
        },
        "seeds": asked.seeds,
        "models": {each.name: _model_data(each) for each in made.models} if made else {},
        "gpu_pools": {
            each.name: {
                "node_hours_per_day": asdict(each.node_hours),
                "usd_per_day": asdict(each.usd) if each.usd else None,
                "taken_back": each.taken,
            }
            for each in (made.pools if made else ())
        },
        "clients": {
            each.name: {"requests": each.requests, "limited": each.limited, "limited_by": dict(each.refused)}
            for each in (made.clients if made else ())
        },
        "usd_per_day": made.usd if made else None,
        "would_help": [_remedy_data(each) for each in found.advice.would_help],
        "would_save": _remedy_data(found.advice.would_save) if found.advice.would_save else None,
        "higher_limits": [_limits_data(each) for each in found.higher_limits],
        "left_out": dict(found.platform.left_out),
        "assumptions": list(assumptions(asked, plan)),
        "version": 1,
    }


def _model_data(each: ModelSummary) -> dict[str, Any]:
    replicas = each.replicas
    return {
        "requests": each.requests,
        "answered": each.answered,
        "limited": each.limited,
        "lost": each.lost,
        "refused": each.refused,
        "silent": each.silent,
        "cut": each.cut,
        "broken": each.broken,
        "too_long": each.too_long,
        "elsewhere": each.elsewhere,
        "in_system_at_end": each.in_system,
        "held": each.held,
        "preempted": each.preempted,
        "replicas": {
            "min": replicas.min,
            "mean": replicas.mean,
            "max": replicas.max,
            "over_time": replicas.line,
            "hours_per_day_at_max": replicas.hours_at_max,
        },
        "first_token_seconds": {name: asdict(one) if one else None for name, one in each.first_token.items()},
        "seconds_per_token": {name: asdict(one) if one else None for name, one in each.per_token.items()},
        "queue": {"mean": asdict(each.queue_mean), "max": asdict(each.queue_max)},
        "gpu_hours_per_day": asdict(each.gpu_hours),
        "usd_per_day": each.usd,
        "rollouts": [asdict(one) for one in each.rollouts],
    }


def _remedy_data(each: Remedy) -> dict[str, Any]:
    old, new = each.old, each.new
    return {
        "model": each.model,
        "settings": dict(each.settings),
        "pool_max": each.nodes,
        "lost": {"old": old.lost, "new": new.lost},
        "first_token_p95_seconds": {"old": old.p95, "new": new.p95},
        "first_token_p99_seconds": {"old": old.p99, "new": new.p99},
        "pool_usd_per_day": {"old": old.usd, "new": new.usd},
    }


def _limits_data(each: HigherLimits) -> dict[str, Any]:
    old, new = each.old, each.new
    return {
        "client": each.client,
        "settings": dict(each.settings),
        "limited": {"old": old.limited, "new": new.limited},
        "lost": {"old": old.lost, "new": new.lost},
        "first_token_p99_seconds": {"old": old.p99, "new": new.p99},
        "usd_per_day": {"old": old.usd, "new": new.usd},
    }
