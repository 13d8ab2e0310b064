"""A change that makes another rule worse, which is broken already, says so, and is left out where another way holds."""

from typing import Any

import pytest

from infra.planning.peak_nodes import fuller_then
from tests.planning.stacks import DEV, changed, plan

SMALL = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "pool": "l4", "concurrency": 2}
LARGE = {"model": "Qwen/Qwen3-32B", "quantization": "fp8", "maxModelLen": 8192, "concurrency": 2, "pool": "l40s"}
TOO_LONG = {**LARGE, "gpus": 1, "maxModelLen": 32768, "replicas": 3}
SAID = "pool l40s, too small already, then needs {} GPUs at the peak instead of {}"


def stack(max_: int, **models: Any) -> dict[str, Any]:
    pools = {
        "l4": {"instanceTypes": ["g6.xlarge"], "max": 1},
        "l40s": {"instanceTypes": ["g6e.12xlarge"], "max": max_},
    }
    return {**changed(DEV, models=models), "gpuPools": pools}


# The nodes of the pool, the replicas before and after; what is said.
CHANGES = [
    (1, 5, 6, [SAID.format(7, 6)]),
    (1, 6, 5, []),
    (1, 2, 6, []),  # a rule that breaks only then refuses the change itself
    (2, 5, 6, []),
]


@pytest.mark.parametrize(("nodes", "before", "after", "said"), CHANGES)
def test_only_a_pool_that_is_too_small_already_and_becomes_fuller_is_named(
    nodes: int, before: int, after: int, said: list[str]
) -> None:
    now, then = (plan(stack(nodes, a={**LARGE, "gpus": 1, "replicas": each})) for each in (before, after))
    assert fuller_then(now, then) == said


def test_advice_that_fills_it_further_is_left_out_where_another_way_holds() -> None:
    made = plan(stack(1, a={**TOO_LONG, "concurrency": 8}, b={**LARGE, "gpus": 1, "replicas": 3}))
    (fit,) = [each for each in made.violations if each.rule == "Fit"]
    assert fit.advice
    assert not any("too small already" in each.text for each in fit.advice)
    assert "models.a.gpus: 2" not in [each.text.partition(" (")[0] for each in fit.advice]
