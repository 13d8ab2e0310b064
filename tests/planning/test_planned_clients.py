"""The clients of the gateway, and the limits that they have where the stack file gives none."""

import re
from itertools import combinations
from typing import Any

import pytest

from infra.outputs import known_outputs
from infra.plan.gateway import ClientPlan
from infra.planning import Plan
from infra.services.gateway.limits import MIN_AT_ONCE, places
from tests.planning.stacks import DEV, LOCAL, PROD, changed, plan


def _with(clients: dict[str, Any]) -> Plan:
    return plan(changed(PROD, gateway__clients=clients))


def _without_default(clients: dict[str, Any]) -> Plan:
    return plan(changed(PROD, gateway__clients=clients, gateway__defaultClient=False))


def _client(plan: Plan, name: str) -> ClientPlan:
    return plan.traffic.clients[name]


@pytest.fixture(scope="module")
def three() -> Plan:
    return _without_default(
        {
            "web": {"models": ["llama-8b"], "namespace": "shop", "team": "shop", "keys": [1, 2]},
            "batch": {},
            "tight": {"models": ["embed"], "concurrentRequests": 3, "requestsPerMinute": 20},
        }
    )


def test_a_client_has_what_the_stack_file_says(three: Plan) -> None:
    web, tight = _client(three, "web"), _client(three, "tight")
    assert (web.models, web.namespace, web.team, web.keys) == (("llama-8b",), "shop", "shop", (1, 2))
    assert (tight.concurrent_requests, tight.requests_per_minute) == (3, 20)
    assert _client(three, "batch").models == ("embed", "llama-70b", "llama-8b")


