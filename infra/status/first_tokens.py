"""In which time first tokens came in the last minutes, as Prometheus measured it, and what was promised."""

import math
from collections.abc import Mapping

from infra.engines import ENGINES
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.services.serving.promise import aimed, promised
from infra.status.findings import FirstToken
from infra.usage.prometheus import Prometheus

MINUTES = 10
_SHARE = 0.95


def first_tokens(plan: Plan, prometheus: Prometheus) -> Mapping[str, FirstToken]:
    """By server, of those that measure it. Raises NoAnswer."""
    found = {name: _of(plan, model, prometheus) for name, model in plan.models.items() if not model.paused}
    return {name: each for name, each in found.items() if each is not None}


def query(metric: str, namespace: str, server: str) -> str:
    labels = f'namespace="{namespace}",service="{server}"'
    return f"histogram_quantile({_SHARE}, sum by (le) (rate({metric}_bucket{{{labels}}}[{MINUTES}m])))"


def promises(plan: Plan) -> list[str]:
    """The models whose stack file promises it."""
    return [
        name for name, model in plan.models.items() if not model.paused and promised(plan.settings, model) is not None
    ]


def _of(plan: Plan, model: ModelPlan, prometheus: Prometheus) -> FirstToken | None:
    metric = ENGINES[model.engine].first_token_metric
    if metric is None or model.task != "chat":
        return None
    values = [each.value for each in prometheus.ask(query(metric, plan.settings.namespace.name, model.name))]
    seconds = values[0] if values and math.isfinite(values[0]) else None  # not a number: nobody asked
    given = promised(plan.settings, model)
    return FirstToken(seconds, given if given is not None else aimed(model), given is not None)
