"""What a piece of advice takes from the users of models: replicas, requests at once, tokens of a request and tokens per
second."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.plan.models import ModelPlan
from infra.plan.notes import Advice
from infra.plan.plan import Plan
from infra.plan.words import count
from infra.planning.budget_capacity import fewer_at_once, lost_capacity, lost_speed
from infra.planning.cpu_speed import READING
from infra.planning.trial import noted
from infra.services.serving.signals import replica_of
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


def slower_then(advice: Advice, plan: Plan, then: Plan) -> Iterator[str]:
    """Models that are slower then, unless the advice says it. Of one that doesn't fit now, and so has no speed, only
    that its answers come more slowly than people read."""
    lost, speeds = dict(lost_capacity(plan, then)), dict(lost_speed(plan, then))
    changed = {path.split(".")[1] for path, _ in advice.write if path.startswith("models.")}
    for name in (each for each in plan.models if each in then.models):
        was, model = plan.models[name], then.models[name]
        if f"{model.path}.maxNumSeqs" in dict(advice.write):
            said = lost.get(name, "")
        elif was.fit is not None and not was.fit.fits:
            said = _slow_answers(model)
        else:
            said = speeds.get(name) or fewer_at_once(was, model)
        if said and said not in advice.text:
            yield said if changed == {name} else f"{name}: {said}"


def _slow_answers(model: ModelPlan) -> str:
    """With as many requests at once as the stack file asks for."""
    replica = replica_of(model.throughput, model.max_num_batched_tokens or 0)
    if replica is None or model.fit is None or not model.fit.fits:
        return ""
    asked = model.concurrency or 1
    tokens = 1 / replica.at(asked).next_token
    at_once = f" with {count(asked, 'request')} at once" if asked > 1 else ""
    said = f"about {tokens:.{int(tokens < 1)}f} tokens per second of one answer{at_once}, slower than people read"
    return said if tokens < READING else ""


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
