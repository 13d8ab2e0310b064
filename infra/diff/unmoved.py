"""Pods that run on other nodes when a pool gets a reservation or spot nodes to ask first: nothing moves them there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.diff.findings import Found
from infra.sides.types import Side

Steps = Sequence[Mapping[str, Any]]  # of a pool, as the JSON of a plan has them
_LATER = {"reservation", "spot"}  # of a Capacity Block, which begins at its time, the plan itself says it


def unmoved(old: Side, new: Side) -> Iterator[Found]:
    for name in sorted(old.pools.keys() & new.pools.keys()):
        after = new.pools[name].get("steps") or ()
        for step in _asked_before(_there(old.pools[name], after), after):
            what = f"reservation {step['reservation']}" if step["reservation"] else "the spot nodes"
            yield {
                "path": f"gpuPools.{name}.capacity",
                "message": (
                    f"no pod moves to {what} by itself: those that run on later steps stay there. docs/platform/"
                    "capacity.md, When a step has no node, has the two commands that move them after `pulumi up`"
                ),
            }


def _there(before: Mapping[str, Any], after: Steps) -> Sequence[str]:
    """The names of its steps. Where a word becomes a list, all node groups are others, so that all pods move; without
    node groups the nodes stay."""
    if before.get("steps"):
        return [each["name"] for each in before["steps"]]
    return [each["name"] for each in after if not each["node_groups"] and each["kind"] == before["capacity"]]


def _asked_before(was: Sequence[str], after: Steps) -> Iterator[Mapping[str, Any]]:
    """Steps that are new, or stood behind one that is now behind them."""
    for nth, step in enumerate(after):
        behind = set(was[: was.index(step["name"])]) if step["name"] in was else set(was)
        if step["kind"] in _LATER and any(each["name"] in behind for each in after[nth + 1 :]):
            yield step
