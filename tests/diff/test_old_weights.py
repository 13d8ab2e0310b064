"""Weights of models that a change swaps or removes stay in the cache: the diff counts them, the plan gives their
price."""

import json
import re
from typing import Any

import pytest

from infra.cli.diff.money import figures_note
from infra.diff.difference import Difference, compare, document
from infra.sides.types import Side
from tests.diff.stacks import base, edited, side

QWEN = "Qwen/Qwen3-8B/b968826d9c46dd6066d109eabc6255188de91218"
SWAP = {"models.chat.model": "Qwen/Qwen3-4B", "models.chat.revision": None}
AGAIN = {"models.second": {"model": "Qwen/Qwen3-8B", "revision": QWEN.rpartition("/")[2], "pool": "l4"}}
DISK = {
    "cache.kind": "ebs",
    "models.code": None,
    "models.chat.replicas": 1,
    "models.chat.rollout": {"strategy": "recreate"},
}


def _diff(before: str, after: dict[str, Any], stack: str = "cloud") -> Difference:
    return compare(stack, side(stack, before), side(stack, edited(stack, after)))


@pytest.mark.parametrize(
    ("after", "folders"),
    [
        (SWAP, {QWEN: 15.26}),
        ({"models.chat": None}, {QWEN: 15.26}),
        ({"models.chat.revision": None}, {QWEN: 15.26}),
        ({"models.chat.maxModelLen": 4096}, {}),
        ({"models.chat": None, **AGAIN}, {}),  # the same weights under another name
        ({"models.chat.paused": True}, {}),
        ({**DISK, **SWAP}, {}),  # the file system goes, and what it holds
    ],
)
def test_the_diff_counts_the_weights_that_no_model_uses_any_more(
    after: dict[str, Any], folders: dict[str, float]
) -> None:
    found = _diff(edited("cloud", {}), after).old_weights
    assert (dict(found.folders) if found else {}) == pytest.approx(folders, abs=0.01)


def test_what_they_cost_is_in_text_and_json() -> None:
    found = _diff(edited("cloud", {}), SWAP)
    assert document(found, None, {})["old_weights"] == {"gib": 15.26, "usd_per_month": 4.58, "folders": {QWEN: 15.26}}
    said = re.sub("[\x02\x04]", "", figures_note(found))
    assert f"old weights stay: 15.3 GiB of {QWEN}, for $4.58 per month" in said


def test_a_bucket_keeps_them_too() -> None:
    """A server reads it by its address, and no claim stands for it."""
    found = _diff(edited("cloud", {"cache.kind": "s3"}), {"cache.kind": "s3", **SWAP})
    assert document(found, None, {})["old_weights"] == {"gib": 15.26, "usd_per_month": 0.35, "folders": {QWEN: 15.26}}


def test_a_claim_that_is_paid_for_whole_has_no_price_for_them() -> None:
    found = _diff(edited("cloud", DISK), {**DISK, **SWAP})
    assert found.old_weights is not None
    assert found.old_weights.usd_per_month is None
    assert "$" not in figures_note(found).partition("old weights stay")[2]


def test_a_base_of_an_older_program_is_compared_by_its_models() -> None:
    old, new = base("cloud"), side("cloud", edited("cloud", SWAP))
    older = Side({key: value for key, value in old.plan.items() if key != "weights"}, old.config)
    found = compare("cloud", older, new).old_weights
    assert found is not None
    assert [*found.folders] == [QWEN]


def test_the_plan_gives_the_price_of_weights_that_stayed() -> None:
    plan = base("cloud").plan
    [files] = [each for each in plan["cost"]["items"] if each["name"] == "EFS"]
    assert files["usd_per_gib"] == 0.30
    assert files["min"] == pytest.approx(0.30 * sum(plan["weights"].values()), abs=0.01)
    said = json.dumps(plan["assumptions"])
    assert "weights of earlier models, which stay on the file system for $0.30 per GiB per month" in said
