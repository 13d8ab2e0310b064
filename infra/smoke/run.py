"""The checks, one after the other, each with its result as soon as it is there."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from infra.smoke.caller import Gateway, Unreachable
from infra.smoke.checks import Check, of_gateway, of_model
from infra.smoke.promises import Promises
from infra.smoke.results import Broken, NotChecked

GATEWAY = "(gateway)"


@dataclass(frozen=True)
class Found:
    model: str
    check: str
    result: Literal["ok", "broken", "not checked"]
    said: str


Checks = tuple[str, Iterator[tuple[str, Check]]]  # of a model


def smoke(
    gateway: Gateway,
    promised: Promises,
    waiting: Callable[[str], AbstractContextManager[None]],
    scalers: Iterable[Checks] = (),
) -> Iterator[Found]:
    """`waiting` shows what is being done, `scalers` are checked last, whatever the gateway says."""
    yield from _checked(_all(gateway, promised), waiting)
    yield from _checked(scalers, waiting)


def _checked(every: Iterable[Checks], waiting: Callable[[str], AbstractContextManager[None]]) -> Iterator[Found]:
    """Where the first check got no answer, the others would get none either."""
    for model, checks in every:
        for number, (name, check) in enumerate(checks):
            with waiting(f"{model}: {name}"):
                found = _found(model, name, check)
            yield found
            if number == 0 and found.result == "not checked":
                if model == GATEWAY:
                    return
                break


def _all(gateway: Gateway, promised: Promises) -> Iterator[Checks]:
    yield GATEWAY, of_gateway(gateway, promised)
    yield from ((model.model, of_model(gateway, model)) for model in promised.models)


def _found(model: str, name: str, check: Check) -> Found:
    try:
        return Found(model, name, "ok", check())
    except Broken as broken:
        return Found(model, name, "broken", str(broken))
    except (AttributeError, IndexError, KeyError, TypeError):  # anything may stand at an address
        return Found(model, name, "broken", "the answer hasn't the shape that the API says")
    except (NotChecked, Unreachable) as unknown:
        return Found(model, name, "not checked", str(unknown))
