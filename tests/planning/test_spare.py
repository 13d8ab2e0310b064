"""`gpuPools.X.spare`: GPUs that stay free for the next replica, held by pods that every other pod ends."""

from typing import Any

import pytest

from infra.plan.money import HOURS_PER_MONTH
from infra.planning import Plan
from infra.planning.billed_nodes import billed_nodes
from tests.example_stacks import planned
from tests.invariants.reading import GPU, Pod
from tests.planning.following import follow, outcome, saved
from tests.planning.stacks import DEV, PROD, changed, plan

# CA's expendable-pods-priority-cutoff: it adds no node for pods below that
# (kubernetes/autoscaler, cluster-autoscaler/FAQ.md, "How can I configure overprovisioning with Cluster Autoscaler?").
CUTOFF = -10
WITHOUT = plan(PROD)
WITH = plan(changed(PROD, gpuPools__l4__spare=1))
SITE = planned("fast-start")


def nodes(result: Plan, pool: str = "l4") -> float:
    (item,) = [each for each in result.cost.items if each.pool == pool]
    return item.min / (result.pools[pool].usd_per_node_hour or 0.0) / HOURS_PER_MONTH


def test_a_start_on_spare_gpus_waits_for_no_node_and_no_image() -> None:
    cold, spare = (each.models["llama-8b"].cold_start for each in (WITHOUT, WITH))
    assert [spare.parts[name].mid for name in ("node", "boot", "image")] == [0, 0, 0]
    assert spare.seconds == round(cold.parts["weights"].mid + cold.parts["engine"].mid)
    assert all("gpuPools.l4.spare" in spare.parts[name].reason for name in ("node", "boot", "image"))


def test_a_second_replica_at_once_waits_for_a_node_so_the_slow_end_stays() -> None:
    cold, spare = (each.models["llama-8b"] for each in (WITHOUT, WITH))
    assert spare.cold_start.high == cold.cold_start.high
    assert spare.timeouts.progress_deadline == cold.timeouts.progress_deadline
    assert spare.cold_start.new_node == cold.cold_start.parts


def test_it_is_billed_at_the_minimum_and_at_the_maximum() -> None:
    assert nodes(WITHOUT) == pytest.approx(2)
    assert nodes(WITH) == pytest.approx(3)
    assert WITH.cost.usd_per_month_max > WITHOUT.cost.usd_per_month_max


@pytest.mark.parametrize(("spare", "most"), [(0, 6), (1, 6), (2, 7), (3, 8)])
def test_the_maximum_holds_every_replica_and_the_spare_gpus_which_are_room_for_a_rollout_too(
    spare: int, most: int
) -> None:
    pool = plan(changed(PROD, gpuPools__l4__spare=spare)).pools["l4"]
    assert pool.max == most


def test_spare_gpus_of_a_node_that_runs_anyway_cost_nothing() -> None:
    """Two replicas of one GPU each on a node of four."""
    on_four = {"l4": {"instanceTypes": ["g6.12xlarge"]}}
    without, free = (
        plan(changed({**DEV, "gpuPools": on_four}, models__qwen3_8b__replicas=2, gpuPools__l4__spare=spare))
        for spare in (0, 2)
    )
    assert free.cost.usd_per_month_min == without.cost.usd_per_month_min


def test_each_holds_what_the_largest_replica_of_the_pool_needs() -> None:
    both = changed(PROD, models__embed__pool="l40s", gpuPools__l40s__spare=1)
    assert plan(both).pools["l40s"].spare == (4,)
    paused = changed(both, models__llama_70b__paused=True)
    assert plan(paused).pools["l40s"].spare == (1,)
    assert plan(changed(PROD, models__embed__paused=True, gpuPools__t4__spare=2)).pools["t4"].spare == ()


