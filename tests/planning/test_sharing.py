"""Several servers on one GPU: each is planned on its part, asks for one part, and is started with its part."""

import json
from typing import Any

import pytest

from infra.catalog import load_catalog
from infra.cli.report.models import pools_section
from infra.offers.shared import device_plugin_configs
from infra.planning import Plan
from infra.recording import Recorded
from infra.services.monitoring.dollars import of_pools
from tests.example_stacks import planned
from tests.planning.following import follow, outcome
from tests.planning.following import planned as planned_here
from tests.planning.stacks import DEV, plan

CONTEXT_GIB = 0.5
SELECTOR = {"lab": "gpu"}


def _own(sharing: dict[str, Any] | None, *, gpu: str = "L4", gpus: int = 1, **model: Any) -> Plan:
    nodes: dict[str, Any] = {"gpu": gpu, "gpusPerNode": gpus, "nodes": 2, "selector": SELECTOR, "usdPerGpuHour": 1.0}
    stack = {
        "cluster": {"existing": {"context": "prod"}},
        "gpuPools": {"own": {"existing": {**nodes, **({"sharing": sharing} if sharing else {})}}},
        "models": {"m": {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096, **model}},
        "cache": {"kind": "storageClass", "storageClass": "nfs"},
    }
    return plan(stack)


@pytest.mark.parametrize("sharing", [{"timeSlicing": 2}, {"timeSlicing": 4}, {"mps": 3}])
def test_all_servers_of_a_gpu_fit_it_together(sharing: dict[str, int]) -> None:
    """vLLM's argument is a share of the whole card, which each of them sees; each has a context beside it."""
    (number,) = sharing.values()
    model = _own(sharing).models["m"]
    seen = load_catalog().gpus["L4"].engine_gib or 0.0
    assert model.fit is not None
    assert model.utilization is not None
    assert number * (model.utilization * seen + CONTEXT_GIB) <= seen
    assert model.fit.usable_gib == pytest.approx(model.utilization * seen, abs=0.01)


def test_an_engine_sees_no_more_than_its_slice_of_mig() -> None:
    """Its argument is then a share of the slice."""
    whole, cut = _own(None, gpu="A100-80").models["m"], _own({"mig": "1g.10gb"}, gpu="A100-80").models["m"]
    assert cut.fit is not None
    assert cut.utilization == whole.utilization
    assert cut.fit.usable_gib == pytest.approx(9.5 * (cut.utilization or 0))


@pytest.mark.parametrize(
    ("sharing", "gpu", "parts"),
    [(None, "L4", 1), ({"timeSlicing": 4}, "L4", 4), ({"mps": 3}, "L4", 3), ({"mig": "2g.20gb"}, "H100-80", 3)],
)
def test_a_node_has_as_many_places_as_parts_and_each_costs_its_part(
    sharing: dict[str, Any] | None, gpu: str, parts: int
) -> None:
    result = _own(sharing, gpu=gpu, gpus=2, replicas=2)
    pool, model = result.pools["own"], result.models["m"]
    assert (result.violations, pool.gpus_per_node, pool.usd_per_node_hour) == ((), 2 * parts, 2.0)
    assert model.usd_per_hour == pytest.approx(1 / parts)
    assert pool.own is not None
    assert sum(node.free_gpus for node in pool.own.nodes) == 2 * 2 * parts - 2


def test_more_servers_than_parts_are_refused() -> None:
    assert _own({"timeSlicing": 2}, replicas=4).violations == ()
    assert [each.rule for each in _own({"timeSlicing": 2}, replicas=5).violations] == ["GPUs at peak"]


def test_a_model_that_needs_more_than_a_part_is_refused_and_never_takes_two() -> None:
    model = {"model": "Qwen/Qwen3-8B", "maxModelLen": 4096}
    assert _own(None, **model).violations == ()
    refused = _own({"timeSlicing": 2}, **model)
    assert [each.rule for each in refused.violations] == ["Fit"]
    assert not any("gpus: 2" in each.text for violation in refused.violations for each in violation.advice)


