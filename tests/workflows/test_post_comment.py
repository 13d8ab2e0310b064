"""One comment per pull request, kept up to date; nothing that a pull request's code wrote is trusted."""

import html
import json
import os
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import HANGS_SECONDS
from tests.workflows.fake_github import FakeGitHub, packed, serving
from tests.workflows.project import SCRIPTS

pytestmark = pytest.mark.programs

MARKER = "<!-- llm-platform: diff of the stacks -->"
HEAD = f"{MARKER}\n<sub>For aaaaaaa, written by the pull request's own code. "
RUN = {
    "id": 99,
    "head_sha": "a" * 40,
    "head_repository": {"id": 7},
    "html_url": "https://github.com/acme/llm/actions/runs/99",
}


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with serving(FakeGitHub()) as server:
        yield server


def artifact(text: str = "### ✅ dev: $5 a month less\n", number: str = "12\n") -> bytes:
    return packed({"comment.md": text.encode(), "pull-request": number.encode()})


def post(github: FakeGitHub, folder: Path, token: str = "a-token", run: dict[str, Any] = RUN) -> str:
    """What the script says; it never fails with a traceback, and shows no token and no signed address."""
    event = folder / "event.json"
    event.write_text(json.dumps({"workflow_run": run}), encoding="utf-8")
    environment = {
        **os.environ,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": "acme/llm",
        "GITHUB_TOKEN": token,
        "no_proxy": "*",
    }
    command = [sys.executable, str(SCRIPTS / "post_comment.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=folder, timeout=HANGS_SECONDS)
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert token not in said
    assert "signature" not in said
    assert list(folder.iterdir()) == [event]
    return said


def test_the_first_diff_makes_a_comment(github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact = artifact()
    assert post(github, tmp_path) == "#12: comment created\n"
    (comment,) = github.comments
    assert comment["body"].startswith(HEAD)
    assert comment["body"].endswith("\n\n### ✅ dev: $5 a month less\n")
    assert RUN["html_url"] in comment["body"]


@pytest.mark.parametrize("end", ["<!--", "```text", "~~~", "<details>"])
def test_no_end_of_the_text_hides_who_made_it(end: str, github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact = artifact(f"### ✅ fine\n\n{end}")
    post(github, tmp_path)
    assert github.comments[0]["body"].startswith(HEAD)


def test_the_artifact_s_host_gets_no_token(github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact = artifact()
    post(github, tmp_path)
    assert github.comments
    assert github.stray_tokens == []


def test_a_second_diff_changes_the_same_comment_on_any_page(github: FakeGitHub, tmp_path: Path) -> None:
    for number in range(120):
        github.comment(f"words {number}", login="somebody")
    github.artifact = artifact("first")
    post(github, tmp_path)
    github.artifact = artifact("second")
    assert post(github, tmp_path) == "#12: comment changed\n"
    assert len(github.comments) == 121
    assert "second" in github.comments[-1]["body"]


def test_the_same_diff_again_writes_nothing(github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact = artifact()
    post(github, tmp_path)
    github.writes.clear()
    assert post(github, tmp_path) == "#12: comment unchanged\n"
    assert github.writes == []


def test_nothing_to_say_removes_the_comment(github: FakeGitHub, tmp_path: Path) -> None:
    github.comment(f"{MARKER}\nold")
    github.comment("LGTM", login="somebody")
    github.artifact = artifact("\n")
    assert post(github, tmp_path) == "#12: nothing to say; comments removed: 1\n"
    assert [each["body"] for each in github.comments] == ["LGTM"]


def test_nothing_to_say_and_no_comment_writes_nothing(github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact = artifact("")
    post(github, tmp_path)
    assert github.writes == []


def test_two_comments_of_a_race_become_one(github: FakeGitHub, tmp_path: Path) -> None:
    github.comment(f"{MARKER}\nold")
    github.comment(f"{MARKER}\nold")
    github.artifact = artifact()
    post(github, tmp_path)
    assert len(github.comments) == 1
    assert "$5 a month less" in github.comments[0]["body"]


@pytest.mark.parametrize(
    ("body", "login"), [(f"{MARKER}\nmine", "stranger"), (f"> {MARKER}\nquoted", "github-actions[bot]")]
)
def test_a_comment_of_another_is_left_alone(body: str, login: str, github: FakeGitHub, tmp_path: Path) -> None:
    github.comment(body, login)
    github.artifact = artifact()
    assert post(github, tmp_path) == "#12: comment created\n"
    assert github.comments[0]["body"] == body


@pytest.mark.parametrize(
    ("pull", "reason"),
    [
        ({"state": "closed"}, "#12 is closed"),
        ({"head": {"sha": "b" * 40, "repo": {"id": 7}}}, "isn't the commit of this run"),
        ({"head": {"sha": "a" * 40, "repo": {"id": 8}}}, "isn't the commit of this run"),
        ({"head": {"sha": "a" * 40, "repo": None}}, "isn't the commit of this run"),
    ],
)
def test_a_pull_request_that_is_not_the_run_s(
    pull: dict[str, Any], reason: str, github: FakeGitHub, tmp_path: Path
) -> None:
    """It is closed, has newer commits, belongs to another fork, or its fork is deleted."""
    github.pull |= pull
    github.artifact = artifact()
    assert reason in post(github, tmp_path)
    assert github.writes == []


FILES = {"comment.md": b"words", "pull-request": b"12\n"}


def claiming(size: int) -> bytes:
    """An archive whose last file says in the directory that it is `size` bytes long, packed and unpacked."""
    content = packed(FILES, zipfile.ZIP_STORED)
    lengths = content.rindex(b"PK\x01\x02") + 20
    return content[:lengths] + struct.pack("<LL", size, size) + content[lengths + 8 :]


HOSTILE = {
    "another pull request": (artifact(number="13"), "there is no pull request #13"),
    "a path for a number": (artifact(number="12/../../issues/1"), "names no pull request"),
    "a number and more": (artifact(number="12\n13\n"), "names no pull request"),
    "a negative number": (artifact(number="-12"), "names no pull request"),
    "other digits": (artifact(number="१२"), "names no pull request"),
    "no number": (packed({"comment.md": b"words"}), "isn't what the workflow writes"),
    "no text": (packed({"pull-request": b"12"}), "isn't what the workflow writes"),
    "not an archive": (b"#!/bin/sh\n", "isn't what the workflow writes"),
    "a torn archive": (artifact("words " * 500)[:-60], "isn't what the workflow writes"),
    "spoilt text": (artifact("words " * 500).replace(artifact("words " * 500)[40:50], b"\xff" * 10), "isn't what"),
    "bzip2": (packed(FILES, zipfile.ZIP_BZIP2), "is neither stored nor deflated"),
    "lzma": (packed(FILES, zipfile.ZIP_LZMA), "is neither stored nor deflated"),
    "more than is there": (claiming(1_000), "isn't what the workflow writes"),
    "a bomb": (packed({"comment.md": b"a" * 50_000_000, "pull-request": b"12"}), "comment.md is larger than 250,000"),
    "a large archive": (os.urandom(1_000_001), "the artifact is larger than 1,000,000 bytes"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_artifact_changes_nothing(name: str, github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact, reason = HOSTILE[name]
    assert reason in post(github, tmp_path)
    assert github.writes == []


def test_a_size_that_is_a_lie(github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact, github.stated_bytes = os.urandom(1_000_001), 10
    assert "larger than 1,000,000 bytes" in post(github, tmp_path)
    assert github.writes == []


def test_a_file_of_the_archive_that_nobody_asked_for_is_not_read(github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact = packed(
        {"comment.md": b"words", "pull-request": b"12", "../../escape": b"x", "post_comment.py": b""}
    )
    assert post(github, tmp_path) == "#12: comment created\n"


def test_the_text_is_data(github: FakeGitHub, tmp_path: Path) -> None:
    """It notifies nobody, runs nothing, and changes no text direction."""
    github.artifact = artifact("`$(touch pwned)` @acme/everybody `@me\x00\x1b[2J\u202egnp` image@sha256:0\n")
    post(github, tmp_path)
    body = github.comments[0]["body"]
    assert "`$(touch pwned)` @\u2060acme/everybody `@\u2060me[2Jgnp` image@sha256:0\n" in body


MENTIONS = (
    "@a",
    "&#64;a",
    "&#064;a",
    "&#64a",
    "&#x40;a",
    "&#X0040;a",
    "&commat;a",
    "@&#97;",
    "é@a",
    "_b_@a",
    "&nbsp@a",
)


@pytest.mark.parametrize("mention", MENTIONS)
def test_no_spelling_of_a_mention_calls_anybody(mention: str, github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact = artifact(f"words {mention}")
    post(github, tmp_path)
    rendered = html.unescape(github.comments[0]["body"])  # as GitHub reads it
    assert "@" in rendered
    assert not re.search(r"@\w", rendered)


@pytest.mark.parametrize("text", ["ghcr.io/acme/app@sha256:0", "&#640;", "&#x40a;"])
def test_what_is_no_mention_stays_as_it_is(text: str, github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact = artifact(f"words {text}")
    post(github, tmp_path)
    assert github.comments[0]["body"].endswith(f"words {text}\n")


def test_a_text_that_is_too_long_for_github(github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact = artifact("line\n" * 20_000)
    post(github, tmp_path)
    body = github.comments[0]["body"]
    assert len(body) < 1_000
    assert body.startswith(HEAD)
    assert "### The diff is too long" in body


def test_a_run_that_was_cancelled_left_no_artifact(github: FakeGitHub, tmp_path: Path) -> None:
    assert "has no artifact" in post(github, tmp_path)


def test_a_refusal_by_github_fails_in_a_sentence(github: FakeGitHub, tmp_path: Path) -> None:
    github.artifact = artifact()
    assert post(github, tmp_path, token="a-wrong-one").startswith("GitHub answered 401 Unauthorized to /repos/acme/llm")


def test_the_run_of_a_fork_that_is_gone_posts_nothing(github: FakeGitHub, tmp_path: Path) -> None:
    github.pull["head"]["repo"] = None
    github.artifact = artifact()
    assert "the fork of this run was deleted" in post(github, tmp_path, run={**RUN, "head_repository": None})
    assert github.writes == []


def test_a_github_that_does_not_answer_fails_in_a_sentence(tmp_path: Path) -> None:
    nobody = FakeGitHub()
    nobody.url = "http://127.0.0.1:1"
    assert post(nobody, tmp_path).startswith("GitHub can't be reached: [Errno ")
