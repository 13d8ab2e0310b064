"""Which of Envoy's extensions run, and what Envoy says of each (source/extensions/extensions_metadata.yaml, read
2026-11-26). A request without a key meets only what is stable and made for callers that nobody trusts."""

import json
from collections.abc import Iterator

import pytest

from infra.services.gateway.envoy.clients import clients_file
from infra.services.gateway.envoy.files import BOOTSTRAP, files
from infra.services.gateway.envoy.place import in_pod
from tests.gateway.plans import ENGINE_KEY, client, keys_of, traffic, upstream

# Where it meets requests: before a key was seen, behind it, or never.
BEFORE, BEHIND, NEVER = "before", "behind", "never"
STABLE, ALPHA, UNFINISHED = "stable", "alpha", "work in progress"
CALLERS, BOTH, UNKNOWN, TRUSTED = "untrusted callers", "untrusted on both sides", "unknown", "trusted on both sides"
EXTENSIONS = {
    "filters.network.http_connection_manager": (BEFORE, STABLE, CALLERS),
    "filters.http.router": (BEFORE, STABLE, BOTH),
    "access_loggers.stdout": (BEFORE, STABLE, CALLERS),
    "bootstrap.internal_listener": (BEHIND, STABLE, BOTH),
    "transport_sockets.internal_upstream": (BEHIND, STABLE, BOTH),
    "transport_sockets.raw_buffer": (BEHIND, STABLE, BOTH),
    "http.early_header_mutation.header_mutation": (BEHIND, ALPHA, BOTH),
    "filters.http.local_ratelimit": (BEHIND, STABLE, UNKNOWN),
    "filters.http.header_to_metadata": (BEHIND, STABLE, CALLERS),
    "filters.http.buffer": (BEHIND, STABLE, CALLERS),
    "filters.http.json_to_metadata": (BEHIND, ALPHA, CALLERS),
    "filters.http.sse_to_metadata": (BEHIND, UNFINISHED, UNKNOWN),
    "content_parsers.json": (BEHIND, UNFINISHED, UNKNOWN),
    "access_loggers.stats": (BEHIND, UNFINISHED, TRUSTED),
    "retry_host_predicates.previous_hosts": (BEHIND, STABLE, CALLERS),
    "upstreams.http.http_protocol_options": (BEHIND, STABLE, CALLERS),
    "clusters.aggregate": (BEHIND, STABLE, TRUSTED),
    "clusters.dns": (NEVER, STABLE, BOTH),
    "resource_monitors.global_downstream_max_connections": (NEVER, STABLE, "no data"),
    "resource_monitors.fixed_heap": (NEVER, ALPHA, "no data"),
}
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


@pytest.fixture(scope="module")
def found() -> dict[str, set[str]]:
    """By where they meet requests, as the files name them."""
    models = (
        upstream("asleep", 8000, held_seconds=300),
        upstream("paused", 8000, paused=True),
        upstream("small", 8000),
    )
    plan = traffic((client("app", tuple(each.model for each in models)),), models)
    written = files(plan, in_pod("llm"))
    bootstrap = json.loads(written[BOOTSTRAP])
    (first,) = [each for each in bootstrap["static_resources"]["listeners"] if each["name"] == "clients"]
    keys = json.loads(clients_file(plan, keys_of(plan), ENGINE_KEY))
    everything = [bootstrap, *(json.loads(text) for name, text in written.items() if name != BOOTSTRAP)]
    return {BEFORE: set(_extensions([first, keys])), "all": set(_extensions(everything))}


def _extensions(found: object) -> Iterator[str]:
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


def test_every_extension_that_runs_is_in_the_table(found: dict[str, set[str]]) -> None:
    assert found["all"] == set(EXTENSIONS)


def test_only_what_is_stable_and_made_for_untrusted_callers_runs_before_a_key_was_seen(
    found: dict[str, set[str]],
) -> None:
    assert found[BEFORE] == {name for name, (where, *_) in EXTENSIONS.items() if where == BEFORE}
    marks = {EXTENSIONS[name][1:] for name in found[BEFORE]}
    assert marks <= {(STABLE, CALLERS), (STABLE, BOTH)}