def test_a_model_that_is_alone_by_request_gets_whole_gpus_or_slices() -> None:
    pools = {
        "shared": {"instanceTypes": ["g6.2xlarge"], "sharing": {"timeSlicing": 2}},
        "whole": {"instanceTypes": ["g6.2xlarge"]},
    }
    model = {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096}
    both = plan({**DEV, "gpuPools": pools, "models": {"a": {**model, "isolated": True}, "b": model}})
    assert {name: each.pool for name, each in both.models.items()} == {"a": "whole", "b": "shared"}


def test_a_server_has_its_part_of_the_nodes_cores_and_memory() -> None:
    stack = {**DEV, "models": {"m": {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096}}}
    pool = {"instanceTypes": ["g6.2xlarge"]}
    whole = plan({**stack, "gpuPools": {"l4": pool}}).models["m"].resources
    half = plan({**stack, "gpuPools": {"l4": {**pool, "sharing": {"timeSlicing": 2}}}}).models["m"].resources
    assert half.cpu == pytest.approx(whole.cpu / 2, abs=0.1)
    assert half.memory_gib == pytest.approx(whole.memory_gib / 2, abs=0.1)


def test_a_node_too_small_for_all_of_its_servers_is_named() -> None:
    stack = {**DEV, "models": {"m": {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096, "pool": "l4"}}}
    (refused,) = plan(
        {**stack, "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"], "sharing": {"timeSlicing": 4}}}}
    ).violations
    assert (
        "a server needs 1.5 cores and 6 GiB of the node, and its part of g6.xlarge (1 of 4 x L4 (1/4))"
        in refused.message
    )


def test_a_part_is_never_said_to_be_as_fast_as_the_card() -> None:
    for sharing, gpu in (({"timeSlicing": 2}, "L4"), ({"mps": 2}, "L4"), ({"mig": "3g.40gb"}, "A100-80")):
        assert _own(sharing, gpu=gpu).models["m"].throughput.tokens_per_second is None


@pytest.mark.parametrize(
    ("site", "server", "resource"),
    [
        ("time-slicing", "small", "nvidia.com/gpu"),
        ("mps-kubeadm", "small", "nvidia.com/gpu"),
        ("mig-rke2", "small", "nvidia.com/mig-1g.10gb"),
        ("mig-eks", "small", "nvidia.com/gpu"),
    ],
)
def test_a_pod_asks_for_one_part_by_the_name_that_the_nodes_offer(site: str, server: str, resource: str) -> None:
    limits = _container(_server(site, server))["resources"]["limits"]
    assert {key: value for key, value in limits.items() if "/" in key} == {resource: "1"}


def test_a_pod_reaches_mps_by_the_memory_that_the_device_plugin_mounts() -> None:
    """A volume at /dev/shm would hide it."""
    mounts = {site: [m["mountPath"] for m in _container(_server(site, "small"))["volumeMounts"]] for site in SITES}
    assert {site: "/dev/shm" in paths for site, paths in mounts.items()} == SITES


SITES = {"mig-rke2": True, "time-slicing": True, "mps-kubeadm": False}


def test_the_device_plugin_shares_only_the_gpus_of_pools_that_share() -> None:
    recording = planned("time-slicing").recording
    (plugin,) = [each for each in recording.of("kubernetes:helm.sh/v3:Release") if each.inputs["chart"] == PLUGIN]
    config = plugin.inputs["values"]["config"]
    assert config["default"] == "default"
    shared = json.loads(config["map"]["time-slicing-2"])["sharing"]["timeSlicing"]
    assert shared["resources"] == [{"name": "nvidia.com/gpu", "replicas": 2}]
    assert shared["failRequestsGreaterThanOne"] is True
    assert "sharing" not in json.loads(config["map"]["default"])
    labels = {
        group.name: group.inputs.get("labels", {}).get(LABEL) for group in recording.of("aws:eks/nodeGroup:NodeGroup")
    }
    assert labels["l4-nodes"] == "time-slicing-2"
    assert labels["whole-nodes"] is None


