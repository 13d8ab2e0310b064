"""A GPU pool: the taint, and all that the autoscaler must know about a node while the pool is empty."""

import base64
import json
import subprocess
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import yaml

from components.aws.gpu_pool import GroupSize, Taint
from components.aws.mig import Slices, script
from components.aws.node_template import NodeDisk, Reservation
from infra.recording import Recording
from tests.components.aws_examples import LABELS, NODE_GROUP, site

HINT = "k8s.io/cluster-autoscaler/node-template"
EXPECTED_TAGS = {
    "k8s.io/cluster-autoscaler/enabled": "true",
    "k8s.io/cluster-autoscaler/llm-test": "owned",
    f"{HINT}/resources/nvidia.com/gpu": "4",
    f"{HINT}/resources/ephemeral-storage": "150Gi",
    f"{HINT}/taint/nvidia.com/gpu": "present:NoSchedule",
    f"{HINT}/label/nvidia.com/gpu.present": "true",
    f"{HINT}/label/k8s.amazonaws.com/accelerator": "nvidia-l4",
    f"{HINT}/label/llm-platform/pool": "l4",
}


def group_tags(recording: Recording) -> dict[str, str]:
    """The tags of the scaling group: while the pool has no node, the autoscaler sees nothing else."""
    tags = recording.of("aws:autoscaling/tag:Tag")
    assert {r.inputs["autoscalingGroupName"] for r in tags} == {"${l4-nodes.resources.0.autoscalingGroups.0.name}"}
    assert not any(r.inputs["tag"]["propagateAtLaunch"] for r in tags)
    return {r.inputs["tag"]["key"]: r.inputs["tag"]["value"] for r in tags}


def test_the_template_node_is_described_on_the_node_group_and_on_its_scaling_group() -> None:
    recording = site(pool={"gpus_per_node": 4})
    assert recording.one(NODE_GROUP, "l4-nodes").inputs["tags"] == EXPECTED_TAGS
    assert group_tags(recording) == EXPECTED_TAGS


