"""Scaling: a failed query is an error, the minimum is explicit, and scaling down is slow."""

from typing import Any

import pytest

from components.model_scaler import ModelScaler
from infra.engines import ENGINES
from infra.plan.schedule import Opening
from infra.recording import Recording
from tests.components.examples import run

SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"


def scaler(**changes: Any) -> Recording:
    arguments: dict[str, Any] = {
        "namespace": "llm",
        "target": "llama-8b",
        "engine": "vllm",
        "thresholds": {"waiting": 5, "running": 16},
        "min_replicas": 1,
        "max_replicas": 4,
        "fallback_replicas": 2,
        "polling_seconds": 15,
        "cooldown_seconds": 300,
        "prometheus_url": "http://prometheus-operated.monitoring:9090",
        **changes,
    }
    queries = ENGINES[arguments.pop("engine")].queries("llm", "llama-8b")
    return run(lambda opts: ModelScaler("llama-8b-scaler", queries=queries, opts=opts, **arguments))


def spec(recording: Recording) -> dict[str, Any]:
    (scaled_object,) = recording.of(SCALED_OBJECT)
    return scaled_object.inputs["spec"]


def test_it_scales_the_models_deployment_between_explicit_bounds():
    result = spec(scaler())
    assert result["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "llama-8b"}
    assert (result["minReplicaCount"], result["maxReplicaCount"]) == (1, 4)
    assert (result["pollingInterval"], result["cooldownPeriod"]) == (15, 300)


@pytest.mark.parametrize("engine", ["vllm", "tgi"])
def test_each_trigger_is_one_sum_a_replica_that_fails_when_it_is_empty(engine):
    triggers = spec(scaler(engine=engine))["triggers"]
    assert [(t["name"], t["metadata"]["threshold"]) for t in triggers] == [("waiting", "5"), ("running", "16")]
    for trigger in triggers:
        assert trigger["metricType"] == "AverageValue"  # the only type with which KEDA's fallback works
        assert trigger["metadata"]["ignoreNullValues"] == "false"
        assert trigger["metadata"]["query"].startswith("sum(")
        assert trigger["metadata"]["serverAddress"] == "http://prometheus-operated.monitoring:9090"


def test_it_scales_on_the_signals_that_are_passed():
    (trigger,) = spec(scaler(thresholds={"waiting": 3}))["triggers"]
    assert trigger["name"] == "waiting"


def test_an_engine_without_metrics_is_refused():
    with pytest.raises(ValueError, match="llama-8b: no query measures"):
        scaler(engine="ollama")


def test_a_prometheus_that_is_away_takes_no_replica_away():
    assert spec(scaler())["fallback"] == {
        "failureThreshold": 3,
        "replicas": 2,
        "behavior": "currentReplicasIfHigher",
    }


@pytest.mark.parametrize(
    ("cooldown", "window", "period"), [(300, 600, 300), (640, 1280, 640), (1810, 3600, 1800), (7200, 3600, 1800)]
)
def test_it_goes_up_to_twice_as_many_within_a_start_and_down_one_at_a_time_after_two(cooldown, window, period):
    """KEDA's cooldown applies only to the last replica; an autoscaler's window is at most an hour, and the period of a
    policy 30 minutes."""
    behavior = spec(scaler(cooldown_seconds=cooldown))["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] == window
    assert [policy["value"] for policy in behavior["scaleDown"]["policies"]] == [1]
    ways = [(each["type"], each["value"], each["periodSeconds"]) for each in behavior["scaleUp"]["policies"]]
    assert ways == [("Percent", 100, period), ("Pods", 2, period)]


@pytest.mark.parametrize(
    ("paused", "annotations"), [(True, {"autoscaling.keda.sh/paused-replicas": "0"}), (False, None)]
)
def test_a_paused_model_is_held_at_no_replicas(paused, annotations):
    (scaled_object,) = scaler(paused=paused).of(SCALED_OBJECT)
    assert scaled_object.inputs["metadata"].get("annotations") == annotations


def test_hours_are_triggers_beside_the_queries_and_need_none():
    opening = Opening("45 7 * * 1-5", "0 19 * * 1-5", "Europe/Amsterdam", 2)
    metadata = {
        "timezone": "Europe/Amsterdam",
        "start": "45 7 * * 1-5",
        "end": "0 19 * * 1-5",
        "desiredReplicas": "2",
    }
    by_hour = {"type": "cron", "metricType": "AverageValue", "metadata": metadata}
    assert spec(scaler(openings=[opening]))["triggers"][2:] == [by_hour]
    assert spec(scaler(openings=[opening], thresholds={}))["triggers"] == [by_hour]
