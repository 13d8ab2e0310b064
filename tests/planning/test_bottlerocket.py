"""`gpuPools.X.os: bottlerocket`: what its nodes get, and what doesn't run there."""

import base64
import tomllib
from typing import Any

import pytest

from components.aws.bottlerocket import settings
from infra.services.monitoring.alerts.alert import Alert
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.monitoring.alerts.platform import platform
from infra.services.monitoring.dashboards.all import dashboards
from infra.settings.mistakes import BadStackFile
from tests.diff.sides import compared
from tests.example_stacks import plan_text, planned, text
from tests.invariants.reading import LAUNCH_TEMPLATE, NODE_CLASS, NODE_GROUP, NODE_POOL, release
from tests.planning.stacks import CATALOG, PROD, changed, plan

GROUPS, KARPENTER = planned("bottlerocket"), planned("bottlerocket-karpenter")
RELEASE = CATALOG.aws.versions["1.35"].bottlerocket_release
MADE = {each.name: each.inputs for each in GROUPS.recording.of(NODE_GROUP)}
TEMPLATES = {each.name: each.inputs for each in GROUPS.recording.of(LAUNCH_TEMPLATE)}


def node_class(recording: Any, name: str) -> Any:
    return next(each.inputs["spec"] for each in recording.of(NODE_CLASS) if each.inputs["metadata"]["name"] == name)


@pytest.mark.parametrize(
    ("group", "image"),
    [
        ("l4-nodes", ("BOTTLEROCKET_x86_64_NVIDIA", RELEASE)),
        ("l40s-nodes-spot-use1-az1", ("BOTTLEROCKET_x86_64_NVIDIA", RELEASE)),
        ("a10g-nodes", ("AL2023_x86_64_NVIDIA", "1.35.6-20260714")),
        ("cluster-system", ("AL2023_x86_64_STANDARD", "1.35.6-20260714")),
    ],
)
def test_the_pools_that_ask_for_it_have_its_image_and_no_others(group: str, image: tuple[str, str]) -> None:
    assert (MADE[group]["amiType"], MADE[group]["releaseVersion"]) == image
    assert MADE[group]["version"] == "1.35"


@pytest.mark.parametrize("nvme", [False, True])
def test_nodes_pull_in_parallel_to_the_disks_that_they_have(nvme: bool) -> None:
    given = tomllib.loads(settings(nvme=nvme))["settings"]
    assert given["container-runtime"]["snapshotter"] == "soci"
    assert given["container-runtime-plugins"]["soci-snapshotter"]["pull-mode"] == "parallel-pull-unpack"
    commands = [each["commands"] for each in given.get("bootstrap-commands", {}).values()]
    assert [[call[1:3] for call in each] for each in commands] == [
        [["ephemeral-storage", "init"], ["ephemeral-storage", "bind"]]
    ] * nvme


def test_a_group_says_all_and_karpenter_adds_what_it_adds_to_any() -> None:
    assert base64.b64decode(TEMPLATES["l4-template"]["userData"]).decode() == settings(nvme=True)
    made = node_class(KARPENTER.recording, "l4")
    assert (made["userData"], made["instanceStorePolicy"]) == (settings(nvme=False), "RAID0")
    assert made["amiSelectorTerms"] == [{"alias": f"bottlerocket@v{RELEASE.partition('-')[0]}"}]
    assert node_class(KARPENTER.recording, "t4")["amiSelectorTerms"] == [{"alias": "al2023@v20260714"}]


def test_the_system_has_its_own_disk_and_containers_the_other() -> None:
    disks = [
        (each["deviceName"], each["ebs"]["volumeSize"]) for each in TEMPLATES["l4-template"]["blockDeviceMappings"]
    ]
    assert disks == [("/dev/xvda", 4), ("/dev/xvdb", 50)]
    of_karpenter = node_class(KARPENTER.recording, "l4")["blockDeviceMappings"]
    assert [(each["deviceName"], each.get("rootVolume")) for each in of_karpenter] == [
        ("/dev/xvda", None),
        ("/dev/xvdb", True),
    ]
    (billed,) = [each for each in GROUPS.plan.cost.items if each.name == "node disks"]
    assert "54 GiB per node of l4" in billed.what
    assert "50 GiB per node of a10g" in billed.what


