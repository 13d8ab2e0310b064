"""`cache: {compile: true}`: what servers compile is kept beside the weights, by a key that no credential is part of."""

import dataclasses
from typing import Any

import pytest

from infra.engines import ENGINES
from infra.engines.hub import compiled_path
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from tests.example_stacks import planned as site
from tests.invariants.reading import Pod, servers
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import CATALOG, DEV, changed

EFS = changed(DEV, cache={"kind": "efs"})
KEPT = changed(DEV, cache={"kind": "efs", "compile": True})
PLAIN, WITH = outcome(EFS), outcome(KEPT)
OWN = {"own": {"existing": {"gpu": "L40S", "gpusPerNode": 1, "nodes": 2, "selector": {"a": "b"}}}}
FILES = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "extraArgs": ["--load-format", "safetensors"]}
BIG = {"model": "Qwen/Qwen3-14B", "maxModelLen": 8192}
FIGURES = CATALOG.cold_start


def model(plan: Plan) -> ModelPlan:
    (found,) = plan.models.values()
    return found


def key(change: dict[str, Any], image: str = "vllm:1", card: str = "L4") -> str:
    made = dataclasses.replace(model(WITH), **change)
    kept = ENGINES["vllm"].compiled(made, image, card)
    assert kept is not None
    return kept.key


def test_later_starts_are_shorter_by_what_they_read_and_no_timeout_is() -> None:
    plain, kept = model(PLAIN).cold_start.parts["engine"], model(WITH).cold_start.parts["engine"]
    read = FIGURES["compile-unpack"].value + FIGURES["compile-cached"].value
    assert plain.mid - kept.mid == pytest.approx(36 * FIGURES["compile-layer"].value - read)
    assert kept.high == plain.high  # of the first start
    assert "kept of an earlier start (27 s at the first start" in kept.reason
    assert model(WITH).timeouts == model(PLAIN).timeouts


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"name": "other"}, True),
        ({"timeouts": dataclasses.replace(model(WITH).timeouts, drain=7, keep_alive=9)}, True),
        ({"traces_to": "http://spans:4317"}, True),
        ({"revision": "v2"}, False),
        ({"max_num_batched_tokens": 4096}, False),
        ({"extra_args": ("--enforce-eager",)}, False),
        ({"gpus": 2}, False),
    ],
    ids=["name", "timeouts", "spans", "revision", "batch", "argument", "GPUs"],
)
def test_the_key_changes_with_what_is_compiled(change: dict[str, Any], same: bool) -> None:
    assert (key(change) == key({})) is same


def test_the_key_changes_with_the_card_and_the_image() -> None:
    assert len({key({}), key({}, card="L40S"), key({}, image="vllm:2")}) == 3


def test_a_rotated_key_of_the_engines_leaves_it_as_it_is() -> None:
    """The server gets a file with its keys, and no variable of them; vLLM hashes nothing of either."""
    old, new = (ENGINES["vllm"].keys_text([each]) for each in ("sk-old", "sk-new"))
    assert old != new
    made = ENGINES["vllm"].container(model(WITH), "vllm:1")
    assert made.api_key_env is None
    assert "VLLM_API_KEY" not in made.env
    assert made.keys_file is not None
    assert made.keys_file.argument not in made.args


def _compiled(pod: Pod) -> dict[str, Any]:
    (found,) = [each for each in pod.spec["initContainers"] if each["name"] == "compiled"]
    return found


@pytest.mark.parametrize("stack", ["spot-per-zone", "node-cache-k3s"])
def test_the_server_itself_never_writes_beside_the_weights(stack: str) -> None:
    plan = site(stack).plan
    pods = [each for each in servers(site(stack).recording) if plan.models[each.name].keeps_compiled]
    assert pods
    for pod in pods:
        (server,), beside = pod.spec["containers"], _compiled(pod)
        (weights,) = [each for each in server["volumeMounts"] if each["name"] == "models"]
        assert weights["readOnly"] is True
        assert beside["image"] == server["image"]
        assert beside["restartPolicy"] == "Always"
        assert beside["volumeMounts"][0] == {"name": "models", "mountPath": "/models/compiled", "subPath": "compiled"}
        assert compiled_path(plan.models[pod.name]) in beside["command"]
        assert not any("KEY" in each["name"] for each in beside["env"])


