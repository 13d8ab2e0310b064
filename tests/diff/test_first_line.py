"""What a reviewer must not miss is in the first line, and the rows below it say what happens to each model."""

from typing import Any

import pytest

from infra.cli.diff.tables import settings, users
from infra.cli.diff.verdict import headline, mark, reasons
from infra.cli.document.marked import plain
from infra.diff.difference import Difference, compare
from tests.diff.stacks import base, edited, side

HOSTED = {"baseUrl": "https://api.openai.com/v1", "model": "gpt-4.1-mini", "keySecret": "externalKey-openai"}
ANYWHERE = {"cluster.create.access": {"apiFrom": ["0.0.0.0/0"]}}


def changed(stack: str, edit: dict[str, Any], before: dict[str, Any] | None = None) -> Difference:
    old = side(stack, edited(stack, before)) if before else base(stack)
    return compare(stack, old, side(stack, edited(stack, edit)))


def nodes(number: int, each_has: int = 1, **more: Any) -> dict[str, Any]:
    """Own nodes, counted."""
    existing = {"gpu": "L4", "gpusPerNode": each_has, "nodes": number, "selector": {"nvidia.com/gpu.present": "true"}}
    return {"gpuPools.gpu": {"existing": existing, **more}}


PAIR = {"models.chat.replicas": 2}

# By what changes: stack, before, after, and what the first line says.
WEAKER: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "a certificate is removed": (
        "cloud",
        {},
        {"gateway.certificateArn": None},
        "plain HTTP for 2 models: keys, prompts and answers aren't encrypted",
    ),
    "the API is opened": ("cloud", {}, ANYWHERE, "the cluster's API open to the whole internet"),
    "protection ends": ("cloud", {"protect": True}, {"protect": False}, "resources no longer protected"),
    "prompts may go elsewhere": (
        "cloud",
        {},
        {"external": {"gpt": HOSTED}, "models.code.fallback": "gpt"},
        "more prompts may leave the network, to api.openai.com",
    ),
    "rollouts stop a model": (
        "cloud",
        {},
        {"models.code.rollout": {"strategy": "recreate"}},
        "each rollout stops code from now on",
    ),
    "no node is left for a model": (
        "own",
        nodes(2),
        nodes(1),
        "from now on the loss of a node stops chat until it is back",
    ),
    "both replicas are on one node": (
        "own",
        nodes(2, each_has=2) | PAIR,
        nodes(1, each_has=2) | PAIR,
        "from now on the loss of a node stops chat until it is back",
    ),
    "the other replica is on no other node": (
        "own",
        nodes(2) | PAIR,
        nodes(2),
        "from now on the loss of a node stops chat for a while",
    ),
    "others may take the other node": (
        "own",
        nodes(2),
        nodes(2, max=1),
        "from now on the loss of a node stops chat perhaps until it is back",
    ),
    "a model has another name": (
        "own",
        {},
        {"models.small": None, "models.tiny": {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}},
        "renames small to tiny",
    ),
}


@pytest.mark.parametrize("what", WEAKER)
def test_the_first_line_says_it(what: str) -> None:
    stack, before, after, says = WEAKER[what]
    change = changed(stack, after, before)
    assert says in plain(headline(change))
    assert mark(change) == "⚠️"
    back = compare(stack, change.new, change.old)
    assert what == "a model has another name" or says not in plain(headline(back))
    assert "the loss of a node" not in plain(headline(back))


def test_several_paused_models_are_each_spoken_of() -> None:
    (row, *_) = users(changed("cloud", {"models.chat.paused": True, "models.code.paused": True}))
    assert plain(row[0]) == "chat, code"
    assert row[1].startswith("each: paused, so its URL answers 503")
    assert row[2].startswith("each: answers 503 until it is unpaused")


@pytest.mark.parametrize(
    ("replicas", "during", "afterwards"),
    [
        (
            3,
            "no replica ends: those that run stay, and others start until there are 3",
            "no scaler changes their number",
        ),
        (1, "if more than 1 replica run, the others end", "1 replica, was 1 to 3; no scaler changes their number"),
        ({"min": 1, "max": 4}, "nothing", "1 to 4 replicas, was 1 to 3"),
    ],
)
def test_a_scaler_that_goes_says_what_becomes_of_replicas(replicas: Any, during: str, afterwards: str) -> None:
    change = changed("cloud", {"models.chat.replicas": replicas})
    (row,) = [each for each in users(change) if plain(each[0]) == "chat"]
    assert row[1].startswith(during)
    assert afterwards in row[2]


def test_a_value_for_a_section_is_one_setting() -> None:
    rows = settings(changed("cloud", {"models.chat.replicas": 2}))
    assert [tuple(map(plain, row)) for row in rows if "replicas" in row[0]] == [
        ("models.chat.replicas", "{min: 1, max: 3}", "2")
    ]


def test_a_rule_that_the_base_breaks_too_is_said_so_whatever_its_numbers() -> None:
    poor = {"budget.usdPerMonth": 1}
    old, more = (side("cloud", edited("cloud", edit)) for edit in (poor, {**poor, "models.chat.replicas": 3}))
    assert [rule for rule, _ in reasons(compare("cloud", old, more))] == ["Budget (the base breaks it too)"]
    assert [rule for rule, _ in reasons(compare("cloud", base("cloud"), more))] == ["Budget"]