def test_a_shared_model_gives_half_of_its_places_to_a_client_and_an_unshared_one_twice_as_many(three: Plan) -> None:
    held = {name: places(model) for name, model in three.models.items()}
    assert _client(three, "web").concurrent_requests == -(-held["llama-8b"] // 2)
    shared = held["embed"] / 2 + held["llama-8b"] / 2
    assert _client(three, "batch").concurrent_requests == -(-(shared + 2 * held["llama-70b"]) // 1)


def test_no_client_of_a_shared_model_takes_all_of_it(three: Plan) -> None:
    for client in (_client(three, name) for name in ("web", "batch")):
        assert client.concurrent_requests < 2 * sum(places(three.models[name]) for name in client.models)
    assert _client(three, "web").concurrent_requests < places(three.models["llama-8b"])


def test_of_each_shared_model_a_client_has_the_part_of_that_model_alone(three: Plan) -> None:
    """Its number over all models would fill a small one whole."""
    held = {name: places(model) for name, model in three.models.items()}
    batch = _client(three, "batch")
    parts = {name: max(MIN_AT_ONCE, -(-held[name] // 2)) for name in ("embed", "llama-8b")}
    assert batch.at_once_of == parts
    assert max(parts.values()) < batch.concurrent_requests
    reason = three.chosen["gateway.clients.batch.concurrentRequests"].reason
    assert reason.endswith("; of them at most " + ", ".join(f"{part} for {name}" for name, part in parts.items()))
    assert known_outputs(three)["gateway"]["clients"]["batch"]["concurrent_requests_of"] == parts


def test_a_client_of_one_model_and_one_with_its_own_limit_have_no_part(three: Plan) -> None:
    assert (_client(three, "web").at_once_of, _client(three, "tight").at_once_of) == ({}, {})


def test_clients_and_shared_models_without_number_have_no_parts_which_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = {"a": {}, "b": {}}
    needed = sum(len(each.at_once_of) for each in _without_default(clients).traffic.clients.values())
    monkeypatch.setattr("infra.services.gateway.clients.max_limits", lambda models: needed - 1)
    found = _without_default(clients)
    assert [each.at_once_of for each in found.traffic.clients.values()] == [{}, {}]
    assert not [each for each in found.chosen.values() if "of them at most" in each.reason]
    (said,) = (each.message for each in found.warnings if each.path == "gateway.clients")
    assert f"{needed} limits by client and model would be needed" in said


def test_a_small_model_can_be_waited_for() -> None:
    stack = changed(LOCAL, gateway__clients={"a": {}, "b": {}})
    assert places(plan(stack).models["llama-1b"]) < MIN_AT_ONCE
    assert _client(plan(stack), "a").concurrent_requests == MIN_AT_ONCE


def test_each_limit_that_is_chosen_says_its_formula(three: Plan) -> None:
    chosen = {path: each for path, each in three.chosen.items() if path.startswith("gateway.clients")}
    assert {path.removeprefix("gateway.clients.") for path in chosen} == {
        f"{name}.{key}" for name in ("batch", "web") for key in ("concurrentRequests", "requestsPerMinute")
    }
    web = _client(three, "web")
    at_once = chosen["gateway.clients.web.concurrentRequests"]
    assert at_once.value == web.concurrent_requests
    assert f"half of the {places(three.models['llama-8b'])} requests that llama-8b takes at once" in at_once.reason
    assert chosen["gateway.clients.web.requestsPerMinute"].value == 60 * web.concurrent_requests


def test_a_part_that_is_more_than_half_is_called_the_minimum() -> None:
    """Beside `half of the 24 requests`, 16 is no contradiction then."""
    clients = {"web": {"models": ["llama-8b", "llama-70b"]}, "batch": {"models": ["llama-8b", "llama-70b"]}}
    found = plan(changed(PROD, gateway__clients=clients, models__llama_8b__maxNumSeqs=6))
    small, large = (places(found.models[name]) / 2 for name in ("llama-8b", "llama-70b"))
    assert small < MIN_AT_ONCE < large
    reason = found.chosen["gateway.clients.web.concurrentRequests"].reason
    assert reason.endswith(f"; of them at most {large:.0f} for llama-70b, {MIN_AT_ONCE} for llama-8b (the minimum)")


def test_callers_of_one_key_stay_for_a_release_beside_clients_and_share_the_models_with_them() -> None:
    beside = _with({"web": {"models": ["llama-8b"]}})
    (said,) = (each.message for each in beside.warnings if each.path == "gateway.clients")
    assert "the client default" in said
    held = {name: places(model) for name, model in beside.models.items()}
    assert _client(beside, "web").concurrent_requests == -(-held["llama-8b"] // 2)
    default = beside.chosen["gateway.clients.default.concurrentRequests"]
    assert default.value == _client(beside, "default").concurrent_requests
    assert f"half of the {held['llama-8b']} requests that llama-8b takes at once" in default.reason
    alone = plan(PROD)
    assert _client(alone, "default").concurrent_requests == 2 * sum(held.values())
    assert not [path for path in alone.chosen if path.startswith("gateway.clients")]


def test_the_key_that_every_caller_had_can_be_left_out() -> None:
    without = plan(changed(PROD, gateway__clients={"web": {}}, gateway__defaultClient=False))
    assert list(without.traffic.clients) == ["web"]
    assert not [each for each in without.warnings if each.path == "gateway.clients"]
    said = known_outputs(without)
    assert all(each["api_key_secret"] is None for each in said["models"].values())


def test_a_client_default_in_the_stack_file_is_the_callers_of_one_key() -> None:
    own = _with({"default": {"models": ["llama-8b"], "concurrentRequests": 5}})
    assert list(own.traffic.clients) == ["default"]
    assert _client(own, "default").concurrent_requests == 5
    assert not [each for each in own.warnings if each.path == "gateway.clients"]


def test_the_clients_are_those_of_an_adapters_model() -> None:
    stack = changed(PROD, gateway__clients={"sql": {"models": ["sql"]}, "web": {"models": ["llama-8b"]}})
    stack["models"]["llama-8b"]["adapters"] = {"sql": {"model": "acme/sql-lora", "rank": 16}}
    result = plan(stack)
    half = -(-places(result.models["llama-8b"]) // 2)
    assert (_client(result, "sql").models, _client(result, "sql").concurrent_requests) == (("sql",), half)


def test_one_more_client_changes_another_only_where_both_may_use_a_model() -> None:
    one = _with({"web": {"models": ["llama-8b"]}})
    other = _with({"web": {"models": ["llama-8b"]}, "search": {"models": ["embed"]}})
    assert _client(one, "web") == _client(other, "web")


def test_the_section_without_a_domain_names_clients_in_the_cluster() -> None:
    inside = plan(changed(LOCAL, gateway={"clients": {"web": {}}, "contact": "#llm", "timeoutSeconds": 900}))
    assert inside.gateway is None
    assert (inside.traffic.contact, inside.traffic.idle_seconds, inside.traffic.trusted_hops) == ("#llm", 900, 0)
    assert inside.models["llama-1b"].timeouts.drain == 1800


@pytest.mark.parametrize(("asked", "warned"), [(32, False), (5000, True)])
def test_more_at_once_than_the_models_take_is_said_with_the_number_that_they_take(asked: int, warned: bool) -> None:
    found = _without_default({"app": {"models": ["llama-8b"], "concurrentRequests": asked}})
    path, taken = "gateway.clients.app.concurrentRequests", places(found.models["llama-8b"])
    said = [each.message for each in found.warnings if each.path == path]
    assert bool(said) is warned
    assert all(f"its models take {taken} requests at once" in each for each in said)
    assert all(f"concurrentRequests: {2 * taken}" in each for each in said)


# A stack, its lists of models and its pods of the gateway -> how many instances the nodes have to allow.
_WATCHED = [(LOCAL, 3, 2, []), (LOCAL, 30, 2, [256]), (LOCAL, 9, 6, [256]), (DEV, 30, 2, [])]


def test_nodes_of_others_have_to_allow_the_files_that_the_gateway_watches() -> None:
    """An Envoy that gets no inotify instance ends, each time that it starts. Ours have an AMI of EKS, which allows
    8,192 of them."""
    for stack, lists, replicas, enough in (
        (LOCAL, 3, 2, []),
        (LOCAL, 30, 2, [256]),
        (LOCAL, 9, 6, [256]),
        (DEV, 30, 2, []),
    ):
        ((name, model),) = stack["models"].items()
        models = {name: model} | {f"m{each}": model for each in range(8)}
        pairs = [list(each) for each in combinations(models, 2)][:lists]
        clients = {f"c{nth}": {"models": each} for nth, each in enumerate(pairs)}
        said = plan(changed(stack, models=models, gateway__clients=clients, gateway__replicas=replicas)).to_do
        found = [re.findall(r"inotify.* at least (\d+) ", each.message) for each in said]
        assert [int(each) for numbers in found for each in numbers] == enough, (lists, replicas)
