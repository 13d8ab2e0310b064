"""An image whose tag says an older engine than the one whose facts a plan uses."""

from typing import Any

import pytest

from infra.planning import Plan
from infra.planning.advice import as_mapping
from infra.settings.mistakes import BadStackFile
from tests.planning.following import broken, follow, outcome, planned
from tests.planning.stacks import ACCESS

PATH = "models.chat.image"
QWEN = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "concurrency": 2}
SIGHTED = {"model": "openbmb/MiniCPM-V-4.6", "maxModelLen": 8192, "concurrency": 2}
FIELDS = {
    "model_type": "mpt",
    "hidden_size": 4096,
    "intermediate_size": 16384,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "vocab_size": 50432,
    "max_position_embeddings": 8192,
}
GONE = {
    "model": "acme/mpt",
    "architecture": {**FIELDS, "architectures": ["MPTForCausalLM"]},
    "maxModelLen": 4096,
    "concurrency": 2,
}
OLLAMA = {"model": "llama3.2:1b", "engine": "ollama", "gpus": 1, "maxModelLen": 8192}


def stack(model: dict[str, Any]) -> dict[str, Any]:
    return {
        "cluster": {"create": {"version": "1.35", "access": ACCESS}},
        "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"]}},
        "models": {"chat": model},
    }


def warned_of(plan: Plan) -> list[str]:
    return [each.message for each in plan.warnings if each.path == PATH]


def test_one_that_cannot_start_is_refused_and_each_way_out_is_a_way() -> None:
    asked = stack(QWEN | {"image": "vllm/vllm-openai:v0.6.0"})
    before = planned(asked)
    assert broken(before) == {("Version", PATH)}
    (violation,) = before.violations
    assert (
        "it has no Qwen3ForCausalLM (0.8.4 is the first that has it), --shutdown-timeout (0.18.0)" in violation.message
    )
    ways = [as_mapping(each.write) for each in violation.advice]
    assert ways == [{PATH: None}, {PATH: "vllm/vllm-openai:v0.18.0"}]
    assert all(each.text in violation.fix for each in violation.advice)
    without, newer = (outcome(follow(asked, way)) for way in ways)
    assert not broken(without)
    assert not warned_of(without)
    assert not broken(newer)
    assert warned_of(newer)


def test_of_an_image_that_others_build_no_other_is_named() -> None:
    (violation,) = outcome(stack(QWEN | {"image": "registry.acme.io/vllm:0.17.0"})).violations
    assert not violation.advice
    assert violation.fix.startswith("write the tag of vLLM 0.18.0 or newer; where the number is your own")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            QWEN | {"image": "vllm/vllm-openai:v0.31.0-cu130"},
            "vllm/vllm-openai:v0.31.0-cu130 is vLLM 0.31.0, and the plan's facts are of 0.32.0",
        ),
        (
            SIGHTED | {"image": "vllm/vllm-openai:v0.21.0"},  # released when Transformers had its class
            "vllm/vllm-openai:v0.21.0 is vLLM 0.21.0",
        ),
        (
            GONE | {"image": "vllm/vllm-openai:v0.28.0"},
            "vllm/vllm-openai:v0.28.0 is vLLM 0.28.0",
        ),  # the last that has it
        (OLLAMA | {"image": "ollama/ollama:0.5.1"}, "ollama/ollama:0.5.1 is Ollama 0.5.1"),
    ],
)
def test_one_that_may_start_is_warned_of(model: dict[str, Any], said: str) -> None:
    plan = outcome(stack(model))
    assert not plan.violations
    (message,) = warned_of(plan)
    assert message.startswith(said)
    assert "arguments are checked against" in message
    assert ("by Transformers' code" in message) == (model["model"] == SIGHTED["model"])


@pytest.mark.parametrize(
    "image",
    [
        "vllm/vllm-openai:v0.32.0",
        "vllm/vllm-openai:v0.33.1",
        "vllm/vllm-openai:nightly",
        "vllm/vllm-openai@sha256:" + "0f" * 32,
        "registry.acme.io/model-server:0.1.0",
    ],
)
def test_of_others_the_plan_only_says_what_it_assumes(image: str) -> None:
    plan = outcome(stack(QWEN | {"image": image}))
    assert not plan.violations
    assert not warned_of(plan)
    assert [each.path for each in plan.assumptions if each.path == PATH] == [PATH]


@pytest.mark.parametrize(
    "image",
    [
        None,
        "vllm/vllm-openai:v0.29.0",
        "vllm/vllm-openai:v0.17.0",  # it takes no --shutdown-timeout
        "registry.acme.io/model-server:0.28.0",
    ],
)
def test_a_class_that_was_dropped_is_refused_where_no_image_surely_serves_it(image: str | None) -> None:
    with pytest.raises(BadStackFile, match=r"0\.28\.0 was its last version"):
        outcome(stack(GONE | {"image": image}))


def test_what_an_engines_images_need_is_said_once() -> None:
    models = {"chat": QWEN, "other": QWEN | {"image": "vllm/vllm-openai:v0.33.1"}}
    plan = outcome(stack(QWEN) | {"models": models})
    (said,) = (each.message for each in plan.assumptions if "weights are fetched" in each.message)
    assert said.count("own image would need") == 1
