"""What callers notice of a model's next version: as it comes, gets more or fewer requests, changes and goes."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.plan.versions import ALL
from infra.sides.types import Side


def model_of(side: Side, server: str) -> str | None:
    """The model whose next version a server is; None: it is no next version."""
    return (side.models.get(server) or {}).get("next_of")


def coming(side: Side, model: str) -> Mapping[str, Any] | None:
    """`server`, `weight` and `clients` of a model's next version; None: it has none."""
    return (side.models.get(model) or {}).get("next")


def share(side: Side, server: str) -> int | None:
    """Percent of the requests to its model that a server answers; None: it is the only one."""
    if (model := model_of(side, server)) is not None:
        found = coming(side, model)
        return found["weight"] if found is not None else 0
    found = coming(side, server)
    return ALL - found["weight"] if found is not None else None


def to_next(side: Side, model: str) -> str:
    found = coming(side, model)
    if found is None:
        return "none, as there is no next version"
    also = f", and all of {', '.join(found['clients'])}" if found["clients"] else ""
    return f"{found['weight']} %{also}"


def comes(new: Side, server: str, seconds: str) -> tuple[str, str]:
    """Of a next version that is new: during `pulumi up`, and afterwards."""
    model = model_of(new, server) or ""
    during = f"starts beside {model}, which answers all requests until it is ready, in about {seconds}"
    return during, f"answers of the requests to {model}: {to_next(new, model)}; and those with x-llm-version: next"


def goes(old: Side, server: str) -> tuple[str, str]:
    """Of a next version that is gone."""
    model = model_of(old, server) or ""
    found = coming(old, model)
    weight = found["weight"] if found is not None else 0
    lost = f": until then it gets {weight} %, so run `llm-platform rollback` or `promote` instead, which empty it first"
    return f"ends{lost if weight else ', without requests'}", f"{model} answers all requests"


def share_changed(old: Side, new: Side, model: str) -> Iterator[str]:
    was, now = coming(old, model), coming(new, model)
    if was is not None and now is not None and was != now:
        yield f"to its next version: {to_next(new, model)} of the requests, was {to_next(old, model)}"


def how(old: Side, new: Side, stack: str) -> Iterator[str]:
    """What to do next about versions that this change begins or moves."""
    for model in sorted(new.models):
        found = coming(new, model)
        if found is not None and found != coming(old, model):
            commands = (f"`llm-platform {each} {stack} {model}`" for each in ("promote", "rollback"))
            yield (
                f"{model} has a next version: raise `models.{model}.rollout.weight` as long as it does well;"
                f" {' gives the model its settings, and '.join(commands)} ends it, both without a lost request."
            )
