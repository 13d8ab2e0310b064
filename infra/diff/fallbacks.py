"""Who answers in place of a model's own servers, before a change and after it."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.names import externals_of, said_by
from infra.sides.types import Side


def fallback_of(side: Side, model: str) -> tuple[str, Mapping[str, Any]] | None:
    """The name of a model elsewhere, and how long a request may wait for the own servers."""
    found = ((name, (each.get("fallback_of") or {}).get(model)) for name, each in externals_of(side).items())
    return next(((name, how) for name, how in found if how is not None), None)


def answers_meanwhile(old: Side, new: Side, model: str) -> str | None:
    """Who answers while a change leaves a model without servers: a fallback that it has before and after."""
    was, now = fallback_of(old, model), fallback_of(new, model)
    return now[0] if was is not None and now is not None and was[0] == now[0] else None


def loses_fallback(old: Side, new: Side, model: str) -> bool:
    both = model in old.models and model in new.models
    return both and fallback_of(old, model) is not None and fallback_of(new, model) is None


def fallback_changed(model: str, old: Side, new: Side) -> Iterator[str]:
    """Of a model that both sides have; and where the same name leads to another provider."""
    was, now = fallback_of(old, model), fallback_of(new, model)
    before, after = (_who(side, found) for side, found in ((old, was), (new, now)))
    if was is not None and now is None:
        then = "answer 503" if new.endpoint(model).get("paused") else "wait for them, or answer 503"
        yield f"{_which(model, new, was[1])} {then}: {was[0]} no longer answers in their place"
    elif now is not None and (was is None or (before, was[1]) != (after, now[1])):
        until = "" if was is None else f", was by {before}{_late(was[1])}"
        yield f"{_which(model, new, now[1])} are answered by {after}{until}"


def _which(model: str, side: Side, how: Mapping[str, Any]) -> str:
    if side.endpoint(model).get("paused"):
        return "all its requests"
    return f"requests that its own servers don't answer{_late(how) or ' because none is ready'}"


def _late(how: Mapping[str, Any]) -> str:
    seconds = how.get("after_seconds")
    return "" if seconds is None else f" within {seconds} s"


def _who(side: Side, found: tuple[str, Mapping[str, Any]] | None) -> str:
    return "" if found is None else f"{found[0]} ({said_by(found[0], side)})"
