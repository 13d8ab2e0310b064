"""The plan as the JSON that other programs read."""

from dataclasses import asdict
from typing import Any

from infra.cli.models_as_json import model_data
from infra.cli.pools_as_json import pools
from infra.offline import Planned
from infra.plan.money import Cheaper, CostItem, in_cents
from infra.plan.notes import Advice, Note, ToDo, Violation, Warned
from infra.plan.plan import Plan
from infra.planning.advice import as_mapping
from infra.recording import Recorded
from infra.services.access.client_secrets import base_url, secret_name
from infra.services.external.plan import clients_of

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
        "models": {name: model_data(plan, model) for name, model in plan.models.items()},
        "gpu_pools": pools(plan),
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


def _violation(violation: Violation) -> dict[str, Any]:
    return {**vars(violation), "advice": _advice(violation.advice)}


def _warning(warned: Warned) -> dict[str, Any]:
    said = {"path": warned.path, "message": warned.message, "kind": warned.kind}
    return {**said, "advice": _advice(warned.advice)} if warned.advice else said


def _advice(advice: tuple[Advice, ...]) -> list[dict[str, Any]]:
    return [{"write": as_mapping(each.write), "text": each.text} for each in advice]


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
