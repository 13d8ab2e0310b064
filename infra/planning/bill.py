"""The bill of the platform, and of the services beside the models."""

from dataclasses import replace

from infra.plan.findings import Decided, split
from infra.plan.money import Cost
from infra.planning.cost import Billed, plan_cost
from infra.registry import services


def plan_bill(billed: Billed) -> Decided[Cost]:
    cost = yield from plan_cost(billed)
    items = (item for service in services() for item in service.bill(billed.settings, billed.catalog))
    return replace(cost, items=(*cost.items, *items))


def minimum_per_month(billed: Billed) -> float:
    cost, _ = split(plan_bill(billed))
    return cost.usd_per_month_min
