"""A wrong `gpus` is answered with the numbers that work on the model's nodes; each of them is followed."""

import re
from typing import Any

import pytest

from infra.plan.rules import Rule
from infra.settings.mistakes import BadStackFile
from tests.planning.following import follow, outcome
from tests.planning.stacks import ACCESS

LLAMA = {"model": "meta-llama/Llama-3.3-70B-Instruct", "maxModelLen": 16384}
PHI = {"model": "microsoft/phi-4", "maxModelLen": 8192}
DEEPSEEK = {"model": "deepseek-ai/DeepSeek-V3", "maxModelLen": 32768}
H100 = {"gpu": "H100-80", "gpusPerNode": 8}
SMALL = {"gpu": "L40S", "gpusPerNode": 2}

# own pools; the model; what is to be written, in the words of the mistake
CASES: tuple[tuple[dict[str, dict[str, Any]], dict[str, Any], str], ...] = (
    ({"a": {**SMALL, "gpusPerNode": 4}}, {**LLAMA, "gpus": 3, "quantization": "fp8"}, "gpus: one of 2, 4"),
    ({"a": {**SMALL, "gpusPerNode": 4}}, {**LLAMA, "gpus": 6, "quantization": "fp8"}, "gpus: one of 2, 4"),
    ({"a": {**SMALL, "gpusPerNode": 4}}, {**LLAMA, "gpus": 3}, "gpus: 4"),
    ({"a": {**SMALL, "gpusPerNode": 8}}, {**PHI, "gpus": 3}, "gpus: one of 1, 2, 5"),
    ({"a": SMALL, "big": H100}, {**LLAMA, "gpus": 3}, "pool: big with gpus: one of 2, 4, 8"),
    ({"a": SMALL}, {**LLAMA, "gpus": 3}, "gpus: 2 with quantization: fp8"),
)


def _stack(pools: dict[str, dict[str, Any]], model: dict[str, Any]) -> dict[str, Any]:
    existing = {name: {"existing": {**nodes, "nodes": 2, "selector": {"pool": name}}} for name, nodes in pools.items()}
    return {
        "cluster": {"existing": {"context": "rke2"}},
        "gpuPools": existing,
        "models": {"m": {**model, "pool": "a"}},
        "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "500Gi"},
    }


def _advice(stack: dict[str, Any]) -> str:
    with pytest.raises(BadStackFile) as caught:
        outcome(stack)
    (mistake,) = caught.value.mistakes
    assert mistake.path == "models.m.gpus"
    return mistake.write.removeprefix("write ")


def _ways(text: str) -> list[dict[str, Any]]:
    """Each number of the text, with what stands beside it."""
    found = re.match(r"(?:pool: (\w+) with )?gpus: (?:one of )?([\d, ]*\d)(?: with quantization: (\w+))?", text)
    assert found is not None, text
    beside = {"models.m.pool": found[1] or "a"} | ({"models.m.quantization": found[3]} if found[3] else {})
    return [{**beside, "models.m.gpus": int(number)} for number in found[2].split(", ")]


@pytest.mark.parametrize(("pools", "model", "says"), CASES)
def test_every_number_that_is_named_works_there(
    pools: dict[str, dict[str, Any]], model: dict[str, Any], says: str
) -> None:
    stack = _stack(pools, model)
    text = _advice(stack)
    assert re.match(rf"{re.escape(says)}(?!, \d)", text), text
    for write in _ways(text):
        assert not [each for each in outcome(follow(stack, write)).violations if each.rule == Rule.FIT], write


def test_where_no_number_is_enough_it_says_which_nodes_are() -> None:
    text = _advice(_stack({"a": SMALL}, {**DEEPSEEK, "gpus": 3}))
    assert text == (
        "a pool of nodes with more GPU memory, such as 8 x RTX-PRO-6000-SE in one node (it doesn't fit a node of a)"
    )


def test_of_nodes_that_are_made_it_names_types_with_the_number_for_each() -> None:
    stack: dict[str, Any] = {
        "cluster": {"create": {"version": "1.35", "zones": 2, "access": ACCESS}},
        "gpuPools": {"a": {"instanceTypes": ["g6.12xlarge"]}},
        "models": {"m": {**DEEPSEEK, "gpus": 6, "pool": "a"}},
    }
    text = _advice(stack)
    types = re.findall(r"([\w-]+\.\w+) \(\d x [\w-]+, with models\.m\.gpus: (\d)\)", text)
    assert text.startswith("gpuPools.a.instanceTypes: one of "), text
    assert len(types) > 1
    for name, gpus in types:
        write = {"gpuPools.a.instanceTypes": [name], "models.m.gpus": int(gpus)}
        assert not [each for each in outcome(follow(stack, write)).violations if each.rule == Rule.FIT], write
