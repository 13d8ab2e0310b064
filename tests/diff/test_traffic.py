"""What users of a model notice of each edit of the stack file."""

from typing import Any

import pytest

from infra.diff.difference import compare
from infra.diff.events import AWAY, FEWER, GONE, MOVES, NEW, NOTHING, ROLLOUT
from infra.diff.traffic import Notice
from tests.diff import stacks
from tests.diff.sides import Edit, compared, side

EMBED = "          embed: {model: BAAI/bge-m3, pool: t4, replicas: {min: 1, max: 2}}\n"
SMALLER = ("g6.2xlarge", "g6.xlarge")
CASES: dict[str, tuple[str, tuple[Edit, ...], str, str, str]] = {
    "a budget": ("many", (("40000", "50000"),), "llama-8b", NOTHING, "nothing"),
    "more replicas at most": ("many", (("max: 5", "max: 6"),), "llama-8b", NOTHING, "nothing"),
    "a longer context": ("many", (("16384", "32768"),), "llama-70b", ROLLOUT, "without a gap"),
    "a smaller size of the same GPU": ("many", (SMALLER,), "llama-8b", MOVES, "may be down"),
    "nodes that only the new pods fit": ("many", (("g6.2xlarge", "g6.4xlarge"),), "llama-8b", MOVES, "without a gap"),
    "a node group per zone": (
        "many",
        (("[g6.2xlarge]}", "[g6.2xlarge], nodeGroups: perZone}"),),
        "llama-8b",
        MOVES,
        "may be down",
    ),
    "another GPU": ("many", (("g6.2xlarge", "g6e.2xlarge"),), "llama-8b", MOVES, "without a gap"),
    "tags, which start nodes anew": ("many", (("ml-platform", "research"),), "embed", AWAY, "replaced one by one"),
    "tags, with two replicas": ("many", (("ml-platform", "research"),), "llama-8b", ROLLOUT, "replaced one by one"),
    "a disk with one reader": ("zonal", (("8192", "4096"),), "qwen3-8b", AWAY, "the old pod ends before"),
    "an old pod that goes first": (
        "dear",
        (("32768", "16384"),),
        "r1",
        AWAY,
        "down for about 36 min: the old pod ends",
    ),
    "a new pod without a GPU": (
        "dear",
        (("recreate", "rolling"), ("32768", "16384")),
        "r1",
        ROLLOUT,
        "stuck wherever no GPU is free for the new pod, and `pulumi up` refuses the plan",
    ),
    "fewer replicas at most": (
        "many",
        (("max: 5", "max: 3"),),
        "llama-8b",
        FEWER,
        "if more than 3 replicas run, the others end; each pod takes no new requests, and has about 10 min for those",
    ),
    "a scaler less": (
        "many",
        (("{min: 2, max: 5}", "2"),),
        "llama-8b",
        FEWER,
        "if more than 2 replicas run, the others end",
    ),
    "a scaler less, with every replica": (
        "many",
        (("{min: 2, max: 5}", "5"),),
        "llama-8b",
        NOTHING,
        "no replica ends: those that run stay",
    ),
    "another strategy": ("dear", (("recreate", "rolling"),), "r1", NOTHING, "nothing"),
    "a pause": (
        "open",
        (("maxModelLen: 8192", "maxModelLen: 8192, paused: true"),),
        "qwen3-8b",
        AWAY,
        "its pods end; each pod takes no new requests",
    ),
    "an end of a pause": ("asleep", (("true", "false"),), "qwen3-8b", NEW, "starts again"),
    "a model that sleeps on": ("asleep", (("8192", "4096"),), "qwen3-8b", NOTHING, "paused"),
    "another namespace": ("shared", (("team-ml", "team-x"),), "qwen3-8b", AWAY, "its Deployment"),
    "a model less": ("many", ((EMBED, ""),), "embed", GONE, "nothing answers under its name any more"),
    "a model more": ("many", ((EMBED, EMBED + EMBED.replace("embed", "more")),), "more", NEW, "first answers after"),
    "another VPC": (
        "many",
        (("version:", "network: {cidr: 10.99.0.0/16}\n            version:"),),
        "embed",
        AWAY,
        "Vpc",
    ),
}


def notice(stack: str, edits: tuple[Edit, ...], model: str) -> Notice:
    return next(each for each in compared(stack, *edits).notices if each.model == model)


