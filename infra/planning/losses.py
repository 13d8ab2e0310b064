"""What a piece of advice takes from the users of models: replicas, requests at once, tokens of a request."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.plan.models import ModelPlan
from infra.plan.notes import Advice
from infra.plan.plan import Plan
from infra.plan.words import count
from infra.planning.trial import noted
from infra.sizing.estimates import span

_REPLICAS = "replicas"


@dataclass(frozen=True)
class _Loss:
    model: str
    key: str  # of the model
    now: str  # what it says now


def shorter(advice: Advice, plan: Plan) -> int:
    """How many numbers of requests at once and of tokens get lower than the stack file asks for."""
    return sum(not each.key.startswith(_REPLICAS) for each in _losses(advice, plan))


def with_losses(advice: Advice, plan: Plan) -> Advice:
    """The advice with what it takes, in its brackets; where it is of replicas and pauses alone, it says that itself."""
    if all(f".{_REPLICAS}" in path or path.endswith(".paused") for path, _ in advice.write):
        return advice
    losses = list(_losses(advice, plan))
    of = len({each.model for each in losses}) > 1
    said = " and ".join(f"{each.now}{f' of {each.model}' * of}" for each in losses)
    return noted(advice, f"instead of {said}") if said else advice


def _losses(advice: Advice, plan: Plan) -> Iterator[_Loss]:
    for path, value in advice.write:
        section, _, rest = path.partition(".")
        name, _, key = rest.partition(".")
        if section == "models" and name in plan.models and isinstance(value, int):
            now = _now(plan.models[name], key)
            if now is not None and value < now[0]:
                yield _Loss(name, key, now[1])


def _now(model: ModelPlan, key: str) -> tuple[int, str] | None:
    """The number, and the words for it."""
    low, high = model.replicas.min, model.replicas.max
    match key:
        case "replicas":
            return high, f"{span(str(low), str(high))} replica{'s' * (high != 1)}"
        case "replicas.max":
            return high, f"{count(high, 'replica')} at most"
        case "replicas.min":
            return low, f"{count(low, 'replica')} at least"
        case "concurrency":
            return model.concurrency or 1, f"{count(model.concurrency or 1, 'request')} at once"
        case "maxModelLen":
            return model.max_model_len, f"{count(model.max_model_len, 'token')} per request"
        case _:
            return None
