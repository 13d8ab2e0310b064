"""Advice is written with all that goes with it: a pool that every model leaves is removed."""

from typing import Any

import pytest

from infra.planning.advice import completed
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
