"""The bill of a cluster that exists: only nodes for which the stack file writes a price cost something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.plan.money import PriceNote

if TYPE_CHECKING:
    from infra.planning.cost import Billed


def note(billed: Billed) -> PriceNote:
    if not billed.theirs:
        return PriceNote("everything: the nodes and volumes of a cluster that exists", "no price was used")
    return PriceNote(
        "everything else of a cluster that exists: other nodes, volumes, network", "prices of the stack file"
    )
