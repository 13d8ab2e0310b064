"""Rule 6 finds queries that would never scale and cause no error."""

import pytest

from tests.invariants.breaking import ABSENT, Break, caught, instead

BREAKS = [
    Break(
        "6 queries",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "trigger query",
        instead("sum(", "max("),
        "isn't one sum",
    ),
    Break(
        "6 queries",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "trigger query",
        instead("model_name=", "model="),
        "no label model",
    ),
    Break(
        "6 queries",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "trigger query",
        instead("num_requests_waiting", "num_requests_swapped"),
        "no metric vllm:num_requests_swapped",
    ),
    Break(
        "6 queries",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "trigger query",
        instead('"llama-8b"', '"llama"'),
        "query says llama",
    ),
    Break(
        "6 queries",
        "maintained",
        "ScaledObject qwen-7b-scaler-scaled-object",
        "trigger query",
        instead(',service="qwen-7b"', ""),
        "counts other models' requests too",
    ),
    Break(
        "6 queries",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "trigger ignoreNullValues",
        ABSENT,
        "an empty answer reads as 0",
    ),
    Break(
        "6 queries",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "trigger serverAddress",
        "http://prometheus",
        "no Prometheus is",
    ),
    Break(
        "6 queries",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "inputs spec minReplicaCount",
        ABSENT,
        "minReplicaCount is not set, so 0",
    ),
    Break(
        "6 queries",
        "fromzero",
        "ScaledObject notes-scaler-scaled-object",
        "trigger query",
        instead("remaining_retries", "remaining_cx"),
        "minReplicaCount is 0",
    ),
    Break(
        "6 queries",
        "fromzero",
        "ScaledObject notes-scaler-scaled-object",
        "trigger query",
        instead("model_notes", "model_chat"),
        "model is notes, the query says chat",
    ),
    Break(
        "6 queries",
        "fromzero",
        "ScaledObject notes-scaler-scaled-object",
        "trigger query",
        instead("sum(100", "sum(1000"),
        "Envoy holds 100, the query says 1000",
    ),
    Break(
        "6 queries",
        "fromzero",
        "ScaledObject chat-scaler-scaled-object",
        "trigger query",
        instead(" or vector(0)", ""),
        "is an error while there is no pod",
    ),
    Break(
        "6 queries",
        "fromzero",
        "ScaledObject notes-scaler-scaled-object",
        "inputs spec triggers 2 metadata start",
        instead("* *", "8 *"),
        "is no time",
    ),
    Break(
        "6 queries",
        "fromzero",
        "ScaledObject notes-scaler-scaled-object",
        "inputs spec triggers 2 metadata timezone",
        instead("Amsterdam", "Utrecht"),
        "no time zone Europe/Utrecht",
    ),
    Break(
        "6 queries",
        "fromzero",
        "ScaledObject notes-scaler-scaled-object",
        "inputs spec triggers 2 metadata desiredReplicas",
        "2",
        "changes nothing",
    ),
    Break(
        "6 queries",
        "fromzero",
        "PodMonitor gateway-proxy-monitor",
        "inputs spec selector matchLabels",
        {"app": "gateway"},
        "gateway: no monitor scrapes it",
    ),
    Break(
        "6 queries",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "inputs spec idleReplicaCount",
        0,
        "takes the last replica away",
    ),
    Break(
        "6 queries", "prod", "ScaledObject llama-8b-scaler-scaled-object", "inputs spec fallback", ABSENT, "no fallback"
    ),
    Break(
        "6 queries",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "inputs spec triggers",
        [],
        "nothing scales it",
    ),
    Break(
        "6 queries",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "inputs spec scaleTargetRef name",
        "llama",
        "which nothing makes",
    ),
    Break(
        "6 queries",
        "prod",
        "Deployment llama-8b-deployment",
        "options ignore_changes",
        ABSENT,
        "would take back what KEDA scaled",
    ),
    Break(
        "6 queries",
        "prod",
        "ServiceMonitor llama-8b-monitor",
        "inputs spec selector matchLabels",
        {"app": "llama-8b"},
        "no monitor scrapes it",
    ),
]


@pytest.mark.parametrize("each", BREAKS, ids=str)
def test_a_broken_recording_is_caught(each: Break) -> None:
    caught(each)
