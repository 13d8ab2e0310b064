"""A model that can't run doesn't start: nothing says how long that takes, or what its rollout or a lost node does."""

import re
from typing import Any

import pytest

from infra.cli.as_json import document
from infra.cli.document.text import to_text
from infra.cli.report import report
from infra.offline import Planned
from infra.plan.words import NO_START
from infra.recording import Recording
from tests.planning.stacks import DEV, changed, plan

FITS = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "gpus": 1}
TOO_LARGE = {"model": "Qwen/Qwen3-32B", "maxModelLen": 8192, "gpus": 1}
TOO_MANY = {"model": "deepseek-ai/DeepSeek-R1", "maxModelLen": 8192, "gpus": 8}
OWN: dict[str, Any] = {
    "cluster": {"existing": {"context": "site-a"}},
    "gpuPools": {"l4": {"existing": {"gpu": "L4", "gpusPerNode": 2, "nodes": 2, "selector": {"gpu": "l4"}}}},
    "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "5Ti"},
}
STACKS = {
    "too large for nodes that exist": {**OWN, "models": {"bad": TOO_LARGE, "good": FITS}},
    "more GPUs than a node has": {**OWN, "models": {"bad": TOO_MANY, "good": FITS}},
    "too large for nodes that are made": changed(DEV, models={"bad": {**TOO_LARGE, "pool": "l4"}, "good": FITS}),
    "the only one": {**OWN, "models": {"bad": TOO_LARGE}},
    "on a disk of one node": {**OWN, "models": {"bad": TOO_LARGE}, "cache": {"kind": "storageClass"}},
}
TIMES = re.compile(r"\d+ (min|s)\b|rollout|old pod|new pod|free GPUs|node is back")


@pytest.mark.parametrize("name", STACKS)
def test_a_model_that_cannot_run_has_no_times(name: str) -> None:
    result = plan(STACKS[name])
    model = result.models["bad"]
    assert not model.starts
    assert model.reasons[0].startswith(NO_START)
    assert model.rollout.gap_seconds is None
    said = [*model.reasons, model.rollout.reason]
    said += [each.message for each in result.warnings if each.path.startswith("models.bad.")]
    assert [each for each in said if TIMES.search(each)] == []
    assert all("bad" not in pool.own.lose_one for pool in result.pools.values() if pool.own)
    assert all("bad" not in pool.own.could_roll for pool in result.pools.values() if pool.own)
    assert result.remedies["bad"] == ()
    assert all(each.starts for name, each in result.models.items() if name != "bad")


@pytest.mark.parametrize("name", STACKS)
def test_one_word_says_it_in_every_place(name: str) -> None:
    planned = Planned(plan(STACKS[name]), Recording([], {}))
    found = report(planned)
    sections = {section.title: section for section in found.sections}
    (row,) = [each for each in sections["MODELS"].rows if each[0] == "bad"]
    assert row[7] == NO_START
    assert "bad" not in [each[0] for each in sections["COLD START"].rows] if "COLD START" in sections else True
    for cells in sections["SERVERS"].rows if "SERVERS" in sections else ():
        if "bad" in cells[1]:
            assert f"({NO_START})" in cells[1]
    assert NO_START in to_text(found, 120)
    model = document(planned)["models"]["bad"]
    assert (model["starts"], model["cold_start_seconds"]) == (False, None)
    nothing = {"parts": {}, "remedies": [], "on_new_node_seconds": None, "without_new_node": None}
    assert (model["start_seconds"], model["cold_start"]) == ({}, nothing)


def test_on_the_cpu_and_without_an_estimate_it_starts() -> None:
    models = {"cpu": {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}, "good": {**FITS, "pool": "l4"}}
    assert all(each.starts for each in plan({**OWN, "models": models}).models.values())