@pytest.mark.parametrize(("stack", "edits", "model", "event", "says"), CASES.values(), ids=CASES)
def test_what_happens_while_it_is_deployed(
    stack: str, edits: tuple[Edit, ...], model: str, event: str, says: str
) -> None:
    found = notice(stack, edits, model)
    assert found.event == event
    assert says in found.during


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("4", "3", "1 of 4 replicas ends; each pod takes no new requests"),
        ("4", "2", "2 of 4 replicas end; each pod takes no new requests"),
        ("{min: 4, max: 5}", "{min: 2, max: 3}", "at least 1 of 4 to 5 replicas ends"),
        ("4", "{min: 2, max: 3}", "1 of 4 replicas ends"),
        ("{min: 3, max: 5}", "{min: 2, max: 5}", "nothing"),  # a scaler ends them later, while few requests come
        ("4", "{min: 2, max: 4}", "nothing"),
        ("4", "5", "nothing"),
    ],
)
def test_replicas_that_end_at_once_are_counted_with_the_time_for_their_answers(
    before: str, after: str, says: str
) -> None:
    old, new = (side("many", ("{min: 2, max: 5}", each)) for each in (before, after))
    (found,) = [each for each in compare("many", old, new).notices if each.model == "llama-8b"]
    assert found.during.startswith(says)
    assert found.event == (NOTHING if says == "nothing" else FEWER)
    assert found.starts


SPOT = ("[g6.2xlarge]}", "[g6.2xlarge], capacity: spot}")


@pytest.mark.parametrize("edit", [("max: 5", "max: 3"), ("gpuMemoryUtilization: 0.90", "paused: true")])
def test_a_pod_on_spot_that_a_change_ends_has_as_long_as_one_on_demand(edit: Edit) -> None:
    """The two minutes are those of a node that the cloud takes away; nobody takes it away here."""
    old, new = side("many", SPOT), side("many", SPOT, edit)
    (found,) = [each for each in compare("many", old, new).notices if each.model == "llama-8b"]
    assert old.models["llama-8b"]["whole_answer_seconds"] == 90
    assert found.during.endswith("has about 10 min for those that it is answering")


@pytest.mark.parametrize(
    "model",
    [
        {"model": "Qwen/Qwen3-8B"},
        {"model": "llama3.2:1b", "engine": "ollama"},
        {"model": "mistralai/Mistral-7B-Instruct-v0.3", "engine": "tgi", "acknowledgeMaintenanceMode": True},
    ],
)
def test_a_pod_that_ends_has_its_whole_drain_whoever_waits_for_its_answers(model: dict[str, Any]) -> None:
    """vLLM does after the signal; pods of the others wait before it."""
    model |= {"maxModelLen": 8192}
    awake, paused = ({"models.small": {**model, "gpus": 1, "paused": each}} for each in (False, True))
    old, new = (stacks.side("own", stacks.edited("own", each)) for each in (awake, paused))
    (found,) = [each for each in compare("own", old, new).notices if each.model == "small"]
    assert found.during.endswith("has about 10 min for those that it is answering")


AFTERWARDS = {
    "a domain": (
        "many",
        (("llm.example.com", "ai.example.com"),),
        "embed",
        "another URL: https://ai.example.com/v1; https://llm.example.com",
    ),
    "a context": ("many", (("16384", "32768"),), "llama-70b", "up to 32,768 tokens, was 16,384"),
    "a capacity": ("many", (("g6.2xlarge", "g6e.2xlarge"),), "llama-8b", "full-length requests at once, was"),
    "a range of replicas": ("many", (("max: 5", "max: 6"),), "llama-8b", "2 to 6 replicas, was 2 to 5"),
    "a pause": (
        "open",
        (("maxModelLen: 8192", "maxModelLen: 8192, paused: true"),),
        "qwen3-8b",
        "answers 503 until it is unpaused",
    ),
    "a revision": ("many", (("0e9e39f249", "1111111111"),), "llama-8b", "other weights: 1111111111"),
    "a shorter context": ("many", (("16384", "8192"),), "llama-70b", "was 16,384; longer ones are refused"),
    "a prompt that is cut": (
        "patient",
        (("gpus: 0", "gpus: 0, maxModelLen: 2048"),),
        "small",
        "a request has up to 2,048 tokens, was 8,192",
    ),
    "a key of the cache's type": (
        "shared",
        (("maxModelLen: 8192", "maxModelLen: 8192, kvCacheDtype: fp8"),),
        "qwen3-8b",
        "another KV cache: fp8, was auto (the model's own type)",
    ),
    "an image of the engine": (
        "shared",
        (("maxModelLen: 8192", "maxModelLen: 8192, image: registry.acme.io/vllm:v0.31.0"),),
        "qwen3-8b",
        "another image: registry.acme.io/vllm:v0.31.0, was the pinned one",
    ),
    "an older version of the engine": (
        "shared",
        (("maxModelLen: 8192", "maxModelLen: 8192, image: registry.acme.io/vllm:v0.31.0"),),
        "qwen3-8b",
        "vLLM goes back from 0.32.0 to 0.31.0, which may lack the architecture, an argument or a value of one, take"
        " more memory, or start and answer more slowly",
    ),
    "a first revision": (
        "shared",
        (("maxModelLen: 8192", "maxModelLen: 8192, revision: b968826d9c46dd6066d109eabc6255188de91218"),),
        "qwen3-8b",
        "other weights: b968826d9c46, was main",
    ),
    "spot nodes": (
        "many",
        (("[g6.2xlarge]}", "[g6.2xlarge], capacity: spot}"),),
        "llama-8b",
        "the cloud takes spot nodes away with two minutes' notice",
    ),
    "answers on spot nodes": (
        "many",
        (("[g6.2xlarge]}", "[g6.2xlarge], capacity: spot}"),),
        "llama-8b",
        "an answer that takes longer than 90 s is cut where its node goes",
    ),
    "no tool calls": (
        "shared",
        (("maxModelLen: 8192", "maxModelLen: 8192, toolCalling: off"),),
        "qwen3-8b",
        "its answers have no tool calls any more",
    ),
    "thoughts that stay": (
        "shared",
        (("maxModelLen: 8192", "maxModelLen: 8192, reasoning: off"),),
        "qwen3-8b",
        "thoughts are no longer taken out of its answers",
    ),
    "a timeout": ("patient", (("900", "600"),), "small", "an answer may take 600 s, was 900 s"),
}


