"""Parts of a start beside the best figures that were published for the same remedy, and beside their floors."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.plan.models import StartPart
from infra.planning import Plan
from infra.services.serving import start_parts
from infra.services.serving.floors import floors
from tests.example_stacks import planned
from tests.planning.stacks import CATALOG, DEV, PROD, changed, plan
from tests.planning.test_cold_start import ENGINE, POOL

FIGURES = CATALOG.cold_start
NEAR = 0.2
AUTOSCALER = 40  # seconds until it asks for a node: kubernetes/autoscaler#9126, which those who measured left out


def _streamed(size: float, instance: str) -> float:
    return start_parts.weights_streamed(size / 2**30, "S3", 1, [CATALOG.instances[instance]], FIGURES).mid


def _pulled(size: float, vcpus: int, os: str = "al2023") -> float:
    pool = dataclasses.replace(POOL, os=os)
    return start_parts.image(dataclasses.replace(ENGINE, image_gib=size / 2**30), pool, vcpus, FIGURES).mid


# What is counted, what was published, and where.
PUBLISHED = [
    (_pulled(9354342327, 48), 39.6, "SOCI on AL2023, 48 vCPUs (aws-samples/karpenter-blueprints, 2026-08)"),
    (_pulled(9354342327, 48, "bottlerocket"), 23.2, "SOCI on Bottlerocket, 48 vCPUs (the same)"),
    (
        _pulled(9354342327, 16, "bottlerocket"),
        62,
        "SOCI on Bottlerocket and NVMe, 16 vCPUs (literalice/ai-on-eks-startup-optimizing-workshop, 2026-09)",
    ),
    (FIGURES["launch"].value, AUTOSCALER + 42, "a new node group's instance (shinyaz.com, 2026-04)"),
    (FIGURES["launch-warm"].value, AUTOSCALER + 28, "a stopped one of a warm pool (shinyaz.com, 2026-04)"),
    (_streamed(2.9e9, "g6.4xlarge"), 2.3, "32 readers (literalice/ai-on-eks-startup-optimizing-workshop, 2026-09)"),
    (FIGURES["compile-cached"].value, 5, "torch.compile from its cache (vllm-project/vllm#44881, read 2026-11)"),
]


@pytest.mark.parametrize(("counted", "published", "source"), PUBLISHED, ids=[each[2] for each in PUBLISHED])
def test_a_part_is_near_the_best_that_was_published(counted: float, published: float, source: str) -> None:
    assert abs(counted - published) <= NEAR * published + 1e-9, source


def test_nothing_of_a_new_node_is_counted_twice() -> None:
    """Karpenter's launch ends at the Node object, where the boot begins. Together: 29, 33 and 40 s of a g6.4xlarge with
    Bottlerocket (literalice/ai-on-eks-startup-optimizing-workshop), 60 to 90 s of an AMI that isn't named
    (thenewstack.io, 2026-07)."""
    parts = FIGURES["launch-karpenter"], FIGURES["boot"]
    assert 60 <= sum(each.value for each in parts) <= 90
    rocket = FIGURES["launch-karpenter-bottlerocket"], FIGURES["boot-bottlerocket"]
    assert sum(each.low for each in rocket) == 29
    assert 33 <= sum(each.value for each in rocket) <= 40
    assert [each.high for each in rocket] == [each.high for each in parts], "nobody published a bad day of it"


PLANS = {"prod": plan(PROD), "dev": plan(DEV), "bucket": plan({**DEV, "cache": {"kind": "s3"}})}


@pytest.mark.parametrize("result", PLANS.values(), ids=PLANS)
def test_no_part_is_below_its_floor_and_each_floor_says_what_it_is_from(result: Plan) -> None:
    for model in result.models.values():
        start = model.cold_start
        assert start.floors.keys() == start.parts.keys()
        assert all(floor.seconds <= start.parts[name].mid for name, floor in start.floors.items())
        assert 0 < start.floor < start.seconds
        assert all(floor.reason for floor in start.floors.values())


def test_bytes_come_no_quicker_than_the_network_of_the_slowest_type() -> None:
    """g6.xlarge and g6.2xlarge: the first has 2.5 Gbps all the time, 298 MiB/s."""
    floors = PLANS["dev"].models["qwen3-8b"].cold_start.floors
    network = start_parts.network_mibps([CATALOG.instances["g6.xlarge"]])
    assert floors["image"].seconds == pytest.approx(ENGINE.image_gib * 1024 / network)
    assert f"{network:.0f} MiB/s" in floors["image"].reason


def test_a_sum_over_network_cards_is_no_network_of_a_node() -> None:
    """3,200 Gbps of p5.48xlarge are those of EFA on 32 cards, and a node's addresses are on one of them."""
    p5 = CATALOG.instances["p5.48xlarge"]
    part = StartPart(80.0, 100.0, 120.0, reason="")
    (floor,) = floors({"image": part}, 10.0, 0.0, [p5]).values()
    assert (floor.seconds, floor.reason) == (80.0, "the best that was published")
    assert start_parts.network_mibps([p5, CATALOG.instances["g6.xlarge"]]) == pytest.approx(2.5e9 / 8 / 2**20)


