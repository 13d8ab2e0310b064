"""`cache: {kind: node}`: each node has its own copy of the weights, on its own disk."""

from typing import Any

import pytest

from infra.plan.notes import Violation
from tests.example_stacks import planned
from tests.invariants.reading import pods
from tests.planning.stacks import DEV, LOCAL, PROD, changed, plan

NODE = {"kind": "node"}
LAB: dict[str, Any] = {"existing": {"gpu": "L4", "gpusPerNode": 4, "nodes": 2, "selector": {"gpu": "l4"}}}
MODELS = {name: {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "gpus": 1} for name in ("a", "b")}
SERVERS: dict[str, Any] = {**LOCAL, "gpuPools": {"lab": LAB}, "models": MODELS}


def test_servers_without_a_shared_file_system_are_refused_and_the_advice_serves_them() -> None:
    (refused,) = plan(SERVERS).violations
    assert refused.rule == "One reader"
    written = [each.write for each in refused.advice]
    assert (("cache", {"kind": "node"}),) in written
    made = plan({**SERVERS, "cache": NODE})
    assert made.violations == ()
    assert not made.cache.one_reader


@pytest.mark.parametrize(
    ("stack", "given", "directory"),
    [
        (SERVERS, {}, "/var/lib/llm-platform/llm"),
        (SERVERS, {"path": "/data/weights"}, "/data/weights"),
        (DEV, {}, "/var/lib/kubelet/llm-platform/llm"),  # on the NVMe disks of the node
    ],
)
def test_the_directory_is_of_the_namespace_or_the_stack_files(
    stack: dict[str, Any], given: dict[str, str], directory: str
) -> None:
    made = plan({**stack, "cache": NODE | given})
    assert made.cache.directory == directory
    assert ("cache.path" in made.chosen) == (not given)


@pytest.mark.parametrize(
    ("given", "counted"),
    [({}, True), ({"path": "/data/weights"}, False), ({"path": "/var/lib/llm-platform/llm"}, True)],
)
def test_the_room_is_requested_where_pods_write_to_the_same_disk(given: dict[str, str], counted: bool) -> None:
    """The scheduler knows of no other disk. The default that `--pin` wrote is the default."""
    made = plan({**SERVERS, "cache": NODE | given}).models["a"].prefetch
    assert made is not None
    assert made.room_gib == (16 if counted else 0)  # 15.3 GiB


def test_each_node_has_room_for_every_model_of_its_pool_and_a_new_revision() -> None:
    """Two models of one repository have one copy."""
    made = plan({**SERVERS, "cache": NODE})
    assert made.pools["lab"].weights_gib == 33  # 2 x 15.3, and 5 % to spare
    (said,) = [each.message for each in made.assumptions if each.path == "cache.path"]
    assert said.startswith("each node of lab has 33 GiB free in /var/lib/llm-platform/llm: 15.3 of weights")


@pytest.mark.parametrize("site", ["bottlerocket", "node-cache-k3s"])
def test_all_pods_that_share_the_directory_have_one_selinux_level(site: str) -> None:
    """The kubelet gives the downloaded files that of the pod which downloads, and other levels can't read them."""
    made = planned(site)
    levels = {
        pod.spec["securityContext"].get("seLinuxOptions", {}).get("level")
        for pod in pods(made.recording)
        if any(claim.startswith("model-cache") for claim in pod.claims)
    }
    assert levels == {made.plan.cache.selinux_level}
    assert None not in levels


def test_the_level_is_of_the_namespace_and_openshift_gives_its_own() -> None:
    one, other = (
        plan({**SERVERS, "cache": NODE, "namespace": {"name": name}}).cache.selinux_level for name in ("llm", "team-ml")
    )
    assert one != other
    openshift = {**SERVERS, "cluster": {"existing": {"context": "kind-llm", "distribution": "openshift"}}}
    assert plan({**openshift, "cache": NODE}).cache.selinux_level is None
    assert plan(PROD).cache.selinux_level is None


def test_weights_that_a_disk_cannot_hold_are_refused_and_the_advice_holds() -> None:
    stack = changed(PROD, cache=NODE)
    small = {**stack, "models": {"r1": {"model": "Qwen/Qwen3-32B", "pool": "t4", "gpus": 1, "maxModelLen": 2048}}}
    found = [each for each in plan(small).violations if each.rule == "Disk"]
    assert [each.path for each in found] == ["gpuPools.t4.instanceTypes"]
    assert _writes(found[0]) == [(("cache.kind", "efs"), ("cache.path", None))]
    assert not [each for each in plan(changed(small, cache={"kind": "efs"})).violations if each.rule == "Disk"]


def test_the_advice_on_a_cluster_that_exists_has_no_file_system_without_its_zones() -> None:
    """A stack file with that alone is refused."""
    there = {**PROD, "cluster": {"existing": {"eks": "shared"}}, "cache": NODE}
    model = {"model": "Qwen/Qwen3-32B", "pool": "t4", "gpus": 1, "maxModelLen": 2048}
    (found,) = [each for each in plan({**there, "models": {"r1": model}}).violations if each.rule == "Disk"]
    assert _writes(found) == []
    assert found.fix == "types with larger disks"


def _writes(found: Violation) -> list[Any]:
    return [each.write for each in found.advice]


def test_a_new_node_downloads_while_it_pulls_the_image_and_one_that_is_there_only_reads() -> None:
    new, there = plan({**DEV, "cache": NODE}).models["qwen3-8b"], plan({**SERVERS, "cache": NODE}).models["a"]
    on_new, on_old = new.cold_start.parts["weights"], there.cold_start.parts["weights"]
    gib = new.weights_on_disk_gib
    assert on_old.mid == pytest.approx(gib * 1024 / 500)
    download, image = gib * 1024 / 200, new.cold_start.parts["image"].mid
    assert on_new.mid == pytest.approx(max(0, download - image) + on_old.mid)
    assert "from the hub to a new node" in on_new.reason
    assert new.timeouts.startup_probe >= 1.5 * (on_new.high + new.cold_start.parts["engine"].high)


def test_a_rollout_on_a_node_that_stays_reads_weights_from_its_disk_and_downloads_none() -> None:
    stack = changed(DEV, cache=NODE, models__qwen3_8b__rollout={"strategy": "recreate"})
    model = plan(stack).models["qwen3-8b"]
    new, there = model.cold_start.parts["weights"], model.cold_start.there["weights"]
    assert "from the hub to a new node" in new.reason
    assert there.reason.endswith("from the node's own disk, which has them since `up` or since the node joined")
    assert there.high < new.high
    assert model.rollout.gap_seconds == model.cold_start.gap < model.cold_start.seconds