@pytest.mark.parametrize(("most", "needed"), [(2, 3), (3, None)])
def test_a_maximum_with_which_nothing_is_ever_spare_is_refused(most: int, needed: int | None) -> None:
    stack = changed(PROD, gpuPools__l4__spare=1, gpuPools__l4__max=most, models__llama_8b__replicas=2)
    found = [each for each in plan(stack).violations if each.path == "gpuPools.l4.spare"]
    if needed is None:
        assert not found
        return
    (refused,) = found
    assert refused.message == "the minimum of replicas and 1 spare GPU need 3 nodes; l4 can grow to 2"
    assert not [
        each for each in plan(changed(stack, gpuPools__l4__max=needed)).violations if each.path == "gpuPools.l4.spare"
    ]


def test_the_bill_never_counts_more_nodes_than_the_pool_has() -> None:
    stack = changed(PROD, gpuPools__l4__spare=3, gpuPools__l4__max=6)
    result = plan(stack)
    asked = billed_nodes(result.pools["l4"], [], result.models)
    assert asked.max <= 6
    (item,) = [each for each in result.cost.items if each.pool == "l4"]
    assert item.max <= 6.001 * (result.pools["l4"].usd_per_node_hour or 0.0) * HOURS_PER_MONTH


def _made(type_: str, name: str) -> Any:
    (found,) = [each for each in SITE.recording.of(type_) if each.name == name]
    return found


def test_every_other_pod_ends_them_and_the_autoscaler_adds_nodes_for_them() -> None:
    priority = _made("kubernetes:scheduling.k8s.io/v1:PriorityClass", "spare-priority").inputs
    assert CUTOFF <= priority["value"] < 0
    assert priority["preemptionPolicy"] == "Never"
    spec = _made("kubernetes:apps/v1:Deployment", "spare-l4").inputs["spec"]["template"]["spec"]
    assert spec["priorityClassName"] == priority["metadata"]["name"]
    assert spec["terminationGracePeriodSeconds"] == 0
    servers = [each for each in SITE.recording.of("kubernetes:apps/v1:Deployment") if each.name != "spare-l4"]
    assert all("priorityClassName" not in each.inputs["spec"]["template"]["spec"] for each in servers)
    release = next(each for each in SITE.recording.of("kubernetes:helm.sh/v3:Release") if "autoscaler" in each.name)
    arguments: Any = release.inputs["values"]
    assert "expendable-pods-priority-cutoff" not in arguments["extraArgs"]


def test_they_run_where_a_replica_would_and_hold_as_much() -> None:
    server, spare = (Pod(_made("kubernetes:apps/v1:Deployment", name)) for name in ("qwen3-8b-deployment", "spare-l4"))
    assert (spare.spec["nodeSelector"], spare.tolerations) == (server.spec["nodeSelector"], server.tolerations)
    for resource in ("cpu", "memory", GPU):  # what keeps the compiled files runs beside the server, and asks for little
        assert server.requests(resource) <= spare.requests(resource) <= 1.01 * server.requests(resource)
    serves = next(each for each in server.spec["containers"] if each["name"] == "vllm")
    assert [each["image"] for each in spare.spec["initContainers"]] == [serves["image"]]
    assert spare.spec["containers"][0]["image"].startswith("registry.k8s.io/pause:")


def test_they_are_removed_before_their_nodes() -> None:
    deployment = _made("kubernetes:apps/v1:Deployment", "spare-l4")
    assert any(urn.endswith("::l4-nodes") for urn in deployment.options["depends_on"])
    assert deployment.inputs["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}


def test_a_move_to_another_pool_keeps_free_gpus_there_whether_it_is_new_or_not() -> None:
    """And what it saves is without them."""
    stack = changed(PROD, gpuPools__l4__spare=1)
    moves = [way for way in WITH.cheaper["llama-8b"] if "gpuPools.l4" in dict(way.write)]
    assert {dict(way.write)["models.llama-8b.pool"] for way in moves} == {"t4", "g6-xlarge"}
    for way in moves:
        write = dict(way.write)
        assert write[f"gpuPools.{write['models.llama-8b.pool']}.spare"] == 1
        followed = outcome(follow(stack, write))
        assert followed.violations == ()
        assert saved(WITH, followed) == pytest.approx(way.usd_per_month)
