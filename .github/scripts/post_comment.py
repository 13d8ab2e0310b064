"""Posts the text from the workflow `diff` as one comment on its pull request, and keeps that comment up to date.

It runs with a token that can write, on a text written by the code of any fork. So the number must agree with GitHub's
data, the length of the text is limited, the text is never run or unpacked to disk, and it can't notify people.
"""

import http.client
import io
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARKER = "<!-- llm-platform: diff of the stacks -->"
AUTHOR = "github-actions[bot]"  # anybody can write the marker into a comment
ARTIFACT = "diff"
ARTIFACT_BYTES = 1_000_000
TEXT_BYTES = 250_000
COMMENT_CHARACTERS = 65_536  # GitHub's limit
_TIMEOUT_SECONDS = 30
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")  # the last two set the text direction
_AT = re.compile(r"&(?:#0*64(?![0-9])|#[xX]0*40(?![0-9a-fA-F])|commat);?")  # HTML accepts a number without its `;` too
# GitHub's names are ASCII; `&nbsp@name` is a mention in HTML. `image@sha256` isn't changed.
_MENTION = re.compile(r"(?:(?<![a-z0-9])|&#?\w+)@", re.ASCII | re.IGNORECASE)
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what GitHub's own upload uses; others can need unlimited memory
_NO_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


class NothingToPost(Exception):
    """A run without a comment to create or change; the message says why."""


class GitHub:
    """The parts of GitHub's REST API that a comment needs."""

    def __init__(self, url: str, repository: str, token: str) -> None:
        self._url, self._token = f"{url}/repos/{repository}", token

    def call(self, method: str, path: str, body: object = None) -> Any:
        answer = self._open(method, path, body, limit=10_000_000)
        return json.loads(answer) if answer else None

    def download(self, path: str, limit: int) -> bytes:
        return self._open("GET", path, None, limit)

    def comments(self, number: int) -> Iterator[Any]:
        page = 1
        while found := self.call("GET", f"/issues/{number}/comments?per_page=100&page={page}"):
            yield from found
            page += 1

    def _open(self, method: str, path: str, body: object, limit: int) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, method=method)
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        # Not sent to a redirect: an artifact is on another host, which must not get the token.
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
            answer = response.read(limit + 1)
        if len(answer) > limit:
            raise NothingToPost(f"{path} is larger than {limit:,} bytes")
        return answer


def main() -> None:
    environment = os.environ
    event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    github = GitHub(environment["GITHUB_API_URL"], environment["GITHUB_REPOSITORY"], environment["GITHUB_TOKEN"])
    try:
        print(post(github, event["workflow_run"]))
    except NothingToPost as reason:
        print(f"nothing posted: {reason}")
    except urllib.error.HTTPError as error:
        asked = urllib.parse.urlsplit(error.url)  # without its query: an artifact's address has its signature there
        sys.exit(f"GitHub answered {error.code} {error.reason} to {asked.path}")
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"GitHub can't be reached: {getattr(error, 'reason', error)}")


def post(github: GitHub, run: dict[str, Any]) -> str:
    """Returns a sentence that says what was done."""
    files = _artifact(github, run["id"])
    number = _pull_request(github, run, files["pull-request"])
    text = _harmless(files["comment.md"])
    mine = [each for each in github.comments(number) if _is_ours(each)]
    for each in mine[1:] if text else mine:
        github.call("DELETE", f"/issues/comments/{each['id']}")
    if not text:
        return f"#{number}: nothing to say; comments removed: {len(mine)}"
    body = _body(text, run)
    if not mine:
        github.call("POST", f"/issues/{number}/comments", {"body": body})
        return f"#{number}: comment created"
    if mine[0]["body"] == body:
        return f"#{number}: comment unchanged"
    github.call("PATCH", f"/issues/comments/{mine[0]['id']}", {"body": body})
    return f"#{number}: comment changed"


def _artifact(github: GitHub, run: int) -> dict[str, bytes]:
    """The two files of the artifact, read in memory."""
    found = github.call("GET", f"/actions/runs/{run}/artifacts?name={ARTIFACT}")["artifacts"]
    if not found:
        raise NothingToPost("the run has no artifact; was it cancelled?")
    if found[0]["size_in_bytes"] > ARTIFACT_BYTES:
        raise NothingToPost(f"the artifact is larger than {ARTIFACT_BYTES:,} bytes")
    packed = github.download(f"/actions/artifacts/{found[0]['id']}/zip", ARTIFACT_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return {name: _member(archive, name) for name in ("pull-request", "comment.md")}
    except _NO_ARCHIVE as error:
        raise NothingToPost(f"the artifact isn't what the workflow writes: {error}") from error


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Reads at most the limit: the length that a packed file states can be wrong."""
    if archive.getinfo(name).compress_type not in _PACKED:
        raise zipfile.BadZipFile(f"{name} is neither stored nor deflated")
    with archive.open(name) as file:
        content = file.read(TEXT_BYTES + 1)
    if len(content) > TEXT_BYTES:
        raise NothingToPost(f"{name} is larger than {TEXT_BYTES:,} bytes")
    return content


def _pull_request(github: GitHub, run: dict[str, Any], claimed: bytes) -> int:
    """The number in the artifact, if that pull request is open and its head is the commit of the run."""
    if not re.fullmatch(rb"[1-9][0-9]{0,8}\n?", claimed):
        raise NothingToPost("the artifact names no pull request")
    number = int(claimed)
    try:
        request = github.call("GET", f"/pulls/{number}")
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        raise NothingToPost(f"there is no pull request #{number}") from error
    if request["state"] != "open":
        raise NothingToPost(f"#{number} is closed")
    if run["head_repository"] is None:
        raise NothingToPost("the fork of this run was deleted")
    head = (request["head"]["sha"], (request["head"]["repo"] or {}).get("id"))
    if head != (run["head_sha"], run["head_repository"]["id"]):
        raise NothingToPost(f"the head of #{number} isn't the commit of this run; a newer run has its own diff")
    return number


def _harmless(content: bytes) -> str:
    """The text without control characters; `@name` looks the same and notifies nobody."""
    text = content.decode("utf-8", errors="replace").replace("\r\n", "\n")
    return _MENTION.sub("\\g<0>\u2060", _AT.sub("@", _CONTROL.sub("", text))).strip()


def _body(text: str, run: dict[str, Any]) -> str:
    """The origin of the text is above it, because the text may end in an open comment or code block."""
    summary = f"[job summary]({run['html_url']})"
    origin = f"<sub>For {run['head_sha'][:7]}, written by the pull request's own code. Everything: {summary}.</sub>"
    body = f"{MARKER}\n{origin}\n\n{text}\n"
    if len(body) <= COMMENT_CHARACTERS:
        return body
    return f"{MARKER}\n{origin}\n\n### The diff is too long for a comment\n\nIt is in the {summary}.\n"


def _is_ours(comment: Any) -> bool:
    return comment["user"]["login"] == AUTHOR and comment["body"].startswith(MARKER)


if __name__ == "__main__":
    main()
