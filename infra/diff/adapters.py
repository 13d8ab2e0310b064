"""What a change does to the adapters of a model. A server reads one from the claim at its first request."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.names import adapters_of
from infra.sides.types import Side


def adapters_changed(name: str, old: Side, new: Side, *, restarts: bool) -> Iterator[str]:
    """`restarts`: every replica starts again with the change."""
    before, after = adapters_of(old, name), adapters_of(new, name)
    for each in sorted(after.keys() - before.keys()):
        yield f"adapter {each} is added"
    for each in sorted(before.keys() - after.keys()):
        yield f"adapter {each} is removed: its files stay on the claim"
    for each in sorted(before.keys() & after.keys()):
        if _weights(before[each]) != _weights(after[each]):
            until = "" if restarts else ": replicas that have loaded it keep the old ones until they restart"
            yield f"adapter {each} has other weights{until}"


def _weights(adapter: object) -> tuple[Any, Any]:
    given = adapter if isinstance(adapter, Mapping) else {}
    return given.get("model"), given.get("revision")
