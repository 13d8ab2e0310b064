"""Tokens per minute: what counts them is there where a client has such a limit, and needs room."""

import json
from typing import Any

import pytest

from infra.plan.cluster import SystemNodesPlan
from infra.plan.notes import Violation
from infra.plan.rules import Rule
from infra.services.gateway.report import gateway_tables
from infra.services.gateway.token_limits import gateway_pods, limits_file
from infra.services.serving.pods import SYSTEM_CPU, SYSTEM_GIB, check_system_nodes
from tests.planning.stacks import CATALOG, LOCAL, PROD, changed, plan

LIMITED = {"web": {"tokensPerMinute": 5000}, "free": {}}


def _with_clients(stack: dict[str, Any], clients: dict[str, Any] = LIMITED, **paths: Any) -> dict[str, Any]:
    return changed(stack, gateway__clients=clients, **paths)


def test_nothing_counts_where_no_client_has_such_a_limit() -> None:
    for stack in (PROD, _with_clients(PROD, {"web": {}})):
        assert plan(stack).traffic.token_limits is None


def test_a_limit_brings_the_pod_that_counts() -> None:
    found = plan(_with_clients(PROD))
    limits = found.traffic.token_limits
    assert limits is not None
    assert limits.host == "gateway-tokens.llm.svc.cluster.local"
    assert (limits.image, limits.store_image) == tuple(CATALOG.proxies[each].image for each in ("ratelimit", "valkey"))
    assert json.loads(limits_file(found.traffic)) == {
        "domain": "gateway",
        "descriptors": [{"key": "client", "value": "web", "rate_limit": {"unit": "minute", "requests_per_unit": 5000}}],
    }


def test_the_plan_says_when_tokens_are_counted_and_what_the_pod_asks_for() -> None:
    tables = {table.title: table for table in gateway_tables(plan(_with_clients(PROD)))}
    clients = tables["CLIENTS"]
    tokens = clients.header.index("tokens per minute") + 1
    assert {row[0]: row[tokens] for row in clients.rows} == {"default": "no limit", "free": "no limit", "web": "5,000"}
    assert "the request that passes the limit still succeeds" in clients.note
    assert "one more pod, gateway-tokens, counts tokens per minute and asks for 0.1 CPU and 0.25 GiB" in (
        tables["GATEWAY"].note
    )


@pytest.mark.parametrize(("clients", "refused"), [({"web": {}}, []), (LIMITED, [Rule.ROOM_ON_NODES])])
def test_a_plan_whose_system_nodes_have_no_room_for_it_is_refused(clients: dict[str, Any], refused: list[Rule]) -> None:
    """Two pods of Envoy, and one more for a rollout, fill these."""
    nodes = SystemNodesPlan("small", count=1, max=1, cpu=SYSTEM_CPU + 0.45, gib=SYSTEM_GIB + 3, path="nodes")
    pods = {"the gateway": gateway_pods(plan(_with_clients(PROD, clients)).traffic)}
    assert [
        each.rule for each in check_system_nodes([], pods, nodes, surging=()) if isinstance(each, Violation)
    ] == refused


def test_a_stream_that_says_no_tokens_is_a_warning() -> None:
    warned = {each.path: each.message for each in plan(_with_clients(LOCAL)).warnings}
    assert "a stream of llama-1b counts only where its caller asks" in warned["gateway.clients.web.tokensPerMinute"]
    assert "gateway.clients.free.tokensPerMinute" not in warned
    assert not any("tokensPerMinute" in each.path for each in plan(_with_clients(PROD)).warnings)
