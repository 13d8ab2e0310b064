"""A cluster would accept every Kubernetes object that `plan --out` writes."""

from copy import deepcopy
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from infra.cli.files import file_name, kubernetes_objects
from tests.example_stacks import ALL_STACKS, planned
from tests.kubernetes_schema import check


def objects(stack: str) -> list[dict[str, Any]]:
    found = kubernetes_objects(planned(stack).recording)
    assert {"Deployment", "Service", "NetworkPolicy"} <= {o["kind"] for o in found}
    return found


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_every_object_is_valid_in_the_version_of_its_cluster(stack: str) -> None:
    for made in objects(stack):
        check(made, planned(stack).plan.cluster.version)


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_every_object_has_a_separate_file(stack: str) -> None:
    names = [file_name(made) for made in objects(stack)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_no_two_objects_are_the_same_one(stack: str) -> None:
    """Logical names differ always; the engine doesn't see that two of them are one object in the cluster."""
    same = [(o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]) for o in objects(stack)]
    assert sorted(same, key=str) == sorted(set(same), key=str)


def one_of_each_kind() -> dict[str, dict[str, Any]]:
    return {made["kind"]: made for stack in ("byuse", "zonal", "prod") for made in objects(stack)}


def test_the_check_refuses_a_field_that_a_kind_does_not_have() -> None:
    kinds = one_of_each_kind()
    assert {"ScaledObject", "ServiceMonitor", "StorageClass", "PersistentVolume", "Namespace", "Secret"} <= kinds.keys()
    for made in kinds.values():
        with pytest.raises((jsonschema.ValidationError, kubernetes_validate.ValidationError)):
            check({**made, "specification": {}}, "1.35")


BELOW = {  # kind -> a field below the first level, and a value of the wrong type
    "Deployment": ("spec template spec containers 0 livenessProbe", {"httpGet": {"path": "/health"}}),
    "Job": ("spec backoffLimit", "two"),
    "Ingress": ("spec rules 0 http paths 0 pathType", 1),
    "NetworkPolicy": ("spec egress 0 ports 0 protocol", 53),
    "PersistentVolume": ("spec capacity", "1Ti"),
    "ScaledObject": ("spec triggers 0 metadata threshold", 5),
    "ServiceMonitor": ("spec endpoints 0 interval", 15),
    "PodMonitor": ("spec podMetricsEndpoints 0 interval", 15),
    "HorizontalPodAutoscaler": ("spec metrics 0 resource target averageUtilization", "80 %"),
    "VerticalPodAutoscaler": ("spec updatePolicy updateMode", "Always"),
}


@pytest.mark.parametrize("kind", BELOW)
def test_the_check_refuses_a_wrong_value_deep_inside(kind: str) -> None:
    path, value = BELOW[kind]
    broken = deepcopy(one_of_each_kind()[kind])
    *way, last = [int(key) if key.isdigit() else key for key in path.split(" ")]
    at: Any = broken
    for key in way:
        at = at[key]
    at[last] = value
    with pytest.raises((jsonschema.ValidationError, kubernetes_validate.ValidationError)):
        check(broken, "1.35")


@pytest.mark.parametrize(
    ("key", "value"),
    [("desiredReplicas", 1), ("timezone", None), ("start", 480)],
)
def test_the_definition_of_keda_holds_of_hours_too(key: str, value: Any) -> None:
    """Its trigger takes texts alone: a number of replicas that is a number is refused."""
    (made,) = [each for each in objects("fromzero") if each["metadata"]["name"] == "notes" and "Scaled" in each["kind"]]
    check(made, "1.35")
    broken = deepcopy(made)
    (hours,) = [each for each in broken["spec"]["triggers"] if each["type"] == "cron"]
    assert set(hours["metadata"]) == {"timezone", "start", "end", "desiredReplicas"}, "what KEDA's cron scaler reads"
    hours["metadata"][key] = value
    with pytest.raises(jsonschema.ValidationError):
        check(broken, "1.35")
