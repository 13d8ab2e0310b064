"""Advice is written with all that goes with it, such as a pool that every model leaves, and says what follows."""

from typing import Any

import pytest

from infra.planning.advice import completed
from infra.planning.trial import what_follows
from tests.planning.stacks import PROD, changed, plan

NEXT = {"maxModelLen": 4096, "replicas": 1}
TO_L40S, TO_CPU = ("models.llama-8b.pool", "l40s"), ("models.llama-8b.gpus", 0)
GONE = ("gpuPools.l4", None)


@pytest.mark.parametrize(
    ("coming", "write", "also"),
    [
        (NEXT, (TO_L40S,), (GONE,)),
        (NEXT, (TO_CPU,), (GONE,)),
        (NEXT | {"pool": "l4"}, (TO_L40S,), ()),
        (NEXT | {"gpus": 1}, (TO_CPU,), ()),
        (NEXT | {"pool": "l4"}, (TO_L40S, ("models.llama-8b.next.pool", "l40s")), (GONE,)),
    ],
    ids=["inherited pool", "inherited CPU", "written pool", "written GPUs", "both move"],
)
def test_a_next_version_leaves_with_its_model_where_it_says_nothing_else(
    coming: dict[str, Any], write: tuple[Any, ...], also: tuple[Any, ...]
) -> None:
    model = {**PROD["models"]["llama-8b"], "next": coming, "replicas": 1}
    asked = plan(changed(PROD, models__llama_8b=model))
    assert completed(asked, write) == (*write, *also)


@pytest.mark.parametrize(("type_", "rarely"), [("p4d.24xlarge", True), ("g6e.48xlarge", False)])
def test_a_change_to_a_type_that_the_cloud_rarely_has_says_so(type_: str, rarely: bool) -> None:
    then = plan(changed(PROD, gpuPools__l40s__instanceTypes=[type_]))
    assert (f"the cloud rarely has {type_} on demand" in what_follows(plan(PROD), then)) is rarely
