"""Which model answers after a change, and whether it is certain to fit."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.afterwards import afterwards
from infra.diff.answers import CERTAIN, answers_changed
from infra.diff.difference import compare
from infra.sides.types import Side
from tests.diff.stacks import edited, side

FP8 = {"model": "nvidia/Llama-3.1-8B-Instruct-FP8", "maxModelLen": 8192}
AT_LOAD = {"model": "meta-llama/Llama-3.1-8B-Instruct", "quantization": "fp8", "maxModelLen": 8192}
HALF = {key: value for key, value in AT_LOAD.items() if key != "quantization"}
TIGHT = {"model": "Qwen/Qwen3-8B", "maxModelLen": 16384, "concurrency": 2}  # fits at the middle, not at the low end
ON_CPU = {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}
ENCODER, ENCODER_ON_CPU = {"model": "BAAI/bge-m3"}, {"model": "bge-m3:567m", "engine": "ollama", "gpus": 0}
FEWER = {**ENCODER, "maxNumSeqs": 64}


def stack(model: Mapping[str, Any] | None) -> Side:
    return side("own", edited("own", {"models.x": model} if model else {}))


@pytest.mark.parametrize(
    ("was", "now", "quantization"),
    [
        (AT_LOAD, FP8, None),
        (FP8, AT_LOAD, None),
        (HALF, FP8, (None, "fp8")),
        (HALF, AT_LOAD, (None, "fp8")),
        (FP8, HALF, ("fp8", None)),
    ],
    ids=["written, then in the files", "in the files, then written", "to files of FP8", "at load", "to 16 bit"],
)
def test_the_quantization_is_that_of_the_weights_as_they_are_served(
    was: dict[str, Any], now: dict[str, Any], quantization: tuple[str | None, str | None] | None
) -> None:
    changed = answers_changed(stack(was), stack(now))["x"].get("quantization")
    assert (changed and (changed.old, changed.new)) == quantization


@pytest.mark.parametrize(("was", "now"), [(HALF, ON_CPU), (ON_CPU, HALF), (ON_CPU, TIGHT)])
def test_what_is_not_estimated_is_no_less_certain(was: dict[str, Any], now: dict[str, Any]) -> None:
    assert CERTAIN not in answers_changed(stack(was), stack(now))["x"]


@pytest.mark.parametrize(
    ("was", "now", "uncertain"),
    [
        (None, TIGHT, True),
        (ON_CPU, TIGHT, True),
        (TIGHT, {**TIGHT, "gpuMemoryUtilization": 0.91}, False),
        (None, HALF, False),
        (None, ON_CPU, False),
    ],
    ids=["new", "from the CPU", "as before", "new and certain", "new on the CPU"],
)
def test_the_first_line_says_that_a_new_model_is_not_certain_to_fit(
    was: dict[str, Any] | None, now: dict[str, Any], uncertain: bool
) -> None:
    difference = compare("own", stack(was), stack(now))
    assert ("`x` is not certain to fit" in markdown(headline(difference))) is uncertain
    assert (mark(difference) == "⚠️") is uncertain or was is not None


def test_the_first_line_of_a_new_stack_says_it_too() -> None:
    difference = compare("own", Side(), stack(TIGHT))
    assert markdown(headline(difference)).endswith("; `x` is not certain to fit")
    assert mark(difference) == "⚠️"


ALIAS = {"model": "bge-m3", "engine": "ollama", "gpus": 0}


@pytest.mark.parametrize(
    ("now", "another"),
    [("bge-m3:567m", False), ("bge-m3:latest", False), ("nomic-embed-text", True)],
)
def test_another_name_of_the_same_tag_is_the_same_model(now: str, another: bool) -> None:
    difference = compare("own", stack(ALIAS), stack({**ALIAS, "model": now}))
    assert ("x" in difference.answers) is another
    assert any("compute them again" in each["message"] for each in difference.to_do.introduced) is another


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        (ENCODER, ENCODER_ON_CPU, ["a replica takes 1 request at once, was 256"]),
        (ENCODER_ON_CPU, ENCODER, ["a replica takes 256 requests at once, was 1"]),
        (ENCODER, FEWER, ["a replica takes 64 requests at once, was 256"]),
        (HALF, ON_CPU, ["a replica takes 1 request at once, was "]),
        (ENCODER, ENCODER, []),
    ],
)
def test_what_a_replica_takes_at_once_is_said_where_no_cache_holds_it_on_both_sides(
    was: dict[str, Any], now: dict[str, Any], says: list[str]
) -> None:
    found = [each for each in afterwards("x", stack(was), stack(now)) if "a replica " in each]
    assert len(found) == len(says)
    assert all(each.startswith(said) for each, said in zip(found, says, strict=True))
