"""A change that fills the claim of the weights, or that makes it grow, names cache.size."""

import json
from dataclasses import replace
from typing import Any

import pytest

from infra.diff.difference import Difference, compare
from infra.sides.types import Side
from tests.diff.stacks import PLATFORM, side

GPU = {"gpu": "L40S", "gpusPerNode": 2, "nodes": 2, "selector": {"a": "b"}}
QWEN = {"model": "Qwen/Qwen3-32B", "maxModelLen": 8192}
OTHER = {"model": "Qwen/Qwen2.5-Coder-32B-Instruct", "maxModelLen": 8192}
REVISION = "1116db5781bf21249d130ec9da846c4624c16137"
NFS = {"kind": "storageClass", "storageClass": "nfs"}


def _side(models: dict[str, Any], **cache: Any) -> Side:
    platform = {
        "cluster": {"existing": {"context": "own"}},
        "gpuPools": {"l40s": {"existing": GPU}},
        "models": models,
        "cache": {**NFS, **cache},
    }
    return side("own", json.dumps({"config": {PLATFORM: platform}}))


def _said(found: Any) -> str:
    return " ".join(each["message"] for each in found.introduced if each["path"] == "cache.size")


@pytest.mark.parametrize(
    ("after", "size", "full"),
    [
        ({"chat": {**QWEN, "revision": REVISION}}, "100Gi", True),  # next to main, in a separate folder
        ({"chat": {**QWEN, "revision": REVISION}}, "200Gi", False),
        ({"chat": OTHER}, "100Gi", True),
        ({"chat": QWEN, "coder": OTHER}, "200Gi", False),
        ({"other": QWEN}, "70Gi", False),  # the same weights under another name
        ({"chat": {**QWEN, "maxModelLen": 4096}}, "70Gi", False),
    ],
)
def test_what_is_there_stays_and_what_comes_needs_room(after: dict[str, Any], size: str, full: bool) -> None:
    found = compare("own", _side({"chat": QWEN}, size=size), _side(after, size=size))
    said = [each for each in found.warnings.introduced if "stay there" in each["message"]]
    assert bool(said) is full
    assert all('write cache.size: "200Gi"' in each["message"] for each in said)


@pytest.mark.parametrize(
    ("was", "now", "write"), [("200Gi", "69Gi", "200Gi"), ("70Gi", "69Gi", "200Gi"), ("70Gi", "50Gi", "200Gi")]
)
def test_a_claim_that_would_shrink_is_given_one_size(was: str, now: str, write: str) -> None:
    """The refusal names the size until now, or the larger one for the weights, where that one is too small as well."""
    after = {"chat": {**QWEN, "revision": REVISION}}
    found = compare("own", _side({"chat": QWEN}, size=was), _side(after, size=now))
    assert [each["fix"] for each in found.in_place] == [f"cache.size: {write}"]
    others = [each["fix"].partition(": ")[2].strip('"') for each in found.broken if each["path"] == "cache.size"]
    assert {*others} == {write}
    assert ("stay there" in _said(found.warnings)) is (was == "70Gi")
    assert _said(found.warnings).count("Gi") == 0 or f'"{write}"' in _said(found.warnings)


def test_the_size_that_is_chosen_has_room_for_another_revision() -> None:
    found = compare("own", _side({"chat": QWEN}), _side({"chat": {**QWEN, "revision": REVISION}}))
    assert _said(found.warnings) == ""


def test_of_a_base_whose_program_does_not_say_how_large_its_weights_are_nothing_is_said() -> None:
    old, new = _side({"chat": QWEN}, size="100Gi"), _side({"chat": {**QWEN, "revision": REVISION}}, size="100Gi")
    models = {name: {**model, "weights_on_disk_gib": None} for name, model in old.models.items()}
    older = {key: value for key, value in old.plan.items() if key != "weights"} | {"models": models}
    assert "stay there" not in _said(compare("own", replace(old, plan=older), new).warnings)


def test_a_base_that_is_not_there_has_no_weights() -> None:
    assert _said(compare("own", Side(), _side({"chat": QWEN}, size="70Gi")).warnings).count("stay there") == 0


@pytest.mark.parametrize(
    ("was", "now", "asked"),
    [
        ({"size": "200Gi"}, {"size": "500Gi"}, True),
        ({"size": "1000Gi"}, {"size": "1Ti"}, True),
        ({"size": "200Gi"}, {"size": "200Gi"}, False),
        ({}, {"size": "1Ti"}, True),
    ],
)
def test_a_claim_that_grows_asks_for_a_class_that_may(was: dict[str, str], now: dict[str, str], asked: bool) -> None:
    found = compare("own", _side({"chat": QWEN}, **was), _side({"chat": QWEN}, **now))
    assert (
        "kubectl --context own get storageclass nfs -o jsonpath='{.allowVolumeExpansion}'" in _said(found.to_do)
    ) is asked


def test_a_disk_of_this_programs_own_class_may_grow() -> None:
    def on_eks(size: str) -> Side:
        platform = {
            "cluster": {"create": {"version": "1.35", "zones": 2}},
            "models": {"chat": {**QWEN, "quantization": "fp8"}},
            "cache": {"kind": "ebs", "size": size},
        }
        return side("own", json.dumps({"config": {"aws:region": "us-east-1", PLATFORM: platform}}))

    found: Difference = compare("own", on_eks("200Gi"), on_eks("500Gi"))
    assert _said(found.to_do) == ""
