"""`maxNumSeqs`: a replica computes at most that number of requests at once, whatever its cache has room for."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.planning import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import broken, follow, outcome, planned
from tests.planning.stacks import ACCESS

QWEN = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}
TGI = {"model": "Qwen/Qwen2.5-7B-Instruct", "maxModelLen": 8192, "engine": "tgi", "acknowledgeMaintenanceMode": True}
OLLAMA = {"model": "llama3.2:1b", "engine": "ollama", "gpus": 1, "maxModelLen": 8192}
SEQS, TOKENS, CONCURRENCY = "maxNumSeqs", "maxNumBatchedTokens", "concurrency"


def stack(model: dict[str, Any]) -> dict[str, Any]:
    return {
        "cluster": {"create": {"version": "1.35", "access": ACCESS}},
        "gpuPools": {"l40s": {"instanceTypes": ["g6e.xlarge"]}},
        "models": {"chat": model},
    }


# The model, and the requests that a replica holds at once.
HELD = {
    "fewer than the cache has room for": (QWEN | {SEQS: 4}, 4),
    "more than the cache has room for": (QWEN | {SEQS: 256}, 21),
    "chosen, of short requests": (QWEN | {"maxModelLen": 512}, 256),
    "tokens of a step": (QWEN | {"maxModelLen": 512, TOKENS: 64}, 64),
    "TGI": (TGI | {SEQS: 3}, 3),
    "Ollama": (OLLAMA | {CONCURRENCY: 2}, 2),
}


@pytest.mark.parametrize(("model", "held"), HELD.values(), ids=HELD)
def test_a_replica_holds_at_most_the_requests_that_its_engine_takes(model: dict[str, Any], held: int) -> None:
    fit = outcome(stack(model)).models["chat"].fit
    assert fit is not None
    assert int(fit.max_concurrency or 0) == held
    assert fit.fits


# The model; the key that is wrong; what to write instead, without `models.chat.`.
BROKEN = {
    "requests": (
        QWEN | {CONCURRENCY: 20, SEQS: 4},
        SEQS,
        [{SEQS: 20}, {SEQS: None}, {CONCURRENCY: 4}],
    ),
    "requests of TGI": (TGI | {CONCURRENCY: 12, SEQS: 4}, SEQS, [{SEQS: 12}, {SEQS: None}, {CONCURRENCY: 4}]),
    "tokens of a step": (
        QWEN | {"maxModelLen": 512, CONCURRENCY: 100, TOKENS: 64},
        TOKENS,
        [{TOKENS: None}, {CONCURRENCY: 64}],
    ),
    "both": (
        QWEN | {"maxModelLen": 512, CONCURRENCY: 100, SEQS: 32, TOKENS: 64},
        SEQS,
        [{SEQS: 100, TOKENS: None}, {SEQS: None, TOKENS: None}, {CONCURRENCY: 32}],
    ),
}


@pytest.mark.parametrize(("model", "key", "ways"), BROKEN.values(), ids=BROKEN)
def test_an_engine_that_takes_fewer_requests_than_are_asked_for_breaks_the_rule(
    model: dict[str, Any], key: str, ways: list[dict[str, Any]]
) -> None:
    before = planned(stack(model))
    assert broken(before) == {("Fit", f"models.chat.{key}")}
    (violation,) = before.violations
    takes = before.models["chat"].max_num_seqs
    assert f"concurrency is {model[CONCURRENCY]}, but its engine takes {takes} requests at once" in violation.message
    assert [_of_chat(as_mapping(each.write)) for each in violation.advice] == ways
    for advice in violation.advice:
        then = outcome(follow(stack(model), as_mapping(advice.write)))
        assert not broken(then)
        assert advice.text in violation.fix
        assert (then.models["chat"].concurrency or 1) <= _held(then)


def test_as_many_requests_as_are_asked_for_are_enough() -> None:
    assert not outcome(stack(QWEN | {CONCURRENCY: 16, SEQS: 16})).violations


def test_why_says_what_the_cache_has_room_for() -> None:
    reasons = outcome(stack(QWEN | {SEQS: 4})).models["chat"].reasons
    said = "max-num-seqs 4 is in the stack file; the cache has room for 22 requests of 8,192 tokens"
    assert said in "\n".join(reasons)
    assert not any("has room for" in each for each in outcome(stack(QWEN)).models["chat"].reasons)


def _held(plan: Plan) -> float:
    fit = plan.models["chat"].fit
    return (fit.max_concurrency if fit is not None else None) or 0


def _of_chat(write: Mapping[str, Any]) -> dict[str, Any]:
    return {path.removeprefix("models.chat."): value for path, value in write.items()}
