"""What it means for a model that its nodes become spot nodes, or are no longer."""

from collections.abc import Collection, Iterator

from infra.plan.kinds import KINDS

SPOT = "spot"


def spot_changed(before: Collection[str], after: Collection[str], whole: int | None) -> Iterator[str]:
    """`before`, `after`: the kinds of nodes of its pool. `whole`: seconds of the longest answer that is not cut where
    its node goes."""
    was, is_now = SPOT in before, SPOT in after
    others = " or ".join(sorted({*before} - {SPOT}))
    if is_now and not was:
        yield KINDS[SPOT if len(after) == 1 else "spot-step"]
    if is_now and not was and whole is not None:
        yield f"an answer that takes longer than {whole} s is cut where its node goes"
    if was and len(after) == 1 and is_now and others:
        yield f"spot nodes alone, and {others} nodes no longer: {KINDS[SPOT]}"
    if was and is_now and not others and len(after) > 1:
        yield f"its nodes may also be {' or '.join(sorted({*after} - {SPOT}))} nodes"
    if was and not is_now:
        yield "its nodes are no longer spot nodes, which go with two minutes' notice"
