"""Hosted models: by name only, and the plan says which data leaves, to whom, and for whom."""

from typing import Any

import pytest

from infra.plan.notes import Step
from infra.planning import Plan
from infra.services.gateway.report import gateway_tables
from tests.planning.stacks import LOCAL, PROD, changed, plan

GPT = {"baseUrl": "https://api.openai.com/v1/", "model": "gpt-4.1-mini", "keySecret": "externalKey-openai"}
CLIENTS = {"shop": {"models": ["all", "gpt"]}, "night": {"models": ["llama-8b"]}, "other": {"models": ["embed"]}}


def _prod() -> dict[str, Any]:
    return changed(PROD, external={"gpt": GPT}, gateway__clients=CLIENTS, gateway__defaultClient=False)


@pytest.fixture(scope="module")
def named() -> Plan:
    return plan(_with_fallback({"to": "gpt", "afterSeconds": 45}))


def _with_fallback(fallback: Any, **model: Any) -> dict[str, Any]:
    stack = _prod()
    models = {**stack["models"], "llama-8b": {**stack["models"]["llama-8b"], "fallback": fallback, **model}}
    return {**stack, "models": models}


def _warnings(plan: Plan) -> list[str]:
    return [each.message for each in plan.warnings if each.path == "external.gpt"]


def test_without_the_section_nothing_is_elsewhere() -> None:
    made = plan(PROD)
    assert made.traffic.externals == {}
    assert [each.fallback for each in made.traffic.upstreams.values()] == [None] * len(made.models)


def test_an_external_is_reached_by_its_name_alone(named: Plan) -> None:
    own = ("embed", "llama-70b", "llama-8b")
    may = {name: client.models for name, client in named.traffic.clients.items()}
    assert may == {"shop": tuple(sorted((*own, "gpt"))), "night": ("llama-8b",), "other": ("embed",)}
    everything = plan(changed(_prod(), gateway__clients={**CLIENTS, "all": {}}))
    assert everything.traffic.clients["all"].models == own


def test_the_plan_warns_of_each_way_by_which_data_leaves(named: Plan) -> None:
    assert _warnings(named) == [
        "data leaves the network, to api.openai.com (gpt-4.1-mini): prompts of client shop that ask for gpt; prompts of"
        " clients night, shop for llama-8b when its own servers don't answer within 45 s"
    ]
    (paused,) = _warnings(plan(_with_fallback("gpt", paused=True)))
    assert paused.endswith("prompts of clients night, shop for llama-8b which is paused: all of them")


def test_a_key_that_is_missing_is_to_be_set_before_up(named: Plan) -> None:
    (found,) = [each for each in named.to_do if each.path == "external.gpt.keySecret"]
    assert found.step is Step.SECRETS
    assert found.message.startswith("`pulumi config set --secret externalKey-openai -s ")


def test_where_a_request_goes(named: Plan) -> None:
    gpt = named.traffic.externals["gpt"]
    assert (gpt.host, gpt.port, gpt.path("/v1/chat/completions")) == ("api.openai.com", 443, "/v1/chat/completions")
    other = {**GPT, "baseUrl": "https://eu.example.org:8443/openai", "task": "embed"}
    gpt = plan(changed(_prod(), external={"gpt": other})).traffic.externals["gpt"]
    assert (gpt.host, gpt.port, gpt.path("/v1/embeddings")) == ("eu.example.org", 8443, "/openai/embeddings")
    assert gpt.paths == ("/v1/embeddings",)


@pytest.mark.parametrize(("url", "warned"), [("https://api.openai.com/", True), ("https://api.openai.com/v1", False)])
def test_a_url_without_a_path_is_warned_of(url: str, warned: bool) -> None:
    """Few providers answer there, and every other one with 404."""
    found = plan(changed(_prod(), external={"gpt": {**GPT, "baseUrl": url}}))
    said = [each.message for each in found.warnings if each.path == "external.gpt.baseUrl"]
    assert [*map(bool, said)] == [True] * warned
    assert all("https://api.openai.com/chat/completions" in each for each in said)


