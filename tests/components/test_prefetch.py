"""The Job that fetches weights: the only pod with the token and the internet, and honest when it fails."""

from typing import Any

import pytest

from components.engines import ENGINES
from components.prefetch import Prefetch
from infra.recording import Recording
from tests.components.examples import CHAT, OLLAMA, environment, pod, run

JOB = "kubernetes:batch/v1:Job"


def prefetch(**changes: Any) -> Recording:
    told: dict[str, Any] = {
        "namespace": "llm",
        "engine": "vllm",
        "workload": CHAT,
        "image": "vllm/vllm-openai:v0.28.0",
        "cpu": 1,
        "memory_gib": 4,
        "scratch_gib": 5,
        "deadline_seconds": 3600,
        "set_group": True,
        **changes,
    }
    return run(lambda opts: Prefetch(f"{told['workload'].name}-prefetch", opts=opts, **told))


def test_the_job_has_a_fixed_name_in_the_namespace():
    (job,) = prefetch().of(JOB)
    assert (job.inputs["metadata"]["name"], job.inputs["metadata"]["namespace"]) == ("llama-8b-prefetch", "llm")


def test_a_failed_job_is_replaced_by_the_next_up_and_a_finished_one_is_no_difference():
    (job,) = prefetch().of(JOB)
    assert job.inputs["metadata"]["annotations"] == {"pulumi.com/replaceUnready": "true"}
    assert "ttlSecondsAfterFinished" not in job.inputs["spec"]


def test_a_failure_shows_the_end_of_the_log_and_not_only_the_backoff_limit():
    (job,) = prefetch().of(JOB)
    spec = pod(prefetch(), JOB)
    assert spec["containers"][0]["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert spec["restartPolicy"] == "Never"
    assert job.inputs["spec"]["backoffLimit"] <= 2
    # Pulumi reports BackoffLimitExceeded and DeadlineExceeded; with a podFailurePolicy it would wait for its timeout.
    assert "podFailurePolicy" not in job.inputs["spec"]


def test_pulumi_waits_longer_than_the_job_may_run():
    (job,) = prefetch(deadline_seconds=7200).of(JOB)
    assert job.inputs["spec"]["activeDeadlineSeconds"] == 7200
    assert job.options["custom_timeouts"] == {"create": "7260s", "update": "7260s"}


@pytest.mark.parametrize("engine", ["vllm", "tgi"])
def test_the_job_reads_the_token_from_a_secret_that_may_be_absent(engine):
    token = environment(pod(prefetch(engine=engine), JOB))["HF_TOKEN"]
    assert token == {"secretKeyRef": {"name": "huggingface-token", "key": "token", "optional": True}}


def test_ollama_needs_no_token():
    assert "HF_TOKEN" not in environment(pod(prefetch(engine="ollama", workload=OLLAMA), JOB))


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_the_job_stays_away_from_gpu_nodes(engine):
    spec = pod(prefetch(engine=engine), JOB)
    assert "tolerations" not in spec
    assert "nvidia.com/gpu" not in str(spec)


def test_the_job_passes_pod_security_restricted_with_resources():
    spec = pod(prefetch(), JOB)
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsUser"] == 2000
    assert spec["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["resources"] == {
        "requests": {"cpu": "1000m", "memory": "4096Mi", "ephemeral-storage": "5Gi"},
        "limits": {"memory": "4096Mi", "ephemeral-storage": "5Gi"},
    }
    assert spec["automountServiceAccountToken"] is False
    assert "readOnly" not in {k for mount in container["volumeMounts"] for k in mount}


def test_the_job_reaches_dns_and_https_only_and_nobody_reaches_it():
    recording = prefetch()
    (policy,) = recording.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    spec = policy.inputs["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in spec
    _, https = spec["egress"]
    assert https["ports"] == [{"protocol": "TCP", "port": 443}]
    assert https["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]
    (job,) = recording.of(JOB)
    assert spec["podSelector"]["matchLabels"] == job.inputs["spec"]["template"]["metadata"]["labels"]
    assert policy.urn in job.options["depends_on"]
