"""Ways to a budget by one model that needs less: fewer replicas, smaller weights and cache, fewer requests at once."""

from collections.abc import Iterator, Sequence
from itertools import islice

from infra.plan.models import ModelPlan
from infra.plan.notes import Advice, Write
from infra.planning.budget_parts import ENDS, Means, fewer_replicas
from infra.planning.budget_search import Search
from infra.services.serving.next import servers

MIN_SHARE = 0.02  # of the bill: a smaller saving is no reason to run other weights


def in_fewer_replicas(search: Search, models: Sequence[ModelPlan]) -> Iterator[Advice]:
    """For one model of a pool at a time, first the model that could give up the largest number of GPUs: if that isn't
    enough, the others aren't either."""
    for end in ENDS[search.budget.of]:
        for model in sorted(models, key=lambda model: (-_replica_gpus(model, end), model.name)):
            advice = _replicas(search, model, end, ()) if getattr(model.replicas, end) > 1 else None
            if advice is None:
                break
            yield advice


def _replica_gpus(model: ModelPlan, end: str) -> int:
    """GPUs of the replicas beyond one."""
    return model.gpus * (getattr(model.replicas, end) - 1)


def _replicas(search: Search, model: ModelPlan, end: str, beside: Write) -> Advice | None:
    """Below its minimum only where nothing above it is enough."""

    def change(number: int) -> Write:
        return (*beside, fewer_replicas(model, end, number))

    number = search.largest(1, getattr(model.replicas, end) - 1, change)
    return search.advice(change(number)) if number is not None else None


def fewer_requests(search: Search, model: ModelPlan) -> Advice | None:
    """Fewer requests at once need a smaller cache, and so fewer GPUs, where the planner chooses their number."""
    given = servers(search.plan.settings.models)[model.name]
    if given.gpus is not None or model.task != "chat":
        return None

    def change(number: int) -> Write:
        return ((f"{model.path}.concurrency", number),)

    number = search.largest(1, (given.concurrency or 1) - 1, change)
    return search.advice(change(number)) if number is not None else None


def smaller(search: Search, models: Sequence[ModelPlan], costly: Sequence[ModelPlan], means: Means) -> Iterator[Advice]:
    """Smaller weights and a smaller cache: of one model, then of all; where that alone isn't enough, with a cheaper
    type or fewer replicas. The first that keeps to the budget. `costly`: those of which one may be enough."""
    ways = {model.name: means.smaller(model.name) for model in models}
    one = [write for model in costly for write in ways[model.name]]
    every = tuple(part for model in models for part in _smallest(ways[model.name]))
    smallest = [*((model, _smallest(ways[model.name])) for model in costly), *((model, every) for model in costly)]
    found = search.first(filter(None, (*one, every)), MIN_SHARE * search.now)
    on_types = (write for model in costly for write in means.types.with_smaller(model.name))
    found = found or search.first(on_types)
    fewer = (
        _replicas(search, model, end, write) for model, write in smallest if write for end in ENDS[search.budget.of]
    )
    yield from found or islice(filter(None, fewer), 1)


def _smallest(ways: Sequence[Write]) -> Write:
    """The one with the smallest need of memory, among those that keep the repository."""
    own = [write for write in ways if not any(path.endswith(".like") for path, _ in write)]
    return own[-1] if own else ()
