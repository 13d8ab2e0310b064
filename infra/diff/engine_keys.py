"""Keys between the gateway and the engines: a pod accepts those with which it started, and the gateway sends one."""

from collections.abc import Iterator

from infra.diff.figures import deployment_of
from infra.diff.replicas import about
from infra.sides.types import Side

_ANNOTATION = "llm-platform/engine-keys"  # the numbers that a pod accepts
_FIRST = (1,)


def refuse_the_new_key(name: str, old: Side, new: Side, seconds: int) -> str:
    """While old pods run that don't accept the key that the gateway sends from now on; empty: they accept it."""
    accepted = _accepted(name, old)
    if not accepted or _numbers(new)[0] in accepted:
        return ""
    return (
        f"down for {about(seconds)}: its old pods answer 401, as the gateway sends key {_numbers(new)[0]} at once, and"
        f" they accept {' and '.join(map(str, accepted))}"
    )


def one_key_after_the_other(old: Side, new: Side) -> Iterator[str]:
    """How it is done without a request that is refused, by engines that accept two keys."""
    was, now = _numbers(old), _numbers(new)
    models = sorted(old.models.keys() & new.models.keys())
    if now[0] in was or not any(_accepted(name, old) for name in models):
        return
    first, second = [was[0], now[0]], [now[0], was[0]]
    last = "" if list(now) == second else f", and `{list(now)}` at last"
    yield (
        f"No request is refused by an engine that accepts two keys if `gateway.engineKeys` is `{first}` in a first"
        f" change, `{second}` in the next one{last}, each once the one before has been up for two minutes"
        " (docs/platform/rotate-key.md)."
    )


def _accepted(name: str, side: Side) -> tuple[int, ...]:
    """None: it checks no key, or has no pods."""
    deployment = deployment_of(side, name)
    if deployment is None:
        return ()
    annotations = deployment["inputs"]["spec"]["template"]["metadata"].get("annotations") or {}
    return tuple(int(number) for number in annotations.get(_ANNOTATION, "").split(",") if number)


def _numbers(side: Side) -> tuple[int, ...]:
    """The first is sent."""
    gateway = side.platform.get("gateway")
    return tuple((gateway or {}).get("engineKeys") or _FIRST)
