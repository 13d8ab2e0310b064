"""The line of a model: its state, for how long, and against what of the plan."""

from collections.abc import Sequence
from typing import Any

import pytest

from infra.cli.status import exit_code, lines
from infra.plan.plan import Plan
from infra.status.findings import FirstToken
from infra.status.read import NO_RIGHT
from tests.example_stacks import plan_text, planned
from tests.status.cluster import PROD, of, one, pending, status
from tests.status.recorded import NOW, autoscaler, condition, container, crashing, deployment, job, pod, scaled_object

MODEL = "llama-70b"
COLD = PROD.models[MODEL].cold_start
SLEEPY = plan_text(
    "sleepy",
    """\
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm}}
    gpuPools: {gpu: {existing: {gpu: L4, gpusPerNode: 4, selector: {acme/gpu: l4}}, max: 8}}
    models:
      night: {model: Qwen/Qwen3-0.6B, pool: gpu, maxModelLen: 8192, replicas: {min: 0, max: 1}}
      off: {model: Qwen/Qwen3-0.6B, pool: gpu, maxModelLen: 8192, paused: true}
      on: {model: Qwen/Qwen3-0.6B, pool: gpu, maxModelLen: 8192, scaling: {ttftP95Seconds: 1}, replicas: {max: 2}}
    cache: {kind: storageClass, size: 100Gi}
    addons: {keda: existing, prometheus: {existing: {url: "http://prometheus.monitoring.svc:9090"}}}
""",
).plan
STARTING = pod(MODEL, container(started=False))
# What is there -> the plan, the name, the state, whether somebody has to look.
STATES: dict[str, tuple[Plan, str, Sequence[dict[str, Any]], str, bool]] = {
    "all replicas are ready": (PROD, MODEL, [deployment(MODEL, 1, 1)], "READY", False),
    "it loads its weights": (PROD, MODEL, [deployment(MODEL, 1, 0), STARTING], "STARTING", False),
    "one of two is ready, and the other starts": (
        PROD,
        MODEL,
        [deployment(MODEL, 2, 1), pod(MODEL, container(ready=True), name="a"), STARTING],
        "STARTING",
        False,
    ),
    "it crashes": (PROD, MODEL, [deployment(MODEL, 1, 0), pod(MODEL, crashing("no"))], "FAILING", True),
    "no pod is made": (
        PROD,
        MODEL,
        [deployment(MODEL, 1, 0, condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: team"))],
        "FAILING",
        True,
    ),
    "a rollout that fails beside replicas that serve": (
        PROD,
        MODEL,
        [deployment(MODEL, 1, 1), pod(MODEL, container(ready=True), name="a"), pod(MODEL, crashing("no"), name="b")],
        "READY",
        True,
    ),
    "a pod that its node put out days ago": (
        PROD,
        MODEL,
        [deployment(MODEL, 1, 1), pod(MODEL, phase="Failed", reason="Evicted", message="DiskPressure")],
        "READY",
        False,
    ),
    "the pod in its place starts": (
        PROD,
        MODEL,
        [deployment(MODEL, 1, 0), STARTING, pod(MODEL, name="x", phase="Failed", reason="Evicted")],
        "STARTING",
        False,
    ),
    "its metrics come with its first replica": (
        PROD,
        MODEL,
        [
            deployment(MODEL, 1, 0),
            STARTING,
            autoscaler(MODEL, condition("ScalingActive", "False", "FailedGetExternalMetric", "no metrics returned")),
        ],
        "STARTING",
        False,
    ),
    "it was never made": (PROD, MODEL, [], "ABSENT", True),
    "its weights come first": (PROD, MODEL, [job(MODEL, active=1)], "STARTING", False),
    "nobody asks": (SLEEPY, "night", [deployment("night", 0, 0), scaled_object("night")], "ASLEEP", False),
    "paused": (SLEEPY, "off", [deployment("off", 0, 0)], "PAUSED", False),
    "paused in the stack file alone": (SLEEPY, "off", [deployment("off", 1, 1)], "READY", True),
    "scaled down by hand": (SLEEPY, "on", [deployment("on", 0, 0), scaled_object("on")], "FAILING", True),
    "the gateway": (PROD, "gateway", [deployment("gateway", 2, 2)], "READY", False),
    "the gateway with one pod too few": (PROD, "gateway", [deployment("gateway", 1, 1)], "READY", True),
    "a gateway that crashes": (
        PROD,
        "gateway",
        [deployment("gateway", 2, 0), pod("gateway", crashing("no"), component="gateway")],
        "FAILING",
        True,
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_a_state_follows_from_what_is_there(name: str) -> None:
    plan, model, objects, state, wrong = STATES[name]
    scaler = [] if model == "gateway" else [scaled_object(model)]
    found = of(model, status(plan, *objects, *scaler))
    assert (found.state, found.wrong) == (state, wrong), found


def test_a_start_is_late_after_the_high_end_of_the_plan() -> None:
    for minutes, late in ((COLD.high / 60 - 1, False), (COLD.high / 60 + 1, True)):
        found = one(MODEL, pod(MODEL, container(started=False), minutes=minutes), scaled_object(MODEL))
        assert (found.state, found.late, found.wrong, found.planned_seconds) == ("STARTING", late, late, COLD.seconds)


def test_what_may_not_be_read_makes_no_state() -> None:
    assert {each.state for each in status(PROD, not_read={"Deployments": "forbidden"}).all} == {"UNKNOWN"}
    found = of(MODEL, status(PROD, deployment(MODEL, 1, 0), not_read={"pods": "forbidden"}))
    assert found.state == "UNKNOWN"


def everything(plan: Plan) -> list[dict[str, Any]]:
    servers = [deployment(name, each.replicas.min, each.replicas.min) for name, each in plan.models.items()]
    return [*servers, deployment("gateway", 2, 2), *(scaled_object(name) for name in plan.models)]


def test_the_exit_code_says_whether_somebody_has_to_look() -> None:
    good = status(PROD, *everything(PROD))
    assert exit_code(good, PROD, "") == exit_code(good, PROD, "no Prometheus") == 0
    assert exit_code(status(PROD), PROD, "") == 1
    assert exit_code(status(PROD, not_read={"Deployments": "forbidden"}), PROD, "") == 3
    # A promise of the stack file that nobody could look up is not kept for certain.
    others = [deployment("night", 0, 0), deployment("off", 0, 0), *everything(SLEEPY)]
    assert exit_code(status(SLEEPY, *others), SLEEPY, "no Prometheus") == 3
    for seconds, code in ((0.9, 0), (1.1, 1)):
        measured = {"on": FirstToken(seconds, 1.0, promised=True)}
        assert exit_code(status(SLEEPY, *others, first_tokens=measured), SLEEPY, "") == code


def test_an_aim_is_no_promise() -> None:
    measured = {MODEL: FirstToken(100.0, 9.2, promised=False)}
    assert exit_code(status(PROD, *everything(PROD), first_tokens=measured), PROD, "") == 0


def test_a_person_reads_a_line_per_model_and_the_first_cause() -> None:
    objects = [each for each in everything(PROD) if each["metadata"]["name"] != MODEL]
    waits = pending(MODEL, "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.")
    seen = status(
        PROD,
        *objects,
        deployment(MODEL, 1, 0),
        waits,
        scaled_object(MODEL, condition("Ready", "False", "", "no answer")),
        first_tokens={"llama-8b": FirstToken(0.71, 2.0, promised=False)},
    )
    text = "\n".join(lines(seen, PROD, 110, whole=False))
    for each in (
        f"prod · {PROD.cluster.name} · {NOW:%Y-%m-%d %H:%M} UTC",
        "llama-70b  PENDING   0 of 1    for 11 min; planned 12 min",
        "llama-8b   READY     1 of 1    for 2 hours; p95 to first token 0.7 s (aim 2.0)",
        "gateway    READY     2 of 2",
        "next: kubectl",
        "1 more: llm-platform status prod llama-70b",
    ):
        assert each in text, text
    assert all(len(line) <= 110 for line in text.splitlines() if "next:" not in line)
    whole = "\n".join(lines(seen, PROD, 110, whole=True))
    assert "KEDA doesn't scale it" in whole
    assert "more:" not in whole


def test_a_next_version_has_a_line_of_its_name() -> None:
    plan = planned("canary").plan
    new = {name for name, each in plan.models.items() if each.next_of}
    assert new
    assert new < {each.name for each in status(plan, *everything(plan)).models}


def test_what_rights_do_not_reach_is_said_once() -> None:
    found = status(PROD, not_read={"nodes": NO_RIGHT, "pods": NO_RIGHT, "logs": "gone"}).not_checked
    assert list(found) == [f"nodes, pods: {NO_RIGHT}", "logs: gone"]
