"""What it means for a model that its nodes become spot nodes, or are no longer."""

from collections.abc import Iterator

from infra.plan.kinds import KINDS

SPOT = "spot"


def spot_changed(before: bool, after: bool, whole: int | None) -> Iterator[str]:
    """`whole`: seconds of the longest answer that is not cut where its node goes."""
    if after and not before:
        yield KINDS[SPOT]
    if after and not before and whole is not None:
        yield f"an answer that takes longer than {whole} s is cut where its node goes"
    if before and not after:
        yield "its nodes are no longer spot nodes, which go with two minutes' notice"
