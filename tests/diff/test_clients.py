"""What each client of the gateway loses by a change, and where a reviewer reads it."""

from typing import Any

import pytest

from infra.cli.diff.tables import to_do, users
from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import code
from infra.diff.clients import client_notices, key_changed
from infra.diff.difference import compare
from infra.sides.types import Side
from tests.diff.stacks import base, edited, side

WEB: dict[str, Any] = {
    "models": ["chat", "sql"],
    "keys": [1, 2],
    "namespace": "shop",
    "concurrent_requests": 64,
    "requests_per_minute": 3840,
    "tokens_per_minute": None,
    "custom": ["rank"],
}
# What is different of the client `web`, and what its applications notice.
LOSSES: dict[str, tuple[dict[str, Any] | None, list[str]]] = {
    "it is gone": (None, ["it is gone: its keys answer 401"]),
    "a model that stays": ({"models": ["sql"]}, ["may no longer call chat: 403"]),
    "an adapter that stays": ({"models": ["chat"]}, ["may no longer call sql: 403"]),
    "an own server": ({"custom": []}, ["may no longer call /custom/rank/: 403"]),
    "its first key": ({"keys": [2]}, ["key 1 answers 401: use key 2"]),
    "requests at once": ({"concurrent_requests": 18}, ["at most 18 requests at once, was 64; more answer 429"]),
    "requests per minute": (
        {"requests_per_minute": 60},
        ["at most 60 requests per minute, was 3,840; more answer 429"],
    ),
    "tokens per minute that were not limited": (
        {"tokens_per_minute": 5000},
        ["at most 5,000 tokens per minute, was not limited; more answer 429"],
    ),
    "its namespace": ({"namespace": None}, ["its Secret is no longer kept in namespace shop"]),
    "nothing": ({}, []),
    "nothing by more": ({"keys": [1, 2, 3], "models": ["chat", "more", "sql"], "concurrent_requests": 99}, []),
}


def _side(client: dict[str, Any] | None, *, gone: str | None = None, **of: Any) -> Side:
    clients = {"default": {**WEB, "keys": [1]}, **({"web": client} if client is not None else {})}
    models = {"chat": {"adapters": ["sql"]}} if gone is None else {}
    gateway = {"clients": clients, "custom": {"rank": {"host": "rank.tools", "port": 80, "audio": False}}}
    return Side({"models": models, "outputs": {"models": models}, "gateway": gateway}, **of)


@pytest.mark.parametrize(("edit", "loses"), LOSSES.values(), ids=LOSSES)
def test_a_client_that_loses_something_has_a_line(edit: dict[str, Any] | None, loses: list[str]) -> None:
    after = None if edit is None else {**WEB, **edit}
    found = client_notices(_side(WEB), _side(after))
    assert [(each.client, list(each.loses)) for each in found] == ([("web", loses)] if loses else [])


def test_a_key_of_another_value_under_the_same_number_stops_and_is_not_shown() -> None:
    old, new = (_side(WEB, config={"llm-platform:clientKey-web-1": {"secure": f"v1:{each}:cipher"}}) for each in "ab")
    (notice,) = client_notices(old, new)
    assert notice.loses == ("key 1 is another one: the old one answers 401",)
    assert notice.stops


def test_a_model_that_is_gone_is_said_once_of_its_users_and_its_adapters_of_each_client() -> None:
    gone = _side({**WEB, "models": []}, gone="chat")
    (notice,) = client_notices(_side(WEB), gone)
    assert notice.loses == ("may no longer call sql, as nothing is there any more: 404",)


def test_the_table_of_what_users_notice_and_the_first_line_have_it() -> None:
    clients = {"default": {}, "web": {"models": ["chat"], "keys": [1, 2]}}
    old = side("cloud", edited("cloud", {"gateway.clients": clients}))
    new = side("cloud", edited("cloud", {"gateway.clients": {"default": {}, "web": {"models": ["code"], "keys": [2]}}}))
    difference = compare("cloud", old, new)
    (row,) = [row for row in users(difference) if "client web" in row[0]]
    assert "key 1 answers 401" in row[2]
    assert "may no longer call chat" in row[2]
    assert mark(difference) == "⚠️"
    assert f"a key of client {code('web')} answers 401 from now on" in headline(difference)


def test_the_first_line_counts_clients_and_not_models() -> None:
    clients = {"default": {}, "shop": {"keys": [1, 2]}, "web": {"keys": [1, 2]}}
    old = side("cloud", edited("cloud", {"gateway.clients": clients}))
    new = side("cloud", edited("cloud", {"gateway.clients": {"default": {}, "shop": {"keys": [2]}}}))
    assert "keys of 2 clients answer 401 from now on" in headline(compare("cloud", old, new))


@pytest.mark.parametrize(
    ("before", "after", "loses"),
    [
        (5000, 4000, ["at most 4,000 tokens per minute, was 5,000; more answer 429"]),
        (4000, 5000, []),
        (5000, None, []),
    ],
)
def test_tokens_per_minute_may_also_rise_or_be_no_more_limited(
    before: int, after: int | None, loses: list[str]
) -> None:
    old, new = (_side({**WEB, "tokens_per_minute": each}) for each in (before, after))
    assert [line for each in client_notices(old, new) for line in each.loses] == loses


def test_a_change_that_takes_nothing_from_clients_says_nothing_of_them() -> None:
    old, new = base("cloud"), side("cloud", edited("cloud", {"models.chat.replicas.max": 4}))
    assert compare("cloud", old, new).clients == []


def _of_version_1(now: Side, *, key: bool) -> Side:
    """As a program without the gateway said it: a model on Ollama had no key."""
    secret = {"namespace": "diffed", "name": "small-api-key", "key": "api-key"} if key else None
    models = {**now.outputs["models"], "small": {**now.endpoint("small"), "api_key_secret": secret}}
    plan = {key: value for key, value in now.plan.items() if key != "gateway"}
    return Side({**plan, "outputs": {"models": models}}, now.config)


def test_callers_of_a_model_that_took_requests_without_a_key_read_that_they_need_one() -> None:
    difference = compare("own", _of_version_1(base("own"), key=False), base("own"))
    (row,) = [row for row in users(difference) if row[0] == code("small")]
    assert "requests without the key in Secret diffed/llm-client-default are answered with 401" in row[2]
    (asked,) = [text for _, text in to_do(difference) if "send the platform's key" in text]
    assert asked.startswith(f"before {code('pulumi up')}, have whoever calls small send")
    assert mark(difference) == "⚠️"
    assert f"{code('small')} asks for a key from now on" in headline(difference)


@pytest.mark.parametrize(("engine", "refused"), [("tgi", True), ("vllm", False), ("ollama", False)])
def test_callers_of_an_engine_that_accepts_one_key_read_when_it_refuses_theirs(engine: str, refused: bool) -> None:
    now = base("own")
    models = {**now.outputs["models"], "small": {**now.endpoint("small"), "engine": engine}}
    new = Side({**now.plan, "outputs": {"models": models}}, now.config)
    for old in (_of_version_1(new, key=True), new):
        said = any("it accepts one key alone" in each for each in key_changed("small", old, new))
        assert said == (refused and old is not new)


def test_callers_that_have_a_key_read_nothing_of_that() -> None:
    for old in (_of_version_1(base("own"), key=True), base("own")):
        difference = compare("own", old, base("own"))
        assert "401" not in str([users(difference), to_do(difference)])
        assert "asks for a key" not in headline(difference)