COUNTED: tuple[Edit, ...] = (("gpusPerNode: 1", "gpusPerNode: 1\n              nodes: 5"), ("            max: 6\n", ""))
MORE, TWO, PAUSED = ("max: 4", "max: 5"), ("min: 1", "min: 2"), ("8192", "8192, paused: true")
LATER_ROLLOUTS: dict[str, tuple[tuple[Edit, ...], tuple[Edit, ...], str]] = {
    "no node is free any more": (COUNTED, (MORE,), "down for about 6 min, was without a gap"),
    "a node is free again": ((*COUNTED, MORE), (("max: 5", "max: 4"),), "without a gap, was down for about 6 min"),
    "another replica stays": ((), (TWO,), "with 1 of 2 replicas, was down for about 6 min"),
    "no other replica stays": ((TWO,), (("min: 2", "min: 1"),), "down for about 6 min, was with 1 of 2 replicas"),
    "one of more replicas is away, as before": ((TWO,), (("min: 2", "min: 3"),), ""),
    "a shorter context": ((), (("8192", "4096"),), ""),
    "a pause": (COUNTED, (MORE, PAUSED), ""),
}


@pytest.mark.parametrize(("before", "edits", "says"), LATER_ROLLOUTS.values(), ids=LATER_ROLLOUTS)
def test_rollouts_to_come_are_named_where_they_change(
    before: tuple[Edit, ...], edits: tuple[Edit, ...], says: str
) -> None:
    (found,) = compare("shared", side("shared", *before), side("shared", *before, *edits)).notices
    said = [each.removeprefix("each rollout: ") for each in found.afterwards if each.startswith("each rollout")]
    assert said == ([says] if says else [])


def test_on_counted_nodes_what_the_loss_of_one_does_is_named_where_it_changes() -> None:
    several, one = (*COUNTED, ("max: 4", "max: 1")), ("nodes: 5", "nodes: 1")
    (fewer,) = compare("shared", side("shared", *several), side("shared", *several, one)).notices
    now, was = "down until the node is back", "down until it has started on free GPUs"
    assert f"if its node is lost: {now}, was {was}" in fewer.afterwards
    (same,) = compare("shared", side("shared", *several), side("shared", *several, ("nodes: 5", "nodes: 4"))).notices
    assert not any("is lost" in each for each in same.afterwards)


@pytest.mark.parametrize(("stack", "edits", "model", "says"), AFTERWARDS.values(), ids=AFTERWARDS)
def test_what_is_different_afterwards(stack: str, edits: tuple[Edit, ...], model: str, says: str) -> None:
    assert any(says in each for each in notice(stack, edits, model).afterwards)


def test_a_gap_is_as_long_as_a_cold_start() -> None:
    edits = (SMALLER,)
    found = compared("many", *edits)
    assert notice("many", edits, "llama-8b").seconds == found.new.models["llama-8b"]["cold_start_seconds"]


def test_a_gap_on_the_old_pods_node_is_without_its_launch_and_boot() -> None:
    edits = (("32768", "16384"),)
    model = compared("dear", *edits).new.models["r1"]
    parts = model["cold_start"]["parts"]
    left_out = parts["node"]["seconds"] + parts["boot"]["seconds"]
    later = model["cold_start_seconds"] - left_out
    assert later < notice("dear", edits, "r1").seconds < later + parts["engine"]["seconds"]  # the changed pod compiles


def test_an_engine_that_cuts_a_prompt_refuses_none() -> None:
    edits = (("gpus: 0", "gpus: 0, maxModelLen: 2048"),)
    assert not any("refused" in each for each in notice("patient", edits, "small").afterwards)
