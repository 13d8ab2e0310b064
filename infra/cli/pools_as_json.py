"""GPU pools as JSON."""

from typing import Any

from infra.plan.money import in_parts_of_cents
from infra.plan.plan import Plan
from infra.plan.pools import CapacityPlan, Loss, PoolPlan


def pools(plan: Plan) -> dict[str, Any]:
    return {
        name: {
            "instance_types": list(pool.instance_types),
            "capacity": ", ".join(pool.kinds),
            "steps": [_step(pool, each) for each in pool.steps],
            "min": pool.min,
            "max": pool.max,
            "gpus_per_node": pool.gpus_per_node,
            "usd_per_node_hour": in_parts_of_cents(pool.usd_per_node_hour),
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