@pytest.mark.parametrize("preview", [False, True])
def test_the_autoscalers_description_is_what_the_nodes_have(preview: bool) -> None:
    recording = site(preview=preview, pool={"labels": {**LABELS, "team": "search"}})
    nodes = recording.one(NODE_GROUP, "l4-nodes").inputs
    hinted = {key.removeprefix(f"{HINT}/label/"): v for key, v in nodes["tags"].items() if f"{HINT}/label/" in key}
    assert hinted == nodes["labels"]
    assert nodes["labels"]["team"] == "search"
    assert nodes["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
    assert len(recording.of("aws:autoscaling/tag:Tag")) == len(nodes["tags"])


def test_the_taint_is_the_taint_that_is_passed_on_the_nodes_and_in_the_autoscalers_description() -> None:
    nodes = site(pool={"taint": Taint("acme.io/gpu", "ours", "NoExecute")}).one(NODE_GROUP, "l4-nodes").inputs
    assert nodes["taints"] == [{"key": "acme.io/gpu", "value": "ours", "effect": "NO_EXECUTE"}]
    assert {key: value for key, value in nodes["tags"].items() if "/taint/" in key} == {
        f"{HINT}/taint/acme.io/gpu": "ours:NoExecute"
    }


@pytest.mark.parametrize(("capacity", "on_eks"), [("spot", "SPOT"), ("on-demand", "ON_DEMAND")])
def test_capacity_types_and_size_are_as_passed(capacity: str, on_eks: str) -> None:
    nodes = site(pool={"capacity": capacity, "min_nodes": 1, "max_nodes": 6}).one(NODE_GROUP, "l4-nodes").inputs
    assert nodes["capacityType"] == on_eks
    assert nodes["amiType"] == "AL2023_x86_64_NVIDIA"
    assert nodes["instanceTypes"] == ["g6.xlarge", "g6.2xlarge"]
    assert nodes["scalingConfig"] == {"minSize": 1, "maxSize": 6, "desiredSize": 1}
    assert nodes["version"] == "1.35"


def test_each_of_several_groups_is_described_to_the_autoscaler_as_a_single_one_is() -> None:
    sizes = {"use1-az1": GroupSize(["subnet-1"], 1, 3), "use1-az2": GroupSize(["subnet-2"], 0, 2)}
    recording = site(pool={"groups": sizes, "gpus_per_node": 4})
    groups = {r.name: r for r in recording.of(NODE_GROUP) if r.name.startswith("l4")}
    assert {name: r.inputs["subnetIds"] for name, r in groups.items()} == {
        "l4-nodes-use1-az1": ["subnet-1"],
        "l4-nodes-use1-az2": ["subnet-2"],
    }
    assert [r.inputs["scalingConfig"] for r in groups.values()] == [
        {"minSize": 1, "maxSize": 3, "desiredSize": 1},
        {"minSize": 0, "maxSize": 2, "desiredSize": 0},
    ]
    assert len(recording.of("aws:ec2/launchTemplate:LaunchTemplate")) == 2, "the pool's and that of system nodes"
    tags = recording.of("aws:autoscaling/tag:Tag")
    for name, group in groups.items():
        assert group.inputs["tags"] == EXPECTED_TAGS
        own = [r.inputs["tag"] for r in tags if name in r.inputs["autoscalingGroupName"]]
        assert {tag["key"]: tag["value"] for tag in own} == EXPECTED_TAGS


def test_the_autoscaler_owns_the_number_of_nodes() -> None:
    assert site().one(NODE_GROUP, "l4-nodes").options["ignore_changes"] == ["scalingConfig.desiredSize"]


def test_an_update_needs_no_gpu_beyond_the_quota() -> None:
    update = site().one(NODE_GROUP, "l4-nodes").inputs["updateConfig"]
    assert update == {"maxUnavailable": 1, "updateStrategy": "MINIMAL"}


def test_other_instance_types_can_be_there_before_the_old_ones_go() -> None:
    nodes = site().one(NODE_GROUP, "l4-nodes")
    assert "nodeGroupName" not in nodes.inputs, "a fixed name can't be there twice"
    assert "delete_before_replace" not in nodes.options


@pytest.mark.parametrize("nvme", [False, True])
def test_nodes_pull_images_in_parallel_and_use_their_nvme(nvme: bool) -> None:
    template = (
        site(pool={"disk": NodeDisk(50, 3000, 125, nvme)})
        .one("aws:ec2/launchTemplate:LaunchTemplate", "l4-template")
        .inputs
    )
    message = message_from_bytes(base64.b64decode(template["userData"]), policy=policy.default)
    (part,) = message.iter_parts()
    assert message.get_content_type() == "multipart/mixed"
    assert part.get_content_type() == "application/node.eks.aws"
    node_config = json.loads(part.get_content())
    assert (node_config["apiVersion"], node_config["kind"]) == ("node.eks.aws/v1alpha1", "NodeConfig")
    assert node_config["spec"]["featureGates"] == {"FastImagePull": True}
    assert node_config["spec"].get("instance") == ({"localStorage": {"strategy": "RAID0"}} if nvme else None)
    assert "cluster" not in node_config["spec"], "EKS says that itself, for its own images"


def test_a_node_cuts_its_gpus_at_each_boot_before_its_kubelet_starts() -> None:
    """nodeadm starts the kubelet after cloud-init, which runs what is in this folder at each boot."""
    template = site(pool={"slices": CUT}).one("aws:ec2/launchTemplate:LaunchTemplate", "l4-template").inputs
    message = message_from_bytes(base64.b64decode(template["userData"]), policy=policy.default)
    config = [part.get_content() for part in message.iter_parts() if part.get_content_type() == "text/cloud-config"]
    (file,) = yaml.safe_load(config[0])["write_files"]
    assert file["path"].startswith("/var/lib/cloud/scripts/per-boot/")
    assert file["permissions"] == "0755"
    assert file["content"] == script(CUT)


CUT = Slices("3g.40gb", 2)
# A stand-in for systemctl, nvidia-smi and sleep, which says what it was asked. `sleep` ends the script, as a restart
# would.
STAND_IN = """#!/bin/bash
echo "$(basename "$0") $*" >> "$SAID"
case "$*" in *query*) printf "$MODES" ;; infinity) kill $PPID ;; esac
"""


@pytest.mark.parametrize(
    ("modes", "restarted", "asked", "code"),
    [
        ("Enabled\\nEnabled\\n", False, "nvidia-smi mig -cgi 3g.40gb,3g.40gb -C", 0),
        ("Enabled\\nDisabled\\n", False, "systemctl reboot", -15),
        ("Disabled\\n", True, "nvidia-smi --query-gpu=mig.mode.current --format=csv,noheader", 1),
    ],
    ids=["the mode is on at once", "the mode needs a restart", "a restart didn't help"],
)
@pytest.mark.programs
def test_a_node_restarts_once_where_its_gpus_take_the_mode_only_then(
    tmp_path: Path, modes: str, restarted: bool, asked: str, code: int
) -> None:
    for name in ("systemctl", "nvidia-smi", "sleep"):
        (tmp_path / name).write_text(STAND_IN)
        (tmp_path / name).chmod(0o755)
    marker, said = tmp_path / "cut-gpus-restarted", tmp_path / "said"
    if restarted:
        marker.touch()
    of_test = script(CUT).replace("/var/lib/cut-gpus-restarted", str(marker))
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SAID": str(said), "MODES": modes}
    ended = subprocess.run(["bash", "-c", of_test], env=environment, capture_output=True, check=False)
    last = [line for line in said.read_text().splitlines() if not line.startswith("sleep")][-1]
    assert (last, ended.returncode) == (asked, code)
    assert marker.exists() == (code != 0)


def test_the_root_is_as_large_and_fast_as_passed() -> None:
    (root,) = site().one("aws:ec2/launchTemplate:LaunchTemplate", "l4-template").inputs["blockDeviceMappings"]
    assert {key: root["ebs"][key] for key in ("volumeSize", "iops", "throughput")} == {
        "volumeSize": 200,
        "iops": 4000,
        "throughput": 1000,
    }


def test_a_group_of_a_capacity_block_is_as_eks_asks_for() -> None:
    """Its market, its reservation and its type are in the template, and its type nowhere else."""
    block = Reservation("cr-0a1b2c3d4e5f60718", "p5.48xlarge", block=True)
    open_, target = GroupSize(["subnet-1"], 0, 2), GroupSize(["subnet-2"], 0, 1, "on-demand", block, {"step": "block"})
    recording = site(pool={"groups": {"ondemand": open_, "block": target}})
    nodes = recording.one(NODE_GROUP, "l4-nodes-block").inputs
    assert nodes["capacityType"] == "CAPACITY_BLOCK"
    assert "instanceTypes" not in nodes
    assert nodes["labels"]["step"] == "block"
    template = recording.one("aws:ec2/launchTemplate:LaunchTemplate", "l4-template-cr-0a1b2c3d4e5f60718").inputs
    assert template["instanceType"] == "p5.48xlarge"
    assert template["instanceMarketOptions"] == {"marketType": "capacity-block"}
    assert template["capacityReservationSpecification"] == {
        "capacityReservationTarget": {"capacityReservationId": "cr-0a1b2c3d4e5f60718"}
    }
    others = recording.one("aws:ec2/launchTemplate:LaunchTemplate", "l4-template").inputs
    assert not {"instanceType", "instanceMarketOptions", "capacityReservationSpecification"} & others.keys()


def test_a_group_of_a_reservation_names_it_and_is_on_demand() -> None:
    reserved = Reservation("cr-0a1b2c3d4e5f60718", "g6.2xlarge", block=False)
    recording = site(pool={"groups": {"reserved": GroupSize(["subnet-1"], 0, 2, "on-demand", reserved)}})
    nodes = recording.one(NODE_GROUP, "l4-nodes-reserved").inputs
    assert (nodes["capacityType"], nodes["instanceTypes"]) == ("ON_DEMAND", ["g6.2xlarge"])
    template = recording.one("aws:ec2/launchTemplate:LaunchTemplate", "l4-template-cr-0a1b2c3d4e5f60718").inputs
    assert not {"instanceType", "instanceMarketOptions"} & template.keys()
