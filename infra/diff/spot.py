"""What it means for a model that its nodes become spot nodes, or are no longer."""

from collections.abc import Collection, Iterator

from infra.plan.kinds import KINDS

SPOT = "spot"


def spot_changed(before: Collection[str], after: Collection[str], whole: int | None) -> Iterator[str]:
    """`before`, `after`: the kinds of nodes of its pool. `whole`: seconds of the longest answer that is not cut where
    its node goes."""
    was, is_now = SPOT in before, SPOT in after
    if is_now and not was:
        yield KINDS[SPOT if len(after) == 1 else "spot-step"]
    if is_now and not was and whole is not None:
        yield f"an answer that takes longer than {whole} s is cut where its node goes"
    if was and not is_now:
        yield "its nodes are no longer spot nodes, which go with two minutes' notice"
