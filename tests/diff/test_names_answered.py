"""A name or a path that an application sends: who reads that it answers no longer, or that somebody else answers it."""

from copy import deepcopy
from typing import Any

import pytest

from infra.cli.diff.tables import answers, to_do, users
from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.difference import Difference, compare
from tests.diff.stacks import edited, side

STACK = "own"
GPT = {"baseUrl": "https://api.openai.com/v1", "model": "gpt-4.1-mini", "keySecret": "externalKey-openai"}
VECTORS = {**GPT, "model": "text-embedding-3-small", "task": "embed"}
WHISPER = {"service": "whisper", "namespace": "tools", "port": 8000, "audio": True}
SHOP = {"models": ["all", "gpt", "vectors"], "custom": ["whisper"]}
SQL = {"model": "acme/sql-lora", "rank": 16, "revision": "v1"}
BASE: dict[str, Any] = {
    "external": {"gpt": GPT, "vectors": VECTORS},
    "models.chat.fallback": {"to": "gpt", "afterSeconds": 45},
    "models.chat.adapters": {"sql": SQL},
    "gateway.custom": {"whisper": WHISPER},
    "gateway.defaultClient": False,
    "gateway.clients": {"shop": SHOP},
}
NO_FALLBACK = {"models.chat.fallback": None}
ALONE = "requests that its own servers don't answer within 45 s wait for them, or answer 503: gpt no longer answers"

# By what is changed: what the first line says, and what a row of "What users notice" says of whom.
CHANGES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "a model elsewhere is gone": (
        {"external": {"gpt": GPT}, "gateway.clients": {"shop": {**SHOP, "models": ["all", "gpt"]}}},
        "client `shop` may call less",
        "`client shop`",
        "may no longer call vectors, as nothing is there any more: 404",
    ),
    "a model elsewhere is for others": (
        {"gateway.clients": {"shop": {**SHOP, "models": ["all", "vectors"]}}},
        "client `shop` may call less",
        "`client shop`",
        "may no longer call gpt: 403",
    ),
    "an adapter is gone": (
        {"models.chat.adapters": None},
        "client `shop` may call less",
        "`client shop`",
        "may no longer call sql, as nothing is there any more: 404",
    ),
    "an own server is gone": (
        {"gateway.custom": None, "gateway.clients": {"shop": {"models": SHOP["models"]}}},
        "client `shop` may call less",
        "`client shop`",
        "may no longer call /custom/whisper/, as nothing is there any more: 404",
    ),
    "audio is gone": (
        {"gateway.custom": {"whisper": {**WHISPER, "audio": False}}},
        "client `shop` may call less",
        "`client shop`",
        "whisper no longer answers requests of audio: 404",
    ),
    "another provider": (
        {"external.gpt.baseUrl": "https://router.huggingface.co/v1"},
        "another provider answers as `gpt`",
        "`client shop`",
        "gpt is answered by gpt-4.1-mini at https://router.huggingface.co/v1, was by gpt-4.1-mini at"
        " https://api.openai.com/v1",
    ),
    "another provider as the fallback": (
        {"external.gpt.model": "gpt-4.1-nano"},
        "another model answers as `gpt`",
        "`chat`",
        "requests that its own servers don't answer within 45 s are answered by gpt (gpt-4.1-nano at"
        " https://api.openai.com/v1), was by gpt (gpt-4.1-mini at https://api.openai.com/v1) within 45 s",
    ),
    "another task": (
        {"external.vectors.task": "chat"},
        "another model answers as `vectors`",
        "`client shop`",
        "vectors is answered by text-embedding-3-small at https://api.openai.com/v1, was by",
    ),
    "another own server": (
        {"gateway.custom": {"whisper": {**WHISPER, "service": "other"}}},
        "another server answers as `/custom/whisper/`",
        "`client shop`",
        "/custom/whisper/ is answered by other.tools.svc.cluster.local",
    ),
    "other weights of an adapter": (
        {"models.chat.adapters.sql.revision": "v2"},
        "other weights answer as `sql`",
        "`chat`",
        "adapter sql has other weights",
    ),
    "another adapter": (
        {"models.chat.adapters.sql.model": "acme/more-sql"},
        "another model answers as `sql`",
        "`chat`",
        "adapter sql has other weights",
    ),
    "an adapter's name leads elsewhere": (
        {
            "models.chat.adapters": None,
            "external.sql": GPT,
            "gateway.clients": {"shop": {**SHOP, "models": [*SHOP["models"], "sql"]}},
        },
        "another model answers as `sql`",
        "`client shop`",
        "sql is answered by gpt-4.1-mini at https://api.openai.com/v1, was by adapter acme/sql-lora of chat",
    ),
    "a model's name leads elsewhere": (
        {
            "models.small": None,
            "external.small": GPT,
            "gateway.clients": {"shop": {**SHOP, "models": [*SHOP["models"], "small"]}},
        },
        "another model answers as `small`",
        "`small`",
        "its own servers end: gpt-4.1-mini at https://api.openai.com/v1 answers under its name",
    ),
    "a fallback is gone": (NO_FALLBACK, "`chat` has no fallback any more", "`chat`", ALONE),
    "a paused model's fallback is gone": (
        {**NO_FALLBACK, "models.chat.paused": True},
        "`chat` has no fallback any more",
        "`chat`",
        "all its requests answer 503: gpt no longer answers in their place",
    ),
    "a model with a fallback is paused": (
        {"models.chat.paused": True},
        "`chat` is paused",
        "`chat`",
        "paused: gpt answers in its place, and its pods end",
    ),
}


