"""Every object that a chart makes with the values of some stack is valid: as an API server would take it, where unknown
fields are mistakes. tests/schemas/render_charts.py renders them, with Helm."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import kubernetes_validate
import pytest
from jsonschema import Draft202012Validator, ValidationError

from infra.catalog import load_catalog
from tests.invariants.charts import RENDERED, what_charts_make_is_known
from tests.kubernetes_schema import check_own
from tests.monitoring.everything import SCALERS, planned_everything
from tests.monitoring.variants import SCHEMAS, is_custom

_KINDS: Mapping[str, Any] = json.loads((SCHEMAS / "rendered_kinds.json").read_text(encoding="utf-8"))
VERSIONS = sorted(load_catalog().kubernetes)


@cache
def _custom(kind: str) -> Draft202012Validator:
    return Draft202012Validator(_KINDS[kind])


def check(made: Mapping[str, Any], version: str) -> None:
    """Raise if it isn't valid."""
    if is_custom(made):
        _custom(made["kind"]).validate(
            {key: each for key, each in made.items() if key not in ("apiVersion", "metadata")}
        )
    else:
        check_own(made, version)


def test_those_of_a_stack_with_everything_are_among_them() -> None:
    """Those of every other stack: tests/test_invariants.py."""
    assert what_charts_make_is_known(planned_everything(SCALERS[0])) == []


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
@pytest.mark.parametrize("chart", RENDERED)
def test_each_object_of_a_chart_is_valid(chart: str, version: str) -> None:
    assert RENDERED[chart]["objects"] or chart == "karpenter-crd"  # definitions alone
    for made in RENDERED[chart]["objects"]:
        check(made, version)


def test_a_wrong_field_is_found() -> None:
    (made,) = [each for each in RENDERED["kube-prometheus-stack"]["objects"] if each["kind"] == "Alertmanager"]
    wrong = {**made, "spec": {**made["spec"], "replicass": 1}}
    with pytest.raises(ValidationError, match="replicass"):
        check(wrong, VERSIONS[0])
    deployment = next(each for each in RENDERED["keda"]["objects"] if each["kind"] == "Deployment")
    with pytest.raises(kubernetes_validate.ValidationError, match="replicass"):
        check({**deployment, "spec": {**deployment["spec"], "replicass": 1}}, VERSIONS[0])
