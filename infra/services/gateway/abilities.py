"""What a model can do in an answer, as far as it is known: what applications and `GET /v1/models` say of it."""

from infra.engines import ENGINES
from infra.plan.models import ModelPlan


def abilities_of(model: ModelPlan) -> dict[str, bool | None]:
    """An encoder writes no answers; of an engine that takes no parsers nobody has seen which models it does it for."""
    engine = ENGINES[model.engine]
    if model.task != "chat":
        return {"tools": False, "reasoning": False, "json_schema": False}
    known = bool(engine.known_parsers)
    return {
        "tools": model.parsers.tool is not None if known else None,
        "reasoning": model.parsers.reasoning is not None if known else None,
        "json_schema": engine.limits.json_schema,
    }
