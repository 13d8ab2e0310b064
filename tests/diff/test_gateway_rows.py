"""What changes in the gateway's files is said by whom it is for, never by its place in a list."""

import re
from typing import Any

import pytest

from infra.cli.diff.resource_rows import resources
from infra.cli.document.marked import plain
from infra.diff.difference import compare
from tests.diff.stacks import base, edited, side

SMALL = {"models.small": {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}}
WEB = {"gateway.clients": {"web": {"team": "web", "models": ["chat"]}}}
MORE = {"gateway.clients": {"web": {"team": "web", "models": ["chat", "code"]}}}
PATHS = re.compile(r"^data\[.*\[\d+\]")

# By the change: before, after, whom Envoy's files are for, and what of the outputs comes or goes.
ROWS: dict[str, tuple[dict[str, Any], dict[str, Any], str, dict[str, tuple[str, str]]]] = {
    "a new client": (
        {},
        WEB,
        "clients default, web; what each client may call, and its limits",
        {"gateway.clients.web": ("–", "new")},
    ),
    "a client goes": (
        WEB,
        {},
        "clients default, web; what each client may call, and its limits",
        {"gateway.clients.web": ("was there", "–")},
    ),
    "other models of a client": (WEB, MORE, "clients default, web; what each client may call, and its limits", {}),
    "a new model": (
        {},
        SMALL,
        "client default; model small; what each client may call, and its limits",
        {"models.small": ("–", "new")},
    ),
    "a model that may sleep": (
        {},
        {"models.chat.replicas.min": 0},
        "model chat; what each client may call, and its limits",
        {},
    ),
}


@pytest.mark.parametrize("what", ROWS)
def test_the_files_follow_in_one_row(what: str) -> None:
    before, after, whose, things = ROWS[what]
    old = side("cloud", edited("cloud", before)) if before else base("cloud")
    new = side("cloud", edited("cloud", after)) if after else base("cloud")
    rows = [tuple(map(plain, row)) for row in resources(compare("cloud", old, new))]
    assert [row for row in rows if PATHS.search(row[2])] == []
    (envoys,) = (row for row in rows if row[2].startswith("Envoy's files"))
    assert envoys[2] == f"Envoy's files, for {whose}"
    assert (re.fullmatch(r"[\d,]+ values?", envoys[3]) is not None, envoys[4]) == (True, "others")
    assert [row for row in rows if "spec.groups" in row[2]] == []
    for thing, change in things.items():
        (found,) = (row for row in rows if row[2] == f'data["platform.json"].{thing}')
        assert found[3:5] == change


def test_a_value_of_a_client_that_stays_is_shown() -> None:
    rows = resources(compare("cloud", side("cloud", edited("cloud", WEB)), side("cloud", edited("cloud", MORE))))
    (row,) = (row for row in rows if "gateway.clients.web.models" in row[2])
    assert tuple(map(plain, row[3:5])) == ("chat", "chat, code")


def test_the_alerts_of_a_new_model_are_one_row_each_object() -> None:
    new = side("cloud", edited("cloud", SMALL))
    rows = [tuple(map(plain, row)) for row in resources(compare("cloud", base("cloud"), new))]
    about = [row[2] for row in rows if row[2].startswith("alerts")]
    assert about
    assert all(re.fullmatch(r"alerts about [\w-]+(, [\w-]+)*", each) for each in about)
    assert any("requests" in each for each in about)
