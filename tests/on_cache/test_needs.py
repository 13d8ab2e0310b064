"""What of the cache something needs: by the stack file, and by the objects of a cluster as kubectl prints them."""

from typing import Any

import pytest

from infra.on_cache.needs import Needs, holder, needs, of_plan
from tests.example_stacks import plan_text, planned

PLAN = planned("local").plan
OLD, NEW = "hf/Qwen/Qwen3-8B/old", "hf/Qwen/Qwen3-8B/new"
TWO = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm, oneNode: true}}
    gpuPools: {a: {existing: {gpu: L40S, gpusPerNode: 8, nodes: 1, selector: {a: b}}}}
    models:
      one: {model: Qwen/Qwen3-8B, revision: old, pool: a}
      two: {model: Qwen/Qwen3-8B, revision: old, pool: a, maxModelLen: 4096}
      chat:
        model: Qwen/Qwen3-8B
        revision: old
        pool: a
        adapters: {support: {model: acme/support, revision: v1}}
        next: {revision: new, replicas: 1}
        rollout: {strategy: canary, weight: 5}
      off: {model: Qwen/Qwen3-4B, paused: true, pool: a}
      own: {model: "pvc://weights/x", like: Qwen/Qwen3-8B, pool: a}
"""


def template(path: str | None, *, claim: str = "model-cache", at: str = "/models", **mount: Any) -> dict[str, Any]:
    words = {"args": [f"{at}/{path}", "--served-model-name", "chat"]} if path else {}
    container = {"name": "server", "volumeMounts": [{"name": "models", "mountPath": at, **mount}], **words}
    volumes = [{"name": "models", "persistentVolumeClaim": {"claimName": claim}}, {"name": "tmp", "emptyDir": {}}]
    return {"containers": [container], "volumes": volumes}


def made(kind: str, name: str, spec: dict[str, Any], owner: tuple[str, str] | None = None, **more: Any) -> Any:
    """`spec` of its pods."""
    whole = spec if kind == "Pod" else {"template": {"spec": spec}}
    if kind == "CronJob":
        whole = {"jobTemplate": {"spec": whole}}
    owners = [{"kind": owner[0], "name": owner[1], "controller": True}] if owner else []
    revision = {"deployment.kubernetes.io/revision": str(more.pop("revision"))} if "revision" in more else {}
    metadata = {"name": name, "ownerReferences": owners, "annotations": revision, "labels": more.pop("labels", {})}
    return {"kind": kind, "metadata": metadata, "spec": whole, **more}


def replica_set(name: str, path: str, revision: int, deployment: str = "chat") -> Any:
    return made("ReplicaSet", name, template(path), ("Deployment", deployment), revision=revision)


def of(*objects: Any) -> Needs:
    return needs(PLAN, objects)


def whom(path: str, *objects: Any) -> list[str]:
    return of(*objects).of(path)


def test_the_stack_file_needs_what_each_of_its_servers_reads() -> None:
    found = [(each.path, each.who) for each in of_plan(plan_text("dev", TWO).plan)]
    assert sorted(found) == [
        ("adapters/chat-next/Qwen/Qwen3-8B/new/support", "the stack file: models.chat.next"),
        ("adapters/chat/Qwen/Qwen3-8B/old/support", "the stack file: models.chat"),
        ("hf/Qwen/Qwen3-4B/main", "the stack file: models.off"),
        (NEW, "the stack file: models.chat.next"),
        (OLD, "the stack file: models.chat"),
        (OLD, "the stack file: models.one"),
        (OLD, "the stack file: models.two"),
    ]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"])
def test_whatever_has_the_claim_in_its_pods_needs_what_it_names(kind: str) -> None:
    assert whom(OLD, made(kind, "chat", template(OLD))) == [f"{kind} chat"]
    assert whom(NEW, made(kind, "chat", template(OLD))) == []
    assert whom(OLD, made(kind, "chat", template(OLD, claim="weights"))) == []


@pytest.mark.parametrize(
    "container",
    [
        {"args": [f"/models/{OLD}"]},
        {"command": ["sh", "-c", f"serve --model=/models/{OLD}/ --port 1"]},
        {"args": ["--speculative-config", f'{{"model": "/models/{OLD}", "n": 3}}']},
        {"args": [f"--lora-modules=a=/models/{OLD},b=/models/hf/x"]},
        {"env": [{"name": "OLLAMA_MODELS", "value": f"/models/{OLD}"}, {"name": "SECRET", "valueFrom": {}}]},
        {"args": [f"/models/{OLD}/model.safetensors"]},
        {"args": ["/models/hf/Qwen"]},
    ],
)
def test_a_directory_is_named_in_a_command_or_in_a_variable(container: dict[str, Any]) -> None:
    spec = template("hf/other/main")
    spec["containers"][0] |= container
    assert whom(OLD, made("Pod", "x", spec)) == ["Pod x"]
    spec["initContainers"], spec["containers"] = spec["containers"], template("hf/other/main")["containers"]
    assert whom(OLD, made("Pod", "x", spec)) == ["Pod x"]


def test_a_rollback_needs_the_last_weights_before_those_of_now() -> None:
    now = made("Deployment", "chat", template(NEW))
    sets = [replica_set("c-3", NEW, 3), replica_set("c-9", OLD, 9), replica_set("c-10", NEW, 10)]
    older = replica_set("c-2", "hf/Qwen/Qwen3-8B/older", 2)
    assert whom(NEW, now, older, *sets) == ["Deployment chat"]
    assert whom(OLD, now, older, *sets) == ["a rollback of Deployment chat"]
    assert whom("hf/Qwen/Qwen3-8B/older", now, older, *sets) == []


def test_a_replica_set_whose_owner_is_not_there_counts_by_itself() -> None:
    assert whom(OLD, made("ReplicaSet", "x", template(OLD), ("Rollout", "chat"))) == ["ReplicaSet x"]


@pytest.mark.parametrize(
    ("phase", "needed"), [("Running", True), ("Pending", True), ("Succeeded", False), ("Failed", False)]
)
def test_a_pod_that_has_ended_needs_nothing(phase: str, needed: bool) -> None:
    ended = made("Pod", "x", template(OLD), ("ReplicaSet", "x"), status={"phase": phase})
    assert bool(whom(OLD, ended)) is needed


@pytest.mark.parametrize(
    "spec",
    [
        template(None),
        {**template(OLD), "containers": [*template(OLD)["containers"], *template(None)["containers"]]},
        {**template(OLD), "containers": []},
        template("", at="/data"),
    ],
    ids=["no path", "one container of two", "no container", "another mount"],
)
def test_who_has_the_claim_and_names_nothing_may_read_all_of_it(spec: dict[str, Any]) -> None:
    assert of(made("Deployment", "theirs", spec)).unknown == ["Deployment theirs"]


def test_another_mount_or_a_part_of_the_claim_is_read_as_such() -> None:
    assert whom(OLD, made("Pod", "x", template(OLD, at="/data"))) == ["Pod x"]
    assert whom(OLD, made("Pod", "x", template("old", subPath="hf/Qwen/Qwen3-8B"))) == ["Pod x"]
    part = of(made("Pod", "x", template(None, subPath=OLD)))
    assert (part.of(OLD), part.of(NEW), part.unknown) == (["Pod x"], [], [])


def test_the_job_of_this_command_needs_nothing() -> None:
    labels = {"app.kubernetes.io/component": "weights"}
    found = of(made("Job", "weights-1", template(None), labels=labels), made("Pod", "w", template(OLD), labels=labels))
    assert (found.unknown, found.of(OLD)) == ([], [])


def test_a_volume_of_one_node_is_held_by_the_node_of_a_pod_that_runs() -> None:
    def on(node: str | None, phase: str, claim: str = "model-cache") -> Any:
        return made("Pod", "x", {**template(OLD, claim=claim), "nodeName": node}, status={"phase": phase})

    assert holder([on("a", "Succeeded"), on("b", "Running", "other"), on(None, "Pending"), on("c", "Running")]) == "c"
    assert holder([made("Deployment", "x", template(OLD))]) is None
