"""Rule 5 finds timeouts that end too early."""

import pytest

from tests.invariants.breaking import ABSENT, Break, caught, without

BREAKS = [
    Break(
        "5 timeouts",
        "prod",
        "Ingress gateway-ingress",
        "inputs metadata annotations alb.ingress.kubernetes.io/load-balancer-attributes",
        ABSENT,
        "idle_timeout.timeout_seconds is 60 s, an answer may take 300 s",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Ingress gateway-ingress",
        "inputs metadata annotations alb.ingress.kubernetes.io/target-group-attributes",
        "deregistration_delay.timeout_seconds=320",
        "deregistration_delay.timeout_seconds is 320 s, an answer may take 600 s",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment gateway-proxy-deployment",
        "pod terminationGracePeriodSeconds",
        700,
        "gateway: a removed node gives 675 s of its 700 s",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment llama-8b-deployment",
        "container env",
        lambda env: [each for each in env if each["name"] != "VLLM_HTTP_TIMEOUT_KEEP_ALIVE"],
        "llama-8b: VLLM_HTTP_TIMEOUT_KEEP_ALIVE isn't set",
    ),
    Break(
        "5 timeouts",
        "guide",
        "Ingress gateway-ingress",
        "inputs metadata annotations nginx.ingress.kubernetes.io/proxy-read-timeout",
        "60",
        "proxy-read-timeout is 60 s",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment llama-8b-deployment",
        "pod terminationGracePeriodSeconds",
        ABSENT,
        "30 s of grace",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment llama-8b-deployment",
        "container args",
        without("--shutdown-timeout"),
        "drain 0 s cut answers",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment helper-deployment",
        "container lifecycle preStop sleep seconds",
        20,
        "cut answers",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment llama-8b-deployment",
        "container lifecycle preStop sleep seconds",
        0,
        "no preStop sleep",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment llama-8b-deployment",
        "container startupProbe failureThreshold",
        3,
        "startup probe gives 30 s",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment helper-deployment",
        "container startupProbe timeoutSeconds",
        1,
        "one startup probe",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment llama-8b-deployment",
        "inputs spec progressDeadlineSeconds",
        200,
        "the progress deadline waits 200 s",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment llama-8b-deployment",
        "inputs spec progressDeadlineSeconds",
        600,
        "the progress deadline waits 600 s, an old pod's end and a cold start",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment llama-70b-deployment",
        "options custom_timeouts create",
        "5m",
        "Pulumi on create",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Job llama-70b-prefetch-job",
        "options custom_timeouts",
        ABSENT,
        "Pulumi gives up before the Job",
    ),
    Break(
        "5 timeouts",
        "prod",
        "Deployment llama-8b-deployment",
        "pod terminationGracePeriodSeconds",
        5000,
        "a removed node gives 675 s of its 5000 s",
    ),
]


@pytest.mark.parametrize("each", BREAKS, ids=str)
def test_a_broken_recording_is_caught(each: Break) -> None:
    caught(each)