def test_its_own_device_plugin_is_the_only_one_and_no_exporter_of_dcgm_runs() -> None:
    charts = [release(GROUPS.recording, name) for name in ("nvidia-device-plugin", "dcgm-exporter")]
    labels = {name: MADE[name]["labels"] for name in ("l4-nodes", "a10g-nodes")}
    assert [labels[name].get("nvidia.com/gpu.deploy.operands") for name in ("l4-nodes", "a10g-nodes")] == [
        "false",
        None,
    ]
    for chart in charts:
        assert chart is not None
        wanted = chart.inputs["values"]["nodeSelector"].items()
        assert [wanted <= labels[name].items() for name in ("l4-nodes", "a10g-nodes")] == [False, True]
    pools = [each.inputs["spec"]["template"]["metadata"]["labels"] for each in KARPENTER.recording.of(NODE_POOL)]
    assert sorted("nvidia.com/gpu.present" in each for each in pools) == [False, True]


def test_a_stack_that_has_such_nodes_alone_may_leave_nvidias_chart_out() -> None:
    without = text("bottlerocket-karpenter").replace("models:", "addons: {nvidiaDevicePlugin: disabled}\n    models:")
    with pytest.raises(BadStackFile, match="pool t4 has no GPUs without it"):
        plan_text("mixed", without)
    alone = without.replace("[g4dn.xlarge]", "[g4dn.xlarge], os: bottlerocket, warmPool: 0")
    assert release(plan_text("alone", alone).recording, "nvidia-device-plugin") is None


def test_the_plan_says_which_release_and_that_nothing_measures_the_gpus() -> None:
    said = {each.path: each.message for each in GROUPS.plan.assumptions if each.path.endswith(".os")}
    assert said.keys() == {"gpuPools.l4.os", "gpuPools.l40s.os"}
    assert all(RELEASE in each and "dcgm-exporter" in each for each in said.values())
    without = plan(changed(PROD, gpuPools__l4__os="bottlerocket", addons={"dcgmExporter": "disabled"}))
    (quiet,) = [each.message for each in without.assumptions if each.path == "gpuPools.l4.os"]
    assert "dcgm-exporter" not in quiet


def test_no_alert_and_no_dashboard_is_promised_of_what_nothing_measures() -> None:
    alone = plan_text(
        "alone", text("bottlerocket-karpenter").replace("[g4dn.xlarge]", "[g4dn.xlarge], os: bottlerocket")
    )
    for made, measured in ((KARPENTER, True), (alone, False)):
        (alert,) = [each for each in platform(made.plan) if each.kind == Kind.GPU_ERROR]
        assert isinstance(alert, Alert) is measured
        assert ("gpus" in {each.name for each in dashboards(made.plan)}) is measured


def test_another_release_of_amazon_linux_moves_none_of_its_nodes() -> None:
    moved = compared("bottlerocket", ('version: "1.35"', 'version: "1.35"\n        amiRelease: 1.35.6-20260801'))
    changed_groups = {urn.rpartition("::")[2] for urn in moved.resources.changed if NODE_GROUP in urn}
    assert changed_groups == {"a10g-nodes", "cluster-system"}


@pytest.mark.parametrize(
    ("stack", "said", "guarded"),
    [
        ("bottlerocket", "moves to a new node group without a gap", [("l4", "replace")]),
        ("bottlerocket-karpenter", "its nodes are replaced one by one", []),
    ],
)
def test_another_system_replaces_the_nodes(stack: str, said: str, guarded: list[tuple[str, str]]) -> None:
    difference = compared(stack, ("], os: bottlerocket", "]"))
    assert any(said in each.during for each in difference.notices if each.model == "qwen3-8b")
    assert [(each.name, each.act) for each in difference.guarded] == guarded


def test_the_remedy_saves_what_it_says_and_is_offered_where_it_is_allowed() -> None:
    without = plan(PROD)
    (offered,) = [each for each in without.remedies["llama-8b"] if each.name == "bottlerocket nodes"]
    assert offered.write == "gpuPools.l4.os: bottlerocket"
    then = plan(changed(PROD, gpuPools__l4__os="bottlerocket"))
    before, after = (each.models["llama-8b"].cold_start.seconds for each in (without, then))
    assert offered.seconds == pytest.approx(before - after, abs=2)
    assert offered.usd_per_month == pytest.approx(then.cost.usd_per_month_min - without.cost.usd_per_month_min)
    for written in ({"os": "bottlerocket"}, {"spare": 1}, {"warmPool": 1}):
        other = plan(changed(PROD, **{f"gpuPools__l4__{key}": value for key, value in written.items()}))
        assert not {each.name for each in other.remedies["llama-8b"]} & {"bottlerocket nodes", "warm pool"}
