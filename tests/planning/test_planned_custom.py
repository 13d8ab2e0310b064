"""`gateway.custom`: servers beside the models, for the clients that name them."""

from typing import Any

import pytest

from components.gateway_proxy import LABELS
from infra.outputs import known_outputs
from infra.plan.gateway import CustomServer
from infra.planning import Plan
from infra.services.gateway.custom import PODS
from infra.services.gateway.report import gateway_tables
from tests.planning.stacks import PROD, changed, plan

SERVERS: dict[str, Any] = {
    "rerank": {"service": "ranker", "namespace": "tools", "port": 8080},
    "whisper": {"service": "whisper", "audio": True},
}


def _with(clients: dict[str, Any]) -> Plan:
    return plan(changed(PROD, gateway__clients=clients, gateway__custom=SERVERS))


@pytest.fixture(scope="module")
def planned() -> Plan:
    return _with({"web": {"custom": ["whisper", "rerank"]}, "calls": {"models": [], "custom": ["whisper"]}, "all": {}})


def test_a_server_is_the_service_that_the_stack_file_names(planned: Plan) -> None:
    assert planned.traffic.custom == {
        "rerank": CustomServer("rerank", "ranker.tools.svc.cluster.local", 8080, "tools", audio=False),
        "whisper": CustomServer("whisper", "whisper.llm.svc.cluster.local", 80, "llm", audio=True),
    }


def test_a_client_may_call_the_servers_that_it_names_and_all_models_are_none_of_them(planned: Plan) -> None:
    found = {name: each.custom for name, each in planned.traffic.clients.items()}
    assert found == {"web": ("rerank", "whisper"), "calls": ("whisper",), "all": (), "default": ()}
    assert planned.traffic.clients["calls"].models == ()


def test_the_outputs_have_its_address_and_who_may_call_it(planned: Plan) -> None:
    gateway = known_outputs(planned)["gateway"]
    assert gateway["custom"]["whisper"] == {
        "base_url": "https://llm.example.com/custom/whisper/",
        "base_url_in_cluster": "http://gateway.llm.svc.cluster.local/custom/whisper/",
        "audio": True,
    }
    assert (gateway["clients"]["calls"]["custom"], gateway["clients"]["all"]["custom"]) == (["whisper"], None)


def test_the_plan_shows_each_server_and_its_clients(planned: Plan) -> None:
    (table,) = [each for each in gateway_tables(planned) if each.title == "OWN SERVERS"]
    assert table.rows == (
        ("https://llm.example.com/custom/rerank/", "ranker.tools.svc.cluster.local:8080", "web", "no"),
        ("https://llm.example.com/custom/whisper/", "whisper.llm.svc.cluster.local:80", "calls, web", "yes"),
    )


def test_its_owner_reads_whom_to_let_in(planned: Plan) -> None:
    (found,) = [each for each in planned.to_do if each.path == "gateway.custom.rerank"]
    assert f"the pods {PODS} of namespace llm" in found.message
    assert ",".join(f"{name}={value}" for name, value in LABELS.items()) == PODS


def test_a_server_that_nobody_names_is_a_warning() -> None:
    warned = {each.path: each.message for each in _with({"web": {"custom": ["whisper"]}}).warnings}
    assert warned["gateway.custom.rerank"] == "no client may call it: write custom: [rerank] in gateway.clients"
    assert "gateway.custom.whisper" not in warned


def test_a_stack_without_own_servers_says_nothing_of_them() -> None:
    found = plan(changed(PROD))
    assert [each.title for each in gateway_tables(found) if "OWN" in each.title] == []
    assert known_outputs(found)["gateway"]["custom"] is None
