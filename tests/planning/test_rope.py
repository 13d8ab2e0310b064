"""A longer context by stretched positions: it is sized, and passed so that the pinned vLLM takes it."""

import json

import pytest

from infra.engines import ENGINES
from tests.planning.stacks import DEV, changed, plan


def test_the_stretched_context_is_the_length_that_is_served_and_sized() -> None:
    own = plan(changed(DEV, models__qwen3_8b__maxModelLen=None)).models["qwen3-8b"]
    asked = {"models__qwen3_8b__maxModelLen": None, "models__qwen3_8b__ropeScaling": {"factor": 4}}
    longer = plan(changed(DEV, **asked)).models["qwen3-8b"]
    assert (own.max_model_len, longer.max_model_len) == (40960, 131072)
    assert longer.fit is not None
    assert own.fit is not None
    assert longer.fit.weights_gib > own.fit.weights_gib, "sines and cosines of each position"


@pytest.mark.parametrize(
    ("scaling", "length", "original", "theta"),
    [
        ({"factor": 4}, 131072, 32768, 1e6),
        ({"type": "yarn", "factor": 2.5}, 81920, 32768, 1e6),
        ({"factor": 2, "original": 40960, "theta": 5e6}, 81920, 40960, 5e6),
    ],
)
def test_vllm_takes_it_as_overrides_of_the_config(
    scaling: dict[str, object], length: int, original: int, theta: float
) -> None:
    """rope_parameters replaces the whole of the model's own, and max_position_embeddings isn't multiplied."""
    stack = changed(DEV, models__qwen3_8b__maxModelLen=length, models__qwen3_8b__ropeScaling=scaling)
    model = plan(stack).models["qwen3-8b"]
    args = ENGINES["vllm"].args(model)
    assert json.loads(args[args.index("--hf-overrides") + 1]) == {
        "max_position_embeddings": length,
        "rope_parameters": {
            "rope_type": "yarn",
            "factor": scaling["factor"],
            "original_max_position_embeddings": original,
            "rope_theta": theta,
        },
    }


def test_nothing_is_overridden_unless_asked() -> None:
    assert "--hf-overrides" not in ENGINES["vllm"].args(plan(DEV).models["qwen3-8b"])
