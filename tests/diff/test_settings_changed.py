"""What the author wrote, and what follows from it; of a secret only that it has changed."""

from typing import Any

import pytest

from components.client_keys import KEY_FIELD, URL_FIELD
from infra.config_keys import PLATFORM
from infra.diff.difference import compare
from infra.diff.resources import compare_resources
from infra.diff.settings import settings_changed
from infra.sides.types import Change, Changes, Resource, Side
from tests.diff import stacks
from tests.diff.sides import compared, side


def test_values_by_their_path_and_lists_as_one_value() -> None:
    found = compared("many", ("g6.2xlarge", "g6.4xlarge"), ("max: 5", "max: 6"))
    assert found.settings == {
        "gpuPools.l4.instanceTypes": Change(["g6.2xlarge"], ["g6.4xlarge"]),
        "models.llama-8b.replicas.max": Change(5, 6),
    }
    assert found.follows == {"gpuPools.l4.max": Change(6, 7)}


NO_POOLS = {"gpuPools": None, "models.chat.pool": None, "models.code.pool": None}
MADE = {
    "pools that are not written any more": ({}, NO_POOLS, 1),
    "pools that are written now": (NO_POOLS, {}, -1),
    "a pool that is written": ({}, {"gpuPools.more": {"instanceTypes": ["g6.xlarge"]}}, 0),
}


@pytest.mark.parametrize("name", MADE)
def test_pools_that_the_program_makes_are_shown_where_they_come_and_go(name: str) -> None:
    before, after, comes = MADE[name]
    old, new = (stacks.side("cloud", stacks.edited("cloud", each)) for each in (before, after))
    found = compare("cloud", old, new)
    made = {path: each for path, each in found.follows.items() if path.count(".") == 1 and path.startswith("gpuPools.")}
    assert bool(made) == bool(comes)
    for each in made.values():
        pool, other = (each.new, each.old) if comes > 0 else (each.old, each.new)
        assert (list(pool), other) == (["instanceTypes", "capacity"], None)


def test_nothing_changed_against_itself() -> None:
    assert not compare("many", side("many"), side("many"))


@pytest.mark.parametrize(("stack", "written", "rewritten"), [("prod", "0.90", "0.9"), ("many", "max: 5", "max: 5.0")])
def test_another_spelling_of_a_number_is_no_difference(stack: str, written: str, rewritten: str) -> None:
    """`pulumi config set` writes every number of the file again, in its own way."""
    assert not compared(stack, (written, rewritten))


KEY, TOKEN = "llm-platform:apiKey", "llm-platform:huggingFaceToken"


MASKED = {KEY_FIELD: "[secret]", URL_FIELD: "[secret]"}
OF_WEB = {"client-web-secret", "gateway-proxy-clients"}
OF_DEFAULT = {"chat-api-key", "client-default-secret"}
HOLDERS = ("model-cache-hub-token", "engine-keys-secret", *sorted(OF_DEFAULT | OF_WEB))


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        (KEY, {*OF_DEFAULT, "engine-keys-secret", "gateway-proxy-clients"}),
        ("llm-platform:clientKey-default-2", {*OF_DEFAULT, "gateway-proxy-clients"}),
        (TOKEN, {"model-cache-hub-token"}),
        ("llm-platform:clientKey-web-1", OF_WEB),
        ("llm-platform:clientKey-web-2-1", {"gateway-proxy-clients"}),
    ],
)
def test_another_secret_is_mentioned_where_it_is_used_and_never_shown(key: str, changes: set[str]) -> None:
    old, new = (Side(config={key: {"secure": value}}) for value in ("v1:old:cipher", "v1:new:cipher"))
    found = settings_changed(old, new)
    assert found == {key: Change("[secret]", "[secret], another value")}
    assert _secrets_changed(found) == changes


@pytest.mark.parametrize(
    ("key", "old", "new", "changes"),
    [
        ("keys", None, [1, 2], OF_WEB),
        ("keys", [1], [1, 2], OF_WEB),
        ("keys", [1, 2], [2], {"gateway-proxy-clients"}),  # the Secret has the newest one already
        ("requestsPerMinute", 60, 90, {"gateway-proxy-clients"}),
    ],
)
def test_a_rotation_changes_the_secrets_that_hold_the_keys(key: str, old: Any, new: Any, changes: set[str]) -> None:
    assert _secrets_changed({f"gateway.clients.web.{key}": Change(old, new)}) == changes


def test_a_rotation_between_gateway_and_engines_changes_no_client() -> None:
    changed = _secrets_changed({"gateway.engineKeys": Change([1], [1, 2])})
    assert changed == {"engine-keys-secret", "gateway-proxy-clients"}


def _secrets_changed(settings: Changes) -> set[str]:
    secrets: list[Resource] = [
        {"urn": f"u::p::t::{name}", "type": "t", "name": name, "inputs": {"stringData": MASKED}} for name in HOLDERS
    ]
    resources = compare_resources(secrets, secrets, lambda *_: False, settings)
    assert "cipher" not in str(resources)
    for urn, found in resources.changed.items():
        of_client = urn.rpartition("::")[2].startswith("client-")
        assert set(found) == {f"stringData.{KEY_FIELD}", *(() if of_client else (f"stringData.{URL_FIELD}",))}
    return {urn.rpartition("::")[2] for urn in resources.changed}


SECRET = Change("[secret]", "[secret], another value")
LISTED = Change(["a", {"b": "[secret]"}], ["a", {"b": "[secret], another value"}])
HIDDEN = {
    "in plain text, of a provider": (
        {"aws:secretKey": "old-key"},
        {"aws:secretKey": "new-key"},
        {"aws:secretKey": SECRET},
    ),
    "new": ({}, {"aws:secretKey": "new-key"}, {"aws:secretKey": Change(None, "[secret]")}),
    "below a key of its own": ({"x:y": {"z": ["old-key"]}}, {"x:y": {"z": ["new-key"]}}, {"x:y": SECRET}),
    "in a list": (
        {PLATFORM: {"list": ["a", {"b": {"secure": "old-key"}}]}},
        {PLATFORM: {"list": ["a", {"b": {"secure": "new-key"}}]}},
        {"list": LISTED},
    ),
    "beside other keys": (
        {PLATFORM: {"a": {"secure": "old-key", "b": 1}}},
        {PLATFORM: {"a": {"secure": "new-key"}}},
        {"a": SECRET},
    ),
}


@pytest.mark.parametrize(("old", "new", "shown"), HIDDEN.values(), ids=HIDDEN)
def test_what_may_be_a_secret_is_not_shown(old: dict[str, Any], new: dict[str, Any], shown: dict[str, Change]) -> None:
    assert settings_changed(Side(config=old), Side(config=new)) == shown


def test_the_region_is_shown() -> None:
    old, new = (Side(config={"aws:region": region}) for region in ("us-east-1", "us-west-2"))
    assert settings_changed(old, new) == {"aws:region": Change("us-east-1", "us-west-2")}
