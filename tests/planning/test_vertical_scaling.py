"""What pods on the CPU ask for may follow what they used: within bounds that the plan counts, and never by default."""

from typing import Any

import pytest

from components.addons.vertical_pod_autoscaler import values
from infra.plan.plan import Plan
from infra.services.addons.pods import addon_pods
from infra.services.gateway.times import pod_resources
from infra.services.gateway.token_limits import gateway_pods
from tests.invariants.reading import quantity
from tests.planning.stacks import LOCAL, PROD, changed, plan

OLLAMA = {"model": "llama3.2:3b", "engine": "ollama", "gpus": 0}


def _plan(vertical: Any, **model: Any) -> Plan:
    return plan(changed(LOCAL, models={"a": {**OLLAMA, **model, "verticalScaling": vertical}}))


def test_nothing_of_it_is_there_unless_the_file_asks() -> None:
    for stack in (LOCAL, PROD):
        found = plan(stack)
        assert found.addons["verticalPodAutoscaler"].state == "disabled"
        assert "addons.verticalPodAutoscaler" not in found.chosen


def test_a_new_cluster_gets_what_a_vertical_scaling_needs_with_a_warning() -> None:
    found = plan(changed(PROD, gateway={**PROD["gateway"], "verticalScaling": "Initial"}))
    assert found.addons["verticalPodAutoscaler"].state == "install"
    assert "gateway.verticalScaling needs it" in found.chosen["addons.verticalPodAutoscaler"].reason
    assert [each.path for each in found.warnings if "not ready for production" in each.message] == [
        "addons.verticalPodAutoscaler"
    ]


def test_a_cluster_that_exists_is_assumed_to_have_it() -> None:
    assert _plan("Initial").addons["verticalPodAutoscaler"].state == "existing"


@pytest.mark.parametrize(
    ("vertical", "cpu", "memory"),
    [
        ("Initial", True, True),
        ({"mode": "Off", "resources": ["cpu"]}, True, False),
        ({"mode": "Recreate", "resources": ["memory"]}, False, True),
    ],
    ids=str,
)
def test_memory_never_falls_below_what_weights_and_context_need(vertical: Any, cpu: bool, memory: bool) -> None:
    made = _plan(vertical).models["a"]
    assert made.vertical is not None
    assert made.vertical.cpu == ((made.resources.cpu / 2, made.resources.cpu * 2) if cpu else None)
    floor = made.resources.memory_gib
    assert made.vertical.memory_gib == ((floor, floor * 2) if memory else None)
    assert any(f"verticalScaling {made.vertical.mode}: by what they used" in reason for reason in made.reasons)


@pytest.mark.parametrize(
    ("mode", "replicas", "warns"),
    [("Recreate", 1, True), ("InPlaceOrRecreate", 1, True), ("Recreate", 2, False), ("Initial", 1, False)],
)
def test_ending_the_only_replica_is_a_warning(mode: str, replicas: int, warns: bool) -> None:
    found = _plan(mode, replicas=replicas)
    assert [each.path for each in found.warnings if "verticalScaling" in each.path] == (
        ["models.a.verticalScaling"] if warns else []
    )


@pytest.mark.parametrize(("mode", "largest"), [("Off", 0.15), ("Initial", 2.0)])
def test_the_room_on_system_nodes_is_that_of_the_upper_bound(mode: str, largest: float) -> None:
    found = plan(changed(PROD, gateway={**PROD["gateway"], "verticalScaling": mode}))
    assert {each.cpu for each in gateway_pods(found.traffic)} == {largest}
    assert pod_resources().cpu == pytest.approx(0.15)


def test_its_own_pods_are_counted_as_its_chart_gets_them() -> None:
    found = plan(changed(PROD, gateway={**PROD["gateway"], "verticalScaling": "Initial"}))
    counted = addon_pods(found.addons)["vertical-pod-autoscaler"]
    given = [each for each in values().values() for _ in range(each["replicas"])]
    assert [each.cpu for each in counted] == [quantity(each["resources"]["requests"]["cpu"]) for each in given]
    items = {item.name: item for item in found.cost.items}
    assert items["vertical-pod-autoscaler"].min > 0
    assert items["metrics-server"].what == "0.2 of the system nodes' 8 vCPUs"
