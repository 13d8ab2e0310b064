"""Pure functions from settings and facts to a plan, each decision with its reason."""

from infra.plan.plan import Plan
from infra.planning.planner import make_plan, plan_without_advice

__all__ = ["Plan", "make_plan", "plan_without_advice"]