def test_a_sleeping_model_holds_its_callers_only_until_they_go_elsewhere() -> None:
    made = plan(_with_fallback({"to": "gpt", "afterSeconds": 45}, replicas={"min": 0, "max": 2}))
    assert (made.models["llama-8b"].held_seconds, made.traffic.upstreams["llama-8b"].held_seconds) == (45, 45)
    said = [each.message for each in made.warnings if each.path == "models.llama-8b.replicas.min"]
    assert said == ["no replica while nobody asks: who comes first is held for 45 s, then answered by gpt"]


def test_who_is_held_for_long_before_another_answers_needs_a_longer_timeout() -> None:
    made = plan(_with_fallback("gpt", replicas={"min": 0, "max": 2}))
    (said,) = [each.message for each in made.warnings if each.path == "models.llama-8b.replicas.min"]
    assert f"a client timeout of more than {made.models['llama-8b'].held_seconds} s" in said
    assert "`Prefer: wait=N`" in said


@pytest.mark.parametrize(("fallback", "waits"), [("gpt", "about 6 min"), ({"to": "gpt", "afterSeconds": 45}, "45 s")])
def test_a_first_caller_waits_until_another_answers_at_most(fallback: Any, waits: str) -> None:
    made = plan(_with_fallback(fallback, replicas={"min": 0, "max": 2}))
    (row,) = next(each.rows for each in gateway_tables(made) if each.title == "SLEEP")
    assert row[2] == waits


def test_everything_in_front_waits_until_the_answer_from_elsewhere_may_come(named: Plan) -> None:
    assert named.traffic.silence_seconds >= 45 + named.traffic.idle_seconds
    assert named.traffic.keep_alive_seconds > named.traffic.silence_seconds


def test_on_a_cluster_that_exists_its_network_has_to_let_the_gateway_out() -> None:
    clients = {"web": {"models": ["all", "gpt"]}}
    made = plan(changed(LOCAL, external={"gpt": GPT}, gateway__clients=clients))
    (said,) = [each.message for each in made.assumptions if each.path == "external"]
    assert "api.openai.com:443" in said
    assert "they use no HTTP proxy" in said


def test_a_client_of_hosted_models_alone_has_the_lowest_limit() -> None:
    clients = {**CLIENTS, "far": {"models": ["gpt"]}}
    made = plan(changed(_prod(), gateway__clients=clients))
    assert made.traffic.clients["far"].concurrent_requests == 16
    assert made.chosen["gateway.clients.far.concurrentRequests"].reason.startswith("its models are elsewhere")


def test_both_versions_of_a_model_have_its_fallback() -> None:
    """The next one, too, holds its callers only until they go elsewhere."""
    sleeping = {"maxModelLen": 4096, "replicas": {"min": 0, "max": 1}}
    versions = {"rollout": {"strategy": "blueGreen"}, "next": sleeping}
    made = plan(_with_fallback({"to": "gpt", "afterSeconds": 45}, **versions))
    upstream = made.traffic.upstreams["llama-8b"]
    assert upstream.fallback is not None
    assert upstream.next is not None
    assert (upstream.fallback.to, upstream.held_seconds, upstream.next.server.held_seconds) == ("gpt", 0, 45)
    assert not made.violations


def test_the_plan_says_that_a_fallback_answers_for_a_model_without_servers() -> None:
    made = plan(_with_fallback("gpt", rollout={"strategy": "recreate"}, replicas=1))
    instead = "in which gpt answers for llama-8b and prompts leave to it"
    assert instead in made.models["llama-8b"].rollout.reason
    said = {each.kind: each.message for each in made.warnings if each.path.startswith("models.llama-8b.")}
    assert said["stops-at-change"].endswith(instead)
    assert instead in said["one-replica"] or "gpt answers meanwhile" in said["one-replica"]


def test_advice_that_stops_a_model_says_that_its_fallback_answers() -> None:
    stack = changed(_with_fallback("gpt", replicas={"min": 1, "max": 4}), gpuPools__l4__max=4)
    (broken,) = [each for each in plan(stack).violations if each.rule == "GPUs at peak"]
    assert "in which gpt answers for llama-8b and prompts leave to it per rollout" in broken.fix
