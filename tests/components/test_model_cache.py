"""Where weights are kept: the claim of each kind of storage, the namespace, the hub's token."""

from typing import Any

import pytest

from components.aws.volumes import ebs_disk, efs_volume
from components.model_cache import ModelCache
from infra.recording import SECRET, Recording
from tests.components.examples import run

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
NAMESPACE = "kubernetes:core/v1:Namespace"
VOLUME = "kubernetes:core/v1:PersistentVolume"
EBS = ebs_disk("us-east-1a", throughput=500, iops=3000)


def cache(preview: bool = False, **changes: Any) -> Recording:
    arguments: dict[str, Any] = {
        "namespace": "llm",
        "create_namespace": True,
        "namespace_labels": {},
        "size": "100Gi",
        "access_mode": "ReadWriteMany",
        "protect": False,
        **changes,
    }
    return run(lambda opts: _made(opts, **arguments), preview=preview)


def _made(opts: Any, efs: bool = False, **arguments: Any) -> None:
    """`efs`: on a file system. Its id is an Output, which can be made only while a program runs."""
    on: dict[str, Any] = {"volume": efs_volume("fs-1", "fsap-1")} if efs else {}
    ModelCache("cache", opts=opts, **arguments, **on)


def claim_spec(recording: Recording) -> dict[str, Any]:
    (claim,) = recording.of(CLAIM)
    assert (claim.inputs["metadata"]["name"], claim.inputs["metadata"]["namespace"]) == ("model-cache", "llm")
    return claim.inputs["spec"]


def test_a_namespace_that_we_make_carries_the_labels_and_comes_before_the_claim():
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    recording = cache(namespace_labels=labels)
    (namespace,) = recording.of(NAMESPACE)
    assert namespace.inputs["metadata"] == {"name": "llm", "labels": labels}
    (claim,) = recording.of(CLAIM)
    assert namespace.urn in claim.options["depends_on"]


def test_a_namespace_of_somebody_else_is_left_alone():
    recording = cache(create_namespace=False)
    assert recording.of(NAMESPACE) == []


def test_a_namespace_that_the_stack_gives_away_is_read_by_the_urn_that_it_had():
    """So the engine lets go of it, and doesn't delete it with everything in it."""
    (made,) = cache().of(NAMESPACE)
    (read,) = cache(create_namespace=False).reads
    assert (read.urn, read.id) == (made.urn, "llm")


@pytest.mark.parametrize(
    ("storage_class", "expected"),
    [
        (None, {}),  # the cluster's default: naming none is not the same as naming ""
        ("efs-sc", {"storageClassName": "efs-sc"}),
    ],
)
def test_a_claim_on_a_storage_class(storage_class, expected):
    recording = cache(storage_class=storage_class)
    assert claim_spec(recording) == {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "100Gi"}},
        **expected,
    }
    assert recording.of(CLASS) == recording.of(VOLUME) == []


@pytest.mark.parametrize("preview", [True, False])
def test_a_claim_on_efs_is_bound_to_the_access_point_and_outlives_the_claim(preview):
    recording = cache(efs=True, preview=preview)
    (volume,) = recording.of(VOLUME)
    assert volume.inputs["spec"]["csi"] == {
        "driver": "efs.csi.aws.com",
        "volumeHandle": "fs-1::fsap-1",
        "volumeAttributes": {"encryptInTransit": "true"},
    }
    assert volume.inputs["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume.inputs["spec"]["claimRef"] == {"namespace": "llm", "name": "model-cache"}
    spec = claim_spec(recording)
    assert (spec["storageClassName"], spec["volumeName"]) == ("", volume.inputs["metadata"]["name"])


def test_a_claim_on_ebs_is_one_encrypted_disk_in_the_zone_of_its_pods():
    recording = cache(volume=EBS, access_mode="ReadWriteOnce")
    (made,) = recording.of(CLASS)
    assert made.inputs["parameters"] == {"type": "gp3", "encrypted": "true", "throughput": "500", "iops": "3000"}
    assert made.inputs["volumeBindingMode"] == "WaitForFirstConsumer"
    assert made.inputs["allowedTopologies"] == [
        {"matchLabelExpressions": [{"key": "topology.kubernetes.io/zone", "values": ["us-east-1a"]}]}
    ]
    spec = claim_spec(recording)
    assert (spec["accessModes"], spec["storageClassName"]) == (["ReadWriteOnce"], made.inputs["metadata"]["name"])


def test_protection_changes_nothing_of_a_class_which_is_immutable():
    classes = [cache(volume=EBS, protect=protect).of(CLASS) for protect in (True, False)]
    assert classes[0] == classes[1]
    ((made,), _) = classes
    assert made.inputs["reclaimPolicy"] == "Delete"
    # A class from an earlier version of the program, which had Retain, is recreated; its claim stays.
    assert made.options["replace_on_changes"] == ["reclaimPolicy"]
    assert made.options["delete_before_replace"] is True


def test_a_recreated_class_leaves_the_claim_alone():
    recording = cache(volume=EBS)
    (made,), (claim,) = recording.of(CLASS), recording.of(CLAIM)
    assert made.urn in claim.options["depends_on"]


def test_the_hubs_token_is_a_secret_only_where_there_is_one():
    assert cache().of("kubernetes:core/v1:Secret") == []
    (secret,) = cache(hub_token="hf_x").of("kubernetes:core/v1:Secret")
    assert secret.inputs["metadata"]["name"] == "huggingface-token"
    assert SECRET in str(secret.inputs)
    assert "hf_x" not in str(secret.inputs)


@pytest.mark.parametrize("protect", [True, False])
def test_the_claim_is_protected_if_asked(protect):
    (claim,) = cache(protect=protect).of(CLAIM)
    assert claim.options.get("protect", False) is protect
