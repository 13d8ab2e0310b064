"""What the gateway is planned as: which names and paths each model has, and which clients may use them."""

from dataclasses import replace
from typing import Any

import pytest

from infra.engines import ENGINES
from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.clusters import clusters, of_client
from infra.services.gateway.envoy.limits import seconds_until_next
from infra.services.gateway.token_limits import gateway_pods
from tests.planning.stacks import CATALOG, LOCAL, PROD, changed, plan

CHAT = {"/v1/chat/completions", "/v1/completions"}
TOKENIZER = {"/v1/tokenize": "/tokenize", "/v1/detokenize": "/detokenize"}


def _traffic(stack: dict[str, Any]) -> TrafficPlan:
    return plan(stack).traffic


@pytest.mark.parametrize(
    ("engine", "task", "offered"),
    [
        ("vllm", "chat", CHAT | {"/v1/responses", "/v1/messages", "/v1/messages/count_tokens", *TOKENIZER}),
        ("vllm", "embed", {"/v1/embeddings", *TOKENIZER}),
        ("vllm", "rerank", {"/v1/rerank", "/v1/score", *TOKENIZER}),
        ("ollama", "chat", CHAT | {"/v1/responses", "/v1/messages"}),
        ("ollama", "embed", {"/v1/embeddings"}),
        ("tgi", "chat", CHAT),
    ],
)
def test_a_model_offers_what_its_engine_serves_for_its_task(engine: str, task: str, offered: set[str]) -> None:
    assert set(ENGINES[engine].paths(task)) == offered


@pytest.mark.parametrize("task", ["chat", "embed", "rerank"])
def test_only_the_tokenizer_has_another_path_at_the_engine(task: str) -> None:
    paths = ENGINES["vllm"].paths(task)
    assert {path: served for path, served in paths.items() if path != served} == TOKENIZER


def test_each_model_is_reached_by_the_name_of_its_pods() -> None:
    traffic = _traffic(PROD)
    assert {name: (each.host, each.port) for name, each in traffic.upstreams.items()} == {
        name: (f"{name}-pods.llm.svc.cluster.local", 8000) for name in ("embed", "llama-70b", "llama-8b")
    }
    assert "/v1/embeddings" not in traffic.upstreams["llama-8b"].paths
    assert traffic.image == CATALOG.proxies["envoy"].image


def test_an_adapter_is_a_name_of_its_model() -> None:
    adapters = {"sql": {"model": "acme/sql-lora", "rank": 16}}
    stack = changed(PROD)
    stack["models"]["llama-8b"]["adapters"] = adapters
    traffic = _traffic(stack)
    assert traffic.upstreams["llama-8b"].names == ("llama-8b", "sql")
    assert traffic.clients["default"].models == ("embed", "llama-70b", "llama-8b", "sql")


def test_a_cluster_without_a_gateway_section_has_one_client_and_nothing_in_front() -> None:
    traffic = _traffic(LOCAL)
    assert list(traffic.clients) == ["default"]
    assert (traffic.trusted_hops, traffic.clients["default"].keys) == (0, (1,))
    assert _traffic(PROD).trusted_hops == 1


def test_streams_are_counted_where_the_engine_is_asked_to() -> None:
    counts = {name: each.counts_streams for name, each in _traffic(PROD).upstreams.items()}
    assert set(counts.values()) == {True}
    assert not _traffic(LOCAL).upstreams["llama-1b"].counts_streams
    for name, model in plan(PROD).models.items():
        asked = "--enable-force-include-usage" in ENGINES[model.engine].args(model)
        assert asked == (model.task == "chat"), name


def test_a_range_of_its_pods_is_counted_at_its_maximum_and_limits_at_once_at_its_minimum() -> None:
    wide = changed(PROD, gateway={**PROD["gateway"], "replicas": {"min": 2, "max": 5}})
    found = plan(wide)
    assert (found.traffic.replicas, found.traffic.max_replicas) == (2, 5)
    assert len(gateway_pods(found.traffic)) == 5
    client = replace(found.traffic.clients["default"], concurrent_requests=10, requests_per_minute=60)
    assert seconds_until_next(found.traffic, client) == 5
    (cluster,) = [
        each
        for each in clusters(replace(found.traffic, clients={"default": client}))
        if each["name"] == of_client("default")
    ]
    breakers: Any = cluster["circuit_breakers"]
    assert breakers["thresholds"][0]["max_requests"] == 5
    (said,) = [each.message for each in found.warnings if each.path == "gateway.replicas"]
    assert "while 5 run, a client may have up to 2.5 times its limit at once" in said


def test_the_warning_of_a_range_knows_the_smallest_limit_at_once() -> None:
    """Each of six pods lets one request pass, or of a limit of three two."""
    for limit, times in ((1, "6"), (3, "4"), (100, "3")):
        gateway = {"replicas": {"min": 2, "max": 6}, "clients": {"app": {"concurrentRequests": limit}}}
        found = plan(changed(PROD, gateway={**PROD["gateway"], "defaultClient": False, **gateway}))
        (said,) = [each.message for each in found.warnings if each.path == "gateway.replicas"]
        assert f"while 6 run, a client may have up to {times} times its limit at once" in said


def test_a_fixed_number_of_its_pods_scales_by_nothing() -> None:
    found = plan(changed(PROD, gateway={**PROD["gateway"], "replicas": 3}))
    assert (found.traffic.replicas, found.traffic.scaling) == (3, None)
    assert not [each for each in found.warnings if each.path == "gateway.replicas"]
    assert len(gateway_pods(found.traffic)) == 3
