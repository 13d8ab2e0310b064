"""The rules of tests/invariants hold for every stack; the tests of each rule show that it finds what breaks it."""

import pytest

from tests import sites
from tests.conftest import STACK_NAMES
from tests.example_stacks import ALL_STACKS, planned, planned_stack
from tests.invariants import (
    RULES,
    test_arguments,
    test_capacity_order,
    test_charts_known,
    test_exposure,
    test_gateway_times,
    test_leaving,
    test_order,
    test_placement,
    test_scaling,
    test_space,
    test_timeouts,
)
from tests.invariants import reading as kind

SHOWN_TO_FAIL = (
    test_placement,
    test_capacity_order,
    test_space,
    test_timeouts,
    test_gateway_times,
    test_scaling,
    test_exposure,
    test_leaving,
    test_order,
    test_arguments,
    test_charts_known,
)


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_every_rule_holds_for_every_stack(stack: str) -> None:
    assert {rule: found for rule in RULES if (found := RULES[rule](planned(stack)))} == {}


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_every_stack_is_planned_without_a_violation(stack: str) -> None:
    assert planned(stack).plan.violations == ()


@pytest.mark.parametrize("stack", STACK_NAMES)
def test_a_first_preview_shows_every_resource(stack: str) -> None:
    """No resource is made inside an `apply`: a preview would not show it while the cloud's values are unknown."""
    known, unknown = planned_stack(stack), planned_stack(stack, preview=True)
    assert [made.urn for made in unknown.recording.resources] == [made.urn for made in known.recording.resources]


MEANT = {  # stack -> what the rules read: if it were missing, the rules would check nothing
    "local": {kind.DEPLOYMENT: 2, kind.JOB: 1, kind.CLAIM: 1},
    "guide": {kind.DEPLOYMENT: 3, kind.JOB: 2, kind.INGRESS: 1, kind.SECRET: 5},
    "dev": {kind.DEPLOYMENT: 2, kind.NODE_GROUP: 2, kind.SCALING_GROUP_TAG: 8, kind.RELEASE: 7},
    "staging": {kind.DEPLOYMENT: 3, kind.NODE_GROUP: 3, kind.INGRESS: 1, kind.SCALED_OBJECT: 1},
    "prod": {kind.DEPLOYMENT: 4, kind.NODE_GROUP: 4, kind.INGRESS: 1, kind.SCALED_OBJECT: 2, kind.SERVICE_MONITOR: 2},
    "many": {kind.DEPLOYMENT: 4, kind.NODE_GROUP: 4, kind.SCALED_OBJECT: 3, kind.SECRET: 7},
    "shared": {kind.DEPLOYMENT: 3, kind.SCALED_OBJECT: 1, kind.SERVICE_MONITOR: 1, kind.INGRESS: 1},
    "zonal": {kind.STORAGE_CLASS: 1, kind.CLAIM: 1, kind.NODE_GROUP: 2},
    "inplace": {kind.DEPLOYMENT: 3, kind.JOB: 1, kind.CLAIM: 1},
    "streamed": {kind.DEPLOYMENT: 2, kind.NETWORK_POLICY: 2, kind.SCALED_OBJECT: 1},
    "ondisk": {kind.DEPLOYMENT: 3, kind.CLAIM: 1, kind.NETWORK_POLICY: 3},
    "dear": {kind.DEPLOYMENT: 2, kind.NODE_GROUP: 2},
    "asleep": {kind.DEPLOYMENT: 2, kind.SCALED_OBJECT: 1},
    "maintained": {kind.DEPLOYMENT: 2, kind.SCALED_OBJECT: 1},
    "patient": {kind.DEPLOYMENT: 3, kind.INGRESS: 1, kind.SCALED_OBJECT: 1},
    "direct": {kind.DEPLOYMENT: 2, kind.INGRESS: 0},
    "canary": {kind.DEPLOYMENT: 5, kind.SCALED_OBJECT: 4, kind.SERVICE_MONITOR: 4, kind.JOB: 4},
    "byuse": {kind.DEPLOYMENT: 4, kind.SCALED_OBJECT: 1, kind.POD_SCALER: 2, kind.VERTICAL: 3, kind.RELEASE: 2},
    "open": {kind.DEPLOYMENT: 2, kind.INGRESS: 1},
    "fromzero": {kind.DEPLOYMENT: 3, kind.SCALED_OBJECT: 2, kind.SERVICE_MONITOR: 1, kind.INGRESS: 1},
    "elsewhere": {kind.DEPLOYMENT: 2, kind.SECRET: 5, kind.NETWORK_POLICY: 3},
    "box": {kind.DEPLOYMENT: 4, kind.JOB: 3, kind.CLAIM: 1},
    **sites.MEANT,
}


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_the_rules_have_something_to_hold_of(stack: str) -> None:
    recording = planned(stack).recording
    assert {type_: len(recording.of(type_)) for type_ in MEANT[stack]} == MEANT[stack]


def test_every_rule_is_shown_to_fail() -> None:
    assert {each.rule for module in SHOWN_TO_FAIL for each in module.BREAKS} == RULES.keys()
