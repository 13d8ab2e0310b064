"""What `scaling` promises, and what the plan's threshold gives, as runs see it."""

from dataclasses import replace
from typing import Any

import pytest

from infra.plan.rules import Rule
from infra.simulate.patterns import by_pattern
from infra.simulate.platform import Platform, platform_of
from infra.simulate.run import run
from infra.simulate.summary import percentile
from infra.sizing.load import Replica
from tests.planning.following import follow
from tests.planning.stacks import PROD, changed, plan

NODES = 100


def promising(name: str, seconds: float) -> dict[str, Any]:
    paths = {f"models__{name}__scaling": {"ttftP95Seconds": seconds}, f"models__{name}__replicas__max": 8}
    return changed(PROD, **paths)


def alone(stack: dict[str, Any], name: str) -> Platform:
    """The model on as many nodes as it needs."""
    whole = platform_of(plan(stack))
    (server,) = (each for each in whole.servers if each.name == name)
    pools = tuple(replace(each, max=NODES) for each in whole.pools if each.name == server.pool)
    return replace(whole, servers=(replace(server, max=8),), beside=(), pools=pools)


def first_token(of: Platform, pattern: str, rate: float, days: float) -> float:
    """In 95 of 100 cases; a lost request counts as one that never came."""
    (server,) = of.servers
    model = plan(PROD).models[server.name]
    requests = {server.name: (model.throughput.request, server.context)}
    counted = run(of, by_pattern(pattern, rate, days, requests, 1), 1).models[server.name]
    lost = [float("inf")] * (counted.arrived - len(counted.first_tokens))
    found = percentile([*sorted(counted.first_tokens), *lost], 0.95)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "promise", "rate"), [("llama-8b", 1.5, 1.5), ("llama-70b", 8.0, 0.6), ("llama-70b", 12.0, 0.6)]
)
def test_a_promise_is_kept_all_day(name: str, promise: float, rate: float) -> None:
    assert first_token(alone(promising(name.replace("-", "_"), promise), name), "daily", rate, 1) <= promise


@pytest.mark.parametrize(("name", "most"), [("llama-8b", 2.0), ("llama-70b", 9.5)])
def test_one_replica_at_its_threshold_keeps_what_the_plan_says_of_it(name: str, most: float) -> None:
    """The plan's arithmetic and the steps of a run agree within a third."""
    model = plan(PROD).models[name]
    assert model.scaling is not None
    assert model.throughput.steps is not None
    of = Replica(model.throughput.steps, model.throughput.request, model.max_num_batched_tokens or 0)
    load = of.at(model.scaling.in_flight or 0)
    fixed = alone(PROD, name)
    fixed = replace(fixed, servers=tuple(replace(each, min=4, max=4, scaling=None) for each in fixed.servers))
    seen = first_token(fixed, "steady", 4 * load.rate, 0.1)
    assert 0.67 * seen <= load.first_token <= 1.33 * seen
    assert load.first_token <= most


def test_a_promise_that_no_number_of_replicas_keeps_is_refused_and_the_advice_keeps_it() -> None:
    stack = promising("llama_70b", 2.0)
    (broken,) = plan(stack).violations
    assert (broken.rule, broken.path) == (Rule.FIRST_TOKEN, "models.llama-70b.scaling.ttftP95Seconds")
    assert "no number of replicas keeps it" in broken.message
    assert broken.advice
    for each in broken.advice:
        after = plan(follow(stack, dict(each.write)))
        assert Rule.FIRST_TOKEN not in {one.rule for one in after.violations}