def test_both_containers_together_request_what_the_server_did() -> None:
    def millicores(container: dict[str, Any]) -> int:
        return int(container["resources"]["requests"]["cpu"].removesuffix("m"))

    for pod in servers(site("spot-per-zone").recording):
        resources = site("spot-per-zone").plan.models[pod.name].resources
        together = millicores(pod.spec["containers"][0]) + millicores(_compiled(pod))
        assert together == round(resources.cpu * 1000)


@pytest.mark.parametrize(
    ("stack", "offered"),
    [
        (EFS, True),
        (changed(DEV, cache={"kind": "node"}), False),  # each new node would compile
        (changed(DEV, cluster={"existing": {"context": "own"}}, gpuPools=OWN, cache={"kind": "node"}), True),
        (changed(DEV, cache={"kind": "s3"}), True),
        (changed(DEV, cache={"kind": "s3"}, models={"m": FILES}), False),  # the server has no way to it
        (KEPT, False),
    ],
    ids=["EFS", "disks of new nodes", "disks of nodes that stay", "a bucket", "a mounted bucket", "in use"],
)
def test_the_remedy_is_offered_where_the_next_start_finds_it_and_keeps_its_word(stack: Any, offered: bool) -> None:
    before = planned(stack)
    (name,) = before.models
    found = [each for each in before.remedies[name] if each.name == "kept compile cache"]
    assert [each.write for each in found] == ["cache.compile: true"] * offered
    for each in found:
        after = outcome(follow(stack, {**dict(each.write_with), "cache.compile": True}))
        saved = model(before).cold_start.seconds - model(after).cold_start.seconds
        assert saved == pytest.approx(each.seconds, abs=1)
        assert after.cost.usd_per_month_min - before.cost.usd_per_month_min == each.usd_per_month == 0


def test_a_new_cluster_keeps_them_where_the_file_says_nothing_of_a_cache() -> None:
    plan = planned(DEV)
    chosen = plan.chosen["cache.compile"]
    assert (plan.cache.kind, plan.cache.compiled, chosen.value) == ("efs", True, True)
    assert plan.cost.usd_per_month_min < 1.05 * outcome(EFS).cost.usd_per_month_min
    pinned = outcome(follow(DEV, {"cache.kind": plan.chosen["cache.kind"].value, "cache.compile": chosen.value}))
    assert model(pinned) == model(plan)
    assert "cache.compile" not in outcome(EFS).chosen
    assert not outcome(changed(DEV, cluster={"existing": {"context": "own"}}, gpuPools=OWN)).cache.compiled


def test_a_bucket_instead_keeps_them_too() -> None:
    """A section of the file has to say so, where the plan chose it before: files, in a network of somebody else."""
    there = {"vpcId": "vpc-1", "privateSubnetIds": ["subnet-1", "subnet-2"]}
    create = {**DEV["cluster"]["create"], "zones": ["use1-az4", "use1-az6"], "network": there}
    pools = {"l40s": {"instanceTypes": ["g6e.8xlarge"]}}
    stack = changed(DEV, gpuPools=pools, models={"m": BIG}, cluster={"create": create})
    before = planned(stack)
    (found,) = [each for each in before.remedies["m"] if each.write == "cache.kind: s3"]
    after = outcome(follow(stack, {**dict(found.write_with), "cache.kind": "s3"}))
    assert model(before).cold_start.seconds - model(after).cold_start.seconds == pytest.approx(found.seconds, abs=1)
    assert found.write_with == (("cache.compile", True),)
    assert model(after).keeps_compiled


def test_no_bucket_is_offered_as_a_stream_to_a_server_that_would_mount_it() -> None:
    made = planned(changed(EFS, gpuPools={"l40s": {"instanceTypes": ["g6e.8xlarge"]}}, models={"m": FILES}))
    assert "weights streamed from S3" not in {each.name for each in made.remedies["m"]}


def test_a_server_that_mounts_the_bucket_keeps_nothing_in_it() -> None:
    """And the plan says so."""
    made = outcome(changed(EFS, cache={"kind": "s3", "compile": True}, models={"m": FILES}))
    assert (model(made).mounted, model(made).keeps_compiled) == (True, False)
    quiet = outcome(changed(EFS, cache={"kind": "s3"}, models={"m": FILES}))
    said = [any("compiles at each start" in each.message for each in plan.assumptions) for plan in (made, quiet)]
    assert said == [True, False]
