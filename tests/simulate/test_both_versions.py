"""A model and its next version: both servers answer, each its share of the requests."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from infra.plan.gateway import Next
from infra.plan.plan import Plan
from infra.simulate.clients import ClientLimits
from infra.simulate.platform import NextOf, platform_of
from infra.simulate.remedies import alone
from infra.simulate.run import Outcome, run
from infra.simulate.simulation import Pattern, simulate
from tests.example_stacks import planned
from tests.simulate.platforms import arrivals, platform, server
from tests.simulate.test_run import by_chance

CLIENTS = (ClientLimits("web", ("chat",), 1_000, 100_000), ClientLimits("trial", ("chat",), 1_000, 100_000))
TIMES = by_chance(1, 3_600)


def played(weight: int, clients: tuple[str, ...] = (), asks: Sequence[int] = ()) -> Outcome:
    coming = replace(server(2, 2, name="chat-next"), next_of=NextOf("chat", weight, clients))
    of = replace(platform(server(2, 2), coming), clients=CLIENTS)
    return run(of, replace(arrivals(TIMES), clients=asks), 1)


@pytest.mark.parametrize("weight", [0, 10, 50, 100])
def test_the_next_version_answers_its_share(weight: int) -> None:
    models = played(weight).models
    assert models["chat-next"].arrived == pytest.approx(len(TIMES) * weight / 100, rel=0.15, abs=0)
    assert models["chat"].arrived + models["chat-next"].arrived == len(TIMES)
    assert all(each.arrived == each.left for each in models.values())


def test_its_clients_all_go_there() -> None:
    asks = [number % 2 for number in range(len(TIMES))]
    assert played(0, ("trial",), asks).models["chat-next"].arrived == sum(asks)


def test_both_pay_for_their_gpus() -> None:
    models = played(0).models
    assert models["chat"].gpu_seconds == models["chat-next"].gpu_seconds > 0


def two_versions(weight: int) -> Plan:
    plan = planned("prod").plan
    coming = replace(plan.models["llama-8b"], name="llama-8b-next", next_of="llama-8b")
    upstream = plan.traffic.upstreams["llama-8b"]
    both = replace(upstream, next=Next(replace(upstream, model=coming.name), weight, ()))
    traffic = replace(plan.traffic, upstreams={**plan.traffic.upstreams, "llama-8b": both})
    return replace(plan, models={**plan.models, coming.name: coming}, traffic=traffic)


def test_a_plan_with_a_next_version_has_both_servers() -> None:
    plan = two_versions(25)
    servers = {each.name: each for each in platform_of(plan).servers}
    assert servers["llama-8b-next"].next_of == NextOf("llama-8b", 25, ())
    assert servers["llama-8b"].next_of is None
    found = simulate(plan, Pattern("steady", 0.05, 1), 1).summary
    assert found is not None
    requests = {each.name: each.requests for each in found.models}
    assert requests["llama-8b-next"] / (requests["llama-8b"] + requests["llama-8b-next"]) == pytest.approx(
        0.25, rel=0.2
    )


def test_one_that_can_not_be_simulated_leaves_the_requests_to_its_model() -> None:
    plan = two_versions(25)
    coming = plan.models["llama-8b-next"]
    slow = replace(coming, throughput=replace(coming.throughput, steps=None, reason="no estimate"))
    found = platform_of(replace(plan, models={**plan.models, coming.name: slow}))
    assert found.left_out["llama-8b-next"] == "no estimate"
    assert [each.name for each in found.servers if each.next_of] == []


def test_what_would_help_is_played_with_both_and_otherwise_with_one_pool() -> None:
    both, one = platform_of(two_versions(25)), platform_of(planned("prod").plan)
    chosen = next(each for each in both.servers if each.name == "llama-70b")
    assert alone(both, chosen, both) == both
    assert [each.name for each in alone(one, chosen, one).servers] == ["llama-70b"]
    assert [each.name for each in alone(one, chosen, one).pools] == ["l40s"]
