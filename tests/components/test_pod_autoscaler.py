"""Pods that scale by what they use: the HorizontalPodAutoscaler, and who else says how many there are."""

from typing import Any

import pytest

from components.model_scaler import ModelScaler
from components.pod_autoscaler import cores
from infra.plan.pods import PodScaling
from infra.plan.schedule import Opening
from tests.components.examples import OLLAMA, run, server
from tests.components.test_gateway_proxy import proxy

POD_SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
OF_THE_GATEWAY = PodScaling(2, 6, 1.0, 400, 2, 600)
OF_A_MODEL = PodScaling(1, 3, 0.8, None, 1, 300)


def test_the_gateways_pods_scale_by_cpu_and_memory_quickly_up_and_slowly_down() -> None:
    (made,) = proxy(scaled=OF_THE_GATEWAY).of(POD_SCALER)
    spec = made.inputs["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gateway"}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 6)
    targets = {each["resource"]["name"]: each["resource"]["target"] for each in spec["metrics"]}
    assert targets == {
        "cpu": {"type": "AverageValue", "averageValue": "1"},
        "memory": {"type": "AverageValue", "averageValue": "400Mi"},
    }
    assert spec["behavior"]["scaleUp"]["policies"] == [{"type": "Pods", "value": 2, "periodSeconds": 60}]
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 600


def test_a_model_scales_by_cpu_alone() -> None:
    (made,) = server(engine="ollama", served=OLLAMA, by_use=OF_A_MODEL).of(POD_SCALER)
    (metric,) = made.inputs["spec"]["metrics"]
    assert metric["resource"] == {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "800m"}}
    assert made.inputs["metadata"]["annotations"]["validations.keda.sh/hpa-ownership"] == "false"


@pytest.mark.parametrize("scaled", [None, OF_THE_GATEWAY])
def test_the_gateways_number_is_the_scalers_where_there_is_one(scaled: PodScaling | None) -> None:
    """Else Pulumi's own value has to win, against that of a scaler that is gone."""
    (made,) = proxy(scaled=scaled).of(DEPLOYMENT)
    assert made.options.get("ignore_changes", []) == (["spec.replicas"] if scaled else [])
    assert made.inputs["metadata"]["annotations"] == {"pulumi.com/patchForce": "true"}


@pytest.mark.parametrize(("replicas", "ignored"), [(1, ["spec.replicas"]), (0, [])])
def test_a_paused_model_has_no_pod_whatever_scales_it(replicas: int, ignored: list[str]) -> None:
    (made,) = server(engine="ollama", served=OLLAMA, by_use=OF_A_MODEL, replicas=replicas).of(DEPLOYMENT)
    assert made.options.get("ignore_changes", []) == ignored


def test_keda_scales_by_the_same_number_where_a_model_has_hours() -> None:
    def made(opts: Any) -> None:
        ModelScaler(
            "office-scaler",
            namespace="llm",
            target="office",
            queries=[],
            thresholds={},
            openings=[Opening("40 7 * * 1-5", "0 19 * * 1-5", "Europe/Amsterdam", 2)],
            min_replicas=1,
            max_replicas=3,
            fallback_replicas=1,
            polling_seconds=15,
            cooldown_seconds=300,
            cpu=1.6,
            prometheus_url="http://prometheus",
            opts=opts,
        )

    (scaler,) = run(made).of("kubernetes:keda.sh/v1alpha1:ScaledObject")
    hours, use = scaler.inputs["spec"]["triggers"]
    assert hours["type"] == "cron"
    assert use == {"type": "cpu", "metricType": "AverageValue", "metadata": {"value": "1600m"}}


@pytest.mark.parametrize(("number", "text"), [(0.8, "800m"), (1.0, "1"), (2.4, "2400m"), (16, "16")])
def test_cores_are_written_as_kubernetes_writes_them(number: float, text: str) -> None:
    assert cores(number) == text
