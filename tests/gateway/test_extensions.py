"""Which of Envoy's extensions run: those of which the page says what Envoy says. A request without a key meets only
what is stable and made for callers that nobody trusts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.plan.external import Fallback
from infra.plan.gateway import TokenLimits
from infra.services.gateway.envoy.clients import clients_file
from infra.services.gateway.envoy.files import BOOTSTRAP, files
from infra.services.gateway.envoy.place import in_pod
from tests.gateway.plans import ENGINE_KEY, client, external, keys_of, traffic, upstream

PAGE = Path(__file__).parents[2] / "docs" / "platform" / "gateway.md"
BEFORE = "before a key was seen"
# Extension -> where it meets a request, how finished it is, and whom it withstands.
EXTENSIONS = {
    name: rest
    for name, *rest in re.findall(
        r"^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
}
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


@pytest.fixture(scope="module")
def found() -> dict[str, set[str]]:
    """By where they meet requests, as the files name them."""
    models = (
        upstream("asleep", 8000, held_seconds=300),
        upstream("paused", 8000, paused=True, affinity="user"),
        upstream("small", 8000, fallback=Fallback("large", 10)),
    )
    hosted = (external("large", 443),)
    app = client("app", tuple(each.model for each in models), tokens_per_minute=1000)
    counter = TokenLimits("tokens", 8081, "service", "store")
    plan = traffic((app,), models, hosted, token_limits=counter, tls_secret="llm-tls")
    written = files(plan, in_pod("llm"))
    bootstrap = json.loads(written[BOOTSTRAP])
    first = [each for each in bootstrap["static_resources"]["listeners"] if each["name"].startswith("clients")]
    keys = json.loads(clients_file(plan, keys_of(plan), ENGINE_KEY))
    everything = [bootstrap, *(json.loads(text) for name, text in written.items() if name != BOOTSTRAP)]
    return {BEFORE: set(_extensions([*first, keys])), "all": set(_extensions(everything))}


def _extensions(found: object) -> Iterator[str]:
    if isinstance(found, str) and "%CEL(" in found:
        yield "formatter.cel"
    if isinstance(found, dict):
        if "typed_config" in found:
            yield found["name"].removeprefix("envoy.")
        if _OPTIONS in found:
            yield "upstreams.http.http_protocol_options"
        for each in found.values():
            yield from _extensions(each)
    if isinstance(found, list):
        for each in found:
            yield from _extensions(each)


def test_every_extension_that_runs_is_on_the_page(found: dict[str, set[str]]) -> None:
    assert found["all"] == set(EXTENSIONS)


def test_only_what_is_stable_and_made_for_untrusted_callers_runs_before_a_key_was_seen(
    found: dict[str, set[str]],
) -> None:
    assert found[BEFORE] == {name for name, (where, *_) in EXTENSIONS.items() if where == BEFORE}
    marks = {tuple(EXTENSIONS[name][1:]) for name in found[BEFORE]}
    assert marks <= {("stable", "untrusted callers"), ("stable", "untrusted on both sides")}
