"""Limits of clients: what is above one is refused at once, and counted apart from what is lost."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.simulate.arrivals import Arrivals
from infra.simulate.clients import AT_ONCE, PER_MINUTE, TOKENS, Admission, ClientLimits, clients_of, with_clients
from infra.simulate.run import Outcome, run
from tests.example_stacks import planned
from tests.simulate.platforms import SLEEPING, arrivals, platform, server
from tests.simulate.test_run import by_chance, is_accounted

FREE = ClientLimits("free", ("chat",), 1_000, 100_000)


def played(*clients: ClientLimits, times: list[float], least: int = 1, output: int = 10) -> Outcome:
    one = server(least, 2, scaling=SLEEPING) if least == 0 else server(least, least)
    traffic = with_clients(arrivals(times, output=output), clients, 1)
    return run(replace(platform(one), clients=clients), traffic, 1)


def refused(outcome: Outcome, name: str = "web") -> dict[str, int]:
    return dict(outcome.clients[name].refused)


def test_who_has_as_many_at_once_as_it_may_gets_429() -> None:
    outcome = played(ClientLimits("web", ("chat",), 3, 1_000), times=[1.0, 1.1, 1.2, 1.3, 1.4, 60.0])
    assert refused(outcome) == {AT_ONCE: 2}
    counted = outcome.models["chat"]
    assert (counted.arrived, counted.answered, counted.limited, counted.lost) == (6, 4, 2, 0)


def test_of_one_model_a_client_has_its_part_alone() -> None:
    outcome = played(ClientLimits("web", ("chat",), 3, 1_000, at_once_of={"chat": 2}), times=[1.0, 1.1, 1.2, 60.0])
    assert refused(outcome) == {AT_ONCE: 1}


def test_a_held_request_is_one_at_once() -> None:
    outcome = played(ClientLimits("web", ("chat",), 2, 1_000), times=[1.0, 2.0, 3.0], least=0)
    assert refused(outcome) == {AT_ONCE: 1}
    assert outcome.models["chat"].answered == 2


def test_the_bucket_is_full_at_first_and_fills_with_the_limit_per_minute() -> None:
    times = [second / 10 for second in range(1_200)]  # 10 per second for two minutes
    outcome = played(ClientLimits("web", ("chat",), 1_000, 60), times=times)
    passed = len(times) - refused(outcome)[PER_MINUTE]
    assert passed == pytest.approx(60 + 2 * 60, abs=1)


def test_tokens_count_once_an_answer_has_ended_and_until_the_next_minute() -> None:
    """Of 110 tokens each: the third answer passes the limit, and is whole all the same."""
    times = [1.0, 6.0, 11.0, 16.0, 21.0, 61.0]
    outcome = played(ClientLimits("web", ("chat",), 10, 100, tokens=250), times=times)
    assert refused(outcome) == {TOKENS: 2}
    assert outcome.models["chat"].answered == 4


def test_limits_are_of_each_client() -> None:
    clients = (ClientLimits("web", ("chat",), 1, 100), FREE)
    outcome = played(*clients, times=by_chance(2, 600))
    assert refused(outcome)[AT_ONCE] > 0
    assert refused(outcome, "free") == {}
    assert outcome.clients["web"].asked == pytest.approx(outcome.clients["free"].asked, rel=0.15)  # equal shares


@settings(max_examples=15, deadline=None)
@given(rate=st.floats(0.5, 8), at_once=st.integers(1, 6), per_minute=st.integers(1, 200), seed=st.integers(0, 99))
def test_each_request_is_answered_limited_or_lost(rate: float, at_once: int, per_minute: int, seed: int) -> None:
    times = by_chance(rate, 300, seed)
    outcome = played(ClientLimits("web", ("chat",), at_once, per_minute), times=times, least=seed % 2, output=30)
    counted = outcome.models["chat"]
    assert is_accounted(counted)
    assert counted.arrived == counted.left == outcome.clients["web"].asked
    assert counted.limited == sum(refused(outcome).values())


def test_a_model_that_no_client_may_call_has_callers_without_limits() -> None:
    traffic = with_clients(arrivals([1.0, 2.0]), (ClientLimits("web", ("other",), 1, 1),), 1)
    assert list(traffic.clients) == [-1, -1]
    assert Admission((ClientLimits("web", ("other",), 1, 1),), traffic).admits(0, 1.0)


def test_a_plans_clients_have_its_limits() -> None:
    traffic = planned("prod").plan.traffic
    (found,) = [each for each in clients_of(traffic) if each.name == "default"]
    said = traffic.clients["default"]
    assert found.at_once >= said.concurrent_requests
    assert found.at_once - said.concurrent_requests < traffic.replicas
    assert found.per_minute == said.requests_per_minute
    assert set(found.models) <= set(traffic.upstreams)


def test_who_asks_is_kept_where_the_traffic_says_it() -> None:
    said = replace(arrivals([1.0]), clients=[1])
    assert isinstance(said, Arrivals)
    assert with_clients(said, (FREE, FREE), 1) is said