def compared(edit: dict[str, Any]) -> Difference:
    return compare(STACK, side(STACK, edited(STACK, deepcopy(BASE))), side(STACK, edited(STACK, _changed(edit))))


def _changed(edit: dict[str, Any]) -> dict[str, Any]:
    """A change of the base, which has everything that a client can call."""
    whole = {path: value for path, value in BASE.items() if path not in edit}
    return deepcopy({**whole, **{path: value for path, value in edit.items() if path not in BASE or value is not None}})


def noticed(difference: Difference, who: str) -> str:
    return " ".join(" ".join(row[1:]) for row in users(difference) if markdown(row[0]) == who)


@pytest.mark.parametrize(("edit", "first", "who", "says"), CHANGES.values(), ids=CHANGES)
def test_the_first_line_and_the_row_of_who_notices_say_it(
    edit: dict[str, Any], first: str, who: str, says: str
) -> None:
    difference = compared(edit)
    assert mark(difference) == "⚠️"
    assert first in markdown(headline(difference))
    assert says in noticed(difference, who)


def test_vectors_of_another_model_elsewhere_are_to_be_computed_again() -> None:
    difference = compared({"external.vectors.model": "text-embedding-3-large"})
    (asked,) = [text for path, text in to_do(difference) if "external.vectors.model" in path]
    assert "those of text-embedding-3-small don't compare with the new ones" in asked


def test_the_table_of_what_answers_has_names_that_are_no_own_models() -> None:
    rows = answers(compared({"external.gpt.model": "gpt-4.1-nano"}))
    assert [tuple(map(markdown, row[1:])) for row in rows] == [("model", "`gpt-4.1-mini`", "`gpt-4.1-nano`")]


@pytest.mark.parametrize(
    "edit",
    [
        {"external.more": GPT, "gateway.clients": {"shop": {**SHOP, "models": [*SHOP["models"], "more"]}}},
        {"external.gpt.keySecret": "externalKey-other"},
        {"gateway.clients": {"shop": SHOP, "batch": {"models": ["chat"]}}},
        {"models.chat.adapters.tax": SQL},
    ],
)
def test_nobody_loses_a_name_where_names_are_added(edit: dict[str, Any]) -> None:
    difference = compared(edit)
    lines = headline(difference)
    assert "may call less" not in lines
    assert "answers as" not in lines
    assert [each for each in difference.clients if each.calls_less] == []
