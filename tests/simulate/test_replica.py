"""A replica step by step, with figures that can be reckoned by hand: 0.1 s per step, 1 ms per token of a prompt."""

import math
from dataclasses import replace

import pytest

from infra.simulate.clients import Admission
from infra.simulate.counted import Counted
from infra.simulate.replica import Limits, Replica
from infra.simulate.step_times import StepTimes
from tests.simulate.platforms import LIMITS, EvenSteps, arrivals


def played(
    times: list[float], prompt: int = 100, output: int = 10, limits: Limits = LIMITS
) -> tuple[Counted, Replica, list[float]]:
    """Until nothing is left to do."""
    all_, counted, first = arrivals(times, prompt, output), Counted(), [0.0] * len(times)
    pace = StepTimes(EvenSteps(), limits.seqs, prompt=prompt, output=output)
    one, ended = Replica(pace, limits, all_, Admission((), all_), list(times), first, counted), []
    for request, time in enumerate(times):
        while one.due < time:
            one.step()
        one.take(request, time)
    while one.due < math.inf:
        ended.append(one.due)
        one.step()
    return counted, one, ended


def test_one_request_reads_its_prompt_and_then_takes_a_step_per_token() -> None:
    counted, one, ended = played([5.0])
    assert counted.first_tokens[0] == pytest.approx(0.196, abs=0.02)  # to 64 tokens
    assert counted.per_token[0] == pytest.approx(0.1)
    assert ended[-1] == pytest.approx(5 + counted.first_tokens[0] + 9 * 0.1)
    assert (counted.answered, one.load, one.running) == (1, 0, 0)


def test_a_prompt_that_is_larger_than_a_batch_takes_several_steps() -> None:
    counted, _, _ = played([0.0], prompt=1_200)
    assert counted.first_tokens[0] == pytest.approx(3 * 0.1 + 1.2, abs=0.1)


def test_a_second_request_waits_for_the_end_of_the_step_that_is_under_way() -> None:
    alone, _, _ = played([0.0])
    counted, _, _ = played([0.0, alone.first_tokens[0] + 0.25])
    assert counted.first_tokens[1] == pytest.approx(alone.first_tokens[0] + 0.05)


def test_requests_beyond_the_batch_wait_for_a_place() -> None:
    limits = replace(LIMITS, seqs=2)
    counted, _, _ = played([0.0, 0.0, 0.0], limits=limits)
    two, _, ended = played([0.0, 0.0], limits=limits)
    assert counted.first_tokens[2] == pytest.approx(ended[-1] + two.first_tokens[0] - 0.1, abs=0.12)
    assert counted.answered == 3


def test_a_full_cache_gives_the_place_of_the_last_request_back_and_loses_nothing() -> None:
    limits = replace(LIMITS, cache=330)
    counted, _, _ = played([0.0, 0.0, 0.0], prompt=100, output=60, limits=limits)
    assert counted.preempted > 0
    assert counted.answered == 3
    assert len(counted.first_tokens) == len(counted.per_token) == 3
    assert counted.per_token[2] > counted.per_token[0]  # the last one waited


def test_a_request_that_is_alone_goes_on_beyond_the_cache() -> None:
    counted, _, _ = played([0.0], prompt=100, output=60, limits=replace(LIMITS, cache=120))
    assert (counted.answered, counted.preempted) == (1, 0)


def test_who_waits_too_long_for_the_first_byte_is_lost() -> None:
    limits = replace(LIMITS, seqs=1, silence=2.0)
    counted, one, _ = played([0.0] * 4, output=15, limits=limits)
    assert (counted.answered, counted.silent, one.load) == (2, 2, 0)


def test_an_answer_that_takes_too_long_is_cut() -> None:
    counted, _, _ = played([0.0], output=100, limits=replace(LIMITS, total=5.0))
    assert (counted.answered, counted.cut) == (0, 1)
