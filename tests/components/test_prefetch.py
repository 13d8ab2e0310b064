"""The Job that fetches weights: the only pod with the token and the internet, and with a clear error when it fails."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from components.prefetch import Prefetch
from infra.engines import ENGINES
from infra.recording import Recording
from tests.components.examples import CHAT, OLLAMA, environment, pod, run
from tests.conftest import HANGS_SECONDS

JOB = "kubernetes:batch/v1:Job"


def prefetch(**changes: Any) -> Recording:
    arguments: dict[str, Any] = {
        "namespace": "llm",
        "engine": "vllm",
        "served": CHAT,
        "image": "vllm/vllm-openai:v0.32.0",
        "cpu": 1,
        "memory_gib": 2,
        "memory_limit_gib": 8,
        "scratch_gib": 5,
        "deadline_seconds": 3600,
        "stall_seconds": 600,
        "node_selector": {},
        "tolerations": [],
        "set_group": True,
        **changes,
    }
    engine, served = ENGINES[arguments.pop("engine")], arguments.pop("served")
    fetch = engine.fetch(served)
    return run(lambda opts: Prefetch(f"{served.name}-prefetch", model=served.name, fetch=fetch, opts=opts, **arguments))


def test_the_job_has_a_fixed_name_in_the_namespace():
    (job,) = prefetch().of(JOB)
    assert (job.inputs["metadata"]["name"], job.inputs["metadata"]["namespace"]) == ("llama-8b-prefetch", "llm")


@pytest.mark.parametrize("tolerations", [[], [{"key": "nvidia.com/gpu", "operator": "Exists"}]])
def test_it_runs_on_the_given_nodes(tolerations: list[dict[str, str]]) -> None:
    spec = pod(prefetch(node_selector={"lab": "gpu"}, tolerations=tolerations), JOB)
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux", "lab": "gpu"}
    assert spec.get("tolerations", []) == tolerations
    assert pod(prefetch(), JOB)["nodeSelector"] == {"kubernetes.io/os": "linux"}


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
    assert "HF_TOKEN" not in environment(pod(prefetch(engine="ollama", served=OLLAMA), JOB))


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
        "requests": {"cpu": "1000m", "memory": "2048Mi", "ephemeral-storage": "5Gi"},
        "limits": {"memory": "8192Mi", "ephemeral-storage": "5Gi"},
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


def program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def attempt(tmp_path: Path, downloads: str, *, stall_seconds: int) -> tuple[int, list[str]]:
    """The Job's own command with a stand-in for the hub's command line; the claim is a folder here. Between two looks
    it waits for a tenth of the time; what stands for the hub waits by /bin/sleep."""
    program(tmp_path / "huggingface-cli", f"folder={tmp_path}/models/weights\nmkdir -p $folder\n{downloads}")
    program(tmp_path / "sleep", 'exec /bin/sleep "0.$1"')
    command = pod(prefetch(stall_seconds=stall_seconds), JOB)["containers"][0]["command"]
    pause = command.index(str(stall_seconds)) + 1
    command[pause] = "1"  # seconds before it asks the hub again
    here = [f"{tmp_path}/models" if part.startswith("/models/") else part for part in command]
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    ended = subprocess.run(here, env=env, capture_output=True, text=True, check=False, timeout=HANGS_SECONDS)
    return ended.returncode, (ended.stdout + ended.stderr).splitlines()


@pytest.mark.programs
def test_a_download_that_writes_ends_with_its_own_answer(tmp_path):
    slow = "for part in $(seq 12); do echo $part >> $folder/part.incomplete; /bin/sleep 0.5; done; echo done"
    assert attempt(tmp_path, slow, stall_seconds=5) == (0, ["done"])


@pytest.mark.programs
def test_a_download_that_fails_ends_with_its_own_error(tmp_path):
    code, lines = attempt(tmp_path, "echo '401 Client Error: gated' >&2; exit 3", stall_seconds=60)
    assert (code, lines) == (3, ["401 Client Error: gated"])


@pytest.mark.programs
def test_a_download_that_stalls_ends_long_before_the_deadline(tmp_path):
    code, lines = attempt(tmp_path, "echo 1 > $folder/part.incomplete; exec /bin/sleep 100", stall_seconds=3)
    assert code == 75
    assert lines == [
        f"Stalled: nothing was written to {tmp_path}/models for 3 s. This attempt ends; the next one goes on."
    ]


@pytest.mark.programs
def test_what_an_earlier_attempt_left_is_not_taken_for_a_stall(tmp_path):
    (tmp_path / "models").mkdir()
    old = tmp_path / "models" / "part.incomplete"
    old.write_text("1")
    hours_ago = time.time() - 10_000
    os.utime(old, (hours_ago, hours_ago))
    assert attempt(tmp_path, "/bin/sleep 1; echo done", stall_seconds=60) == (0, ["done"])


AWAY = "503 Server Error: Service Unavailable for url: https://huggingface.co/api/models/a/b"


@pytest.mark.programs
@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (AWAY, 3),
        ("Failed to resolve 'huggingface.co' ([Errno -3] Temporary failure in name resolution)", 3),
        ("401 Client Error: Unauthorized", 1),  # a wrong token is no better the second time
    ],
)
def test_a_hub_that_is_away_is_asked_again(tmp_path, error, asked):
    count = f'echo x >> {tmp_path}/asked; if [ "$(wc -l < {tmp_path}/asked)" -lt 3 ]'
    code, _ = attempt(tmp_path, f'{count}; then echo "{error}" >&2; exit 1; fi; echo done', stall_seconds=60)
    assert len((tmp_path / "asked").read_text().splitlines()) == asked
    assert (code == 0) is (asked == 3)


@pytest.mark.programs
def test_a_hub_that_stays_away_ends_the_attempt_with_its_error(tmp_path):
    code, lines = attempt(tmp_path, f'echo x >> {tmp_path}/asked; echo "{AWAY}" >&2; exit 1', stall_seconds=60)
    assert (code, lines[-1]) == (1, AWAY)
    assert len((tmp_path / "asked").read_text().splitlines()) == 5