def test_slices_on_nodes_that_are_made_are_whole_gpus_to_the_device_plugin_and_the_autoscaler() -> None:
    recording = planned("mig-eks").recording
    (plugin,) = [each for each in recording.of("kubernetes:helm.sh/v3:Release") if each.inputs["chart"] == PLUGIN]
    nodes = recording.one("aws:eks/nodeGroup:NodeGroup", "h100-nodes").inputs
    assert json.loads(plugin.inputs["values"]["config"]["map"][nodes["labels"][LABEL]]) == {
        "version": "v1",
        "flags": {"migStrategy": "single"},
    }
    assert plugin.inputs["values"]["securityContext"] == {"privileged": True}
    assert nodes["tags"]["k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/gpu"] == "7"


def test_a_new_node_restarts_only_where_its_cards_need_it_and_the_plan_says_so() -> None:
    said = {}
    for instance, profile in (("p5.4xlarge", "1g.10gb"), ("p4d.24xlarge", "1g.5gb")):
        pool = {"instanceTypes": [instance], "sharing": {"mig": profile}}
        found = plan({**DEV, "gpuPools": {"p": pool}, "models": {"m": {"model": "BAAI/bge-m3"}}})
        said[instance] = [each.message for each in found.assumptions if each.path == "gpuPools.p.sharing.mig"]
    assert ["restarts once" in each for each in said["p5.4xlarge"]] == [False]
    assert ["restarts once" in each for each in said["p4d.24xlarge"]] == [True]


PLUGIN, LABEL = "nvidia-device-plugin", "nvidia.com/device-plugin.config"


def test_without_sharing_the_device_plugin_has_no_configuration() -> None:
    assert device_plugin_configs(plan(DEV).pools.values()) == {}


@pytest.mark.parametrize(
    ("site", "unit"), [("mig-rke2", "slice"), ("mig-eks", "slice"), ("mps-kubeadm", "part"), ("amd", "GPU")]
)
def test_the_plan_names_what_it_counts(site: str, unit: str) -> None:
    """Who reads `12 GPUs free` of a node with two GPUs that are cut looks for ten more servers."""
    found = planned(site).plan
    assert f"{unit}s: peak + one rollout" in [column.title for column in pools_section(found).columns]
    (pool,) = found.pools.values()
    assert all(f" {unit}" in reason for reason in pool.reasons)


def test_what_the_nodes_of_somebody_else_need_is_to_do() -> None:
    said = {site: _to_do(site) for site in ("mig-rke2", "mps-kubeadm")}
    assert "nvidia.com/mig.config=all-1g.10gb" in said["mig-rke2"]
    assert r"allocatable.nvidia\.com/mig-1g\.10gb" in said["mig-rke2"]
    assert "has to show 14 of nvidia.com/mig-1g.10gb per node" in said["mig-rke2"]
    assert f"nvidia.com/gpu.present=true {LABEL}=mps-3 nvidia.com/mps.capable=true" in said["mps-kubeadm"]


def test_each_profile_of_mig_leaves_no_card_too_small() -> None:
    catalog = load_catalog()
    assert catalog.mig
    for card, profiles in catalog.mig.items():
        for each in profiles.values():
            assert each.slices * each.engine_gib <= (catalog.gpus[card].engine_gib or 0) + 0.2, (card, each.name)


def _to_do(site: str) -> str:
    (found,) = [each.message for each in planned(site).plan.to_do if each.path.endswith("existing.sharing")]
    return found


def _server(site: str, name: str) -> Recorded:
    (found,) = [
        each
        for each in planned(site).recording.of("kubernetes:apps/v1:Deployment")
        if each.name == f"{name}-deployment"
    ]
    return found


def _container(deployment: Recorded) -> dict[str, Any]:
    return deployment.inputs["spec"]["template"]["spec"]["containers"][0]


SMALL = {"embed": {"model": "BAAI/bge-m3", "replicas": 2}, "rank": {"model": "BAAI/bge-reranker-v2-m3"}}
A100 = {"existing": {"gpu": "A100-80", "gpusPerNode": 2, "nodes": 2, "selector": SELECTOR}}
MADE = {"instanceTypes": ["g6.2xlarge"]}


def _on(pool: dict[str, Any], **models: Any) -> dict[str, Any]:
    own = {"cluster": {"existing": {"context": "lab"}}, "cache": {"kind": "storageClass", "storageClass": "nfs"}}
    return {**(own if "existing" in pool else DEV), "gpuPools": {"p": pool}, "models": models}


