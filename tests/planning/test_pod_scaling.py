"""Models on the CPU scale by what they use, with Kubernetes' own autoscaler, or with KEDA where they have hours."""

from typing import Any

import pytest

from infra.plan.rules import Rule
from tests.planning.following import follow, outcome
from tests.planning.stacks import LOCAL, PROD, changed, plan

HOURS = {"days": "mon-fri", "from": "08:00", "to": "19:00", "timezone": "Europe/Amsterdam", "min": 2}
PROMETHEUS = {"prometheus": {"existing": {"url": "http://prometheus-operated.monitoring:9090", "monitorLabels": {}}}}
OLLAMA = {"model": "llama3.2:3b", "engine": "ollama", "gpus": 0}


def _plan(**model: Any) -> Any:
    return plan(changed(LOCAL, models={"a": {**OLLAMA, **model}}, addons=PROMETHEUS))


@pytest.mark.parametrize(
    ("model", "by_pods", "by_keda"),
    [
        ({"replicas": {"min": 1, "max": 3}}, True, None),
        ({"replicas": 3}, False, None),
        ({"replicas": {"min": 1, "max": 3}, "schedule": [HOURS]}, False, True),
        ({"replicas": {"min": 0, "max": 3}}, False, False),
        ({"replicas": {"min": 0, "max": 3}, "schedule": [HOURS]}, False, False),
    ],
    ids=str,
)
def test_one_of_the_two_scales_it(model: dict[str, Any], by_pods: bool, by_keda: bool | None) -> None:
    """`by_keda`: whether one of KEDA's triggers is the CPU; None: KEDA doesn't scale it."""
    made = _plan(**model).models["a"]
    assert (made.pods is not None) == by_pods
    assert (None if made.scaling is None else made.scaling.cpu is not None) == by_keda


def test_the_plan_says_by_what_and_what_has_to_measure_it() -> None:
    found = _plan(replicas={"min": 1, "max": 3})
    made = found.models["a"]
    assert made.pods is not None
    assert made.pods.cpu == pytest.approx(0.8 * made.resources.cpu)
    assert any(f"above {made.pods.cpu:g} CPU per replica in the mean" in reason for reason in made.reasons)
    assert [each.path for each in found.assumptions if "by whose CPU and memory a scale" in each.message] == [
        "addons.metricsServer"
    ]
    assert found.measured == ("a",)


def test_a_fixed_number_needs_nothing_that_measures() -> None:
    found = _plan(replicas=2)
    assert found.measured == ()
    assert not [each for each in found.assumptions if each.path == "addons.metricsServer"]


def test_the_room_for_a_range_of_the_gateways_pods_is_checked_at_its_maximum_and_the_advice_gives_it() -> None:
    wide = changed(PROD, gateway={**PROD["gateway"], "replicas": {"min": 2, "max": 20}})
    (refused,) = [each for each in plan(wide).violations if each.rule == Rule.ROOM_ON_NODES]
    assert "21 pods (20 of the gateway, 1 of a rollout) ask for" in refused.message
    (way,) = refused.advice
    assert not [each for each in outcome(follow(wide, dict(way.write))).violations if each.rule == Rule.ROOM_ON_NODES]