def test_what_spare_gpus_take_away_has_no_floor_left() -> None:
    floors = plan(changed(PROD, gpuPools__l4__spare=1)).models["llama-8b"].cold_start.floors
    assert [floors[name].seconds for name in ("node", "boot", "image")] == [0, 0, 0]


FAST = yaml.safe_load(Path("tests/sites/Pulumi.fast-start.yaml").read_text())["config"]["llm-platform:platform"]
ALONE = changed(FAST, gpuPools__l4__spare=0)
ROCKET = changed(ALONE, cluster__create__nodeScaler="karpenter", gpuPools__l4__os="bottlerocket")
BUCKET = {"kind": "s3", "compile": True}
OPEN = {**BUCKET, "endpoint": "gateway"}
PAGE = [
    ("spare GPUs, weights and compiled results on EFS", FAST),
    ("spare GPUs, weights from S3", changed(FAST, cache={"kind": "s3"})),
    ("spare GPUs, weights and compiled results in S3", changed(FAST, cache=BUCKET)),
    ("spare GPUs, the same with `endpoint: gateway`", changed(FAST, cache=OPEN)),
    ("new node by Karpenter, EFS with compiled results", changed(ALONE, cluster__create__nodeScaler="karpenter")),
    ("new node by the cluster autoscaler, the same", ALONE),
    ("new node with Bottlerocket by Karpenter, EFS with compiled results", ROCKET),
    (
        "new node with Bottlerocket by Karpenter, weights and compiled results in S3",
        changed(ROCKET, cache=BUCKET),
    ),
    ("new node with Bottlerocket by Karpenter, the same with `endpoint: gateway`", changed(ROCKET, cache=OPEN)),
    (
        "new node with Bottlerocket by the cluster autoscaler, weights and compiled results in S3",
        changed(ROCKET, cache=BUCKET, cluster__create__nodeScaler="clusterAutoscaler"),
    ),
]
FAST_STARTS = Path("docs/platform/fast-starts.md").read_text()


@pytest.mark.parametrize(("row", "stack"), PAGE, ids=[each[0] for each in PAGE])
def test_the_page_shows_the_starts_that_are_planned(row: str, stack: dict[str, Any]) -> None:
    start = plan(stack).models["qwen3-8b"].cold_start
    seconds = (*(part.mid for part in start.parts.values()), start.seconds)
    assert f"| {row} | {' | '.join(f'{each:.0f} s' for each in seconds)} |" in FAST_STARTS


def test_a_new_node_and_an_8b_are_there_in_150_seconds() -> None:
    for cache in (OPEN, BUCKET):
        start = plan(changed(ROCKET, cache=cache)).models["qwen3-8b"].cold_start
        assert start.seconds <= 150
        assert start.high > 300, "on a bad day it isn't, and timeouts count with that"


def test_all_that_shortens_a_start_together() -> None:
    """An 8B of 8 bits on an L4 whose node is there: what is left is the engine's own imports, and its weights."""
    start = planned("fast-start").plan.models["qwen3-8b"].cold_start
    assert start.seconds <= 95
    assert start.parts["engine"].mid + start.parts["weights"].mid == pytest.approx(start.seconds, abs=1)
    assert start.parts["engine"].mid - FIGURES["start-vllm"].value - FIGURES["profile"].value < 12


def test_an_8b_is_there_in_75_seconds_on_a_node_that_is_there() -> None:
    """The bucket is read quickest, and keeps what servers compile; the network's own way to it takes 3 s more."""
    start = plan(changed(FAST, cache=OPEN)).models["qwen3-8b"].cold_start
    assert start.seconds <= 75
    inside = plan(changed(FAST, cache=BUCKET)).models["qwen3-8b"].cold_start.seconds
    assert start.seconds < inside <= start.seconds + 4
    assert inside < planned("fast-start").plan.models["qwen3-8b"].cold_start.seconds
    assert start.high > 100, "on a bad day, and at a first start, it isn't, and timeouts count with that"