def _advised(result: Plan) -> list[dict[str, Any]]:
    ways = [way for each in result.warnings if each.kind == "mostly-empty" for way in each.advice]
    return [dict(way.write) for way in ways if any(".sharing." in path for path, _ in way.write)]


@pytest.mark.parametrize(
    ("pool", "written"),
    [
        (A100, {"gpuPools.p.existing.sharing.mig": "1g.10gb"}),
        ({"instanceTypes": ["p5.4xlarge"]}, {"gpuPools.p.sharing.mig": "1g.10gb"}),
        (MADE, {"gpuPools.p.sharing.timeSlicing": 3}),
    ],
    ids=["on slices of cards that exist", "on slices of new nodes", "in turns, where MIG can't cut the card"],
)
def test_small_models_are_offered_a_part_of_a_gpu_and_all_fit_there(
    pool: dict[str, Any], written: dict[str, Any]
) -> None:
    stack = _on(pool, **SMALL)
    before = planned_here(stack)
    advised = _advised(before)
    assert advised
    assert all(each == written for each in advised)
    after = outcome(follow(stack, written))
    assert after.violations == ()
    assert all(model.fit is not None and model.fit.certain for model in after.models.values())
    assert after.cost.usd_per_month_min <= before.cost.usd_per_month_min


@pytest.mark.parametrize(
    "models",
    [
        {"embed": {"model": "BAAI/bge-m3"}},  # nobody to share with
        {**SMALL, "chat": {"model": "Qwen/Qwen3-32B", "maxModelLen": 8192, "gpus": 1, "quantization": "fp8"}},
        {**SMALL, "chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "gpus": 2}},
    ],
    ids=["alone", "beside a model that needs a whole GPU", "beside a model on two"],
)
def test_no_part_is_offered_where_it_frees_nothing_or_another_model_has_no_room(models: dict[str, Any]) -> None:
    """A 32B model in fp8 would fit a slice of half an A100."""
    advised = _advised(planned_here(_on(A100, **models)))
    assert all("3g.40gb" in each.values() for each in advised)


@pytest.mark.parametrize(
    ("pool", "written"),
    [
        ({"existing": {"gpu": "A40", "nodes": 1, "selector": SELECTOR}}, "gpuPools.p.existing.sharing.timeSlicing"),
        ({**MADE, "max": 1}, "gpuPools.p.sharing.timeSlicing"),
    ],
    ids=["nodes that exist", "nodes that are made"],
)
def test_a_pool_with_too_few_gpus_has_enough_where_small_models_share_them(pool: dict[str, Any], written: str) -> None:
    stack = _on(pool, embed={"model": "BAAI/bge-m3"}, rank={"model": "BAAI/bge-reranker-v2-m3"})
    (peak,) = planned_here(stack).violations
    ways = [dict(each.write) for each in peak.advice if written in dict(each.write)]
    assert len(ways) == 1, peak.fix
    assert "nothing separates their memory" in peak.fix
    assert outcome(follow(stack, ways[0])).violations == ()
    alone = _on(pool, **{name: {**each, "isolated": True} for name, each in stack["models"].items()})
    assert "sharing" not in planned_here(alone).violations[0].fix


def test_a_model_that_is_alone_by_request_is_offered_no_turns() -> None:
    alone = {name: {**each, "isolated": True} for name, each in SMALL.items()}
    assert _advised(planned_here(_on(MADE, **alone))) == []
    assert _advised(planned_here(_on(A100, **alone)))


@pytest.mark.parametrize(
    ("site", "label"),
    [
        ("time-slicing", 'resource="nvidia_com_gpu"'),
        ("mig-rke2", 'resource="nvidia_com_mig_1g_10gb"'),
        ("amd", 'resource="amd_com_gpu"'),
    ],
)
def test_bill_and_usage_count_gpus_by_the_name_that_the_nodes_offer(site: str, label: str) -> None:
    """kube-state-metrics writes _ for all but letters and digits of a resource's name."""
    found = planned(site).plan
    assert found.gpus_in_metrics == label
    assert all(label in query for query in of_pools(found) if "kube_pod_container_resource_requests" in query)
    existing = [pool for pool in found.pools.values() if pool.existing]
    assert len([query for query in of_pools(found) if label in query]) == len(existing)
