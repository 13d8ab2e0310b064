"""`cache: {kind: s3}` for servers that don't stream: they mount the bucket as files."""

import json
from typing import Any

import pytest

from tests.example_stacks import planned
from tests.invariants.order import Dependencies
from tests.invariants.reading import CLAIM, EKS_ADDON, NODE_GROUP, VOLUME, servers
from tests.planning.stacks import CATALOG, DEV, plan

SITE = planned("s3-mounted")
MADE = SITE.recording
FILES, STREAMS = SITE.plan.models["files"], SITE.plan.models["vectors"]
EXISTING = {"existing": {"eks": "shared", "version": "1.35", "zones": ["use1-az1", "use1-az2"]}}
TGI = {"model": "Qwen/Qwen2.5-7B-Instruct", "engine": "tgi", "acknowledgeMaintenanceMode": True, "maxModelLen": 8192}


def _made(type_: str, name: str) -> Any:
    return MADE.one(type_, name).inputs


def _policy(name: str) -> list[Any]:
    return json.loads(_made("aws:iam/rolePolicy:RolePolicy", name)["policy"])["Statement"]


def test_a_server_that_reads_files_has_the_bucket_as_its_models_directory() -> None:
    (pod,) = [each for each in servers(MADE) if each.name == "files"]
    (claim,) = MADE.of(CLAIM)
    mounts = {each["name"]: each for each in pod.spec["containers"][0]["volumeMounts"]}
    volumes = {each["name"]: each for each in pod.spec["volumes"]}
    named = {"claimName": claim.inputs["metadata"]["name"], "readOnly": True}
    assert (volumes["models"]["persistentVolumeClaim"], mounts["models"]["mountPath"]) == (named, "/models")
    assert "/models/hf/Qwen/Qwen2.5-7B-Instruct/main" in pod.arguments
    assert pod.spec["securityContext"]["fsGroup"] == 2000, "the driver gives the files to this group"


def test_the_mount_has_the_rights_of_the_servers_own_account_and_reads_alone() -> None:
    (pod,) = [each for each in servers(MADE) if each.name == "files"]
    (volume,) = MADE.of(VOLUME)
    spec, identity = volume.inputs["spec"], "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    assert spec["csi"]["volumeAttributes"]["authenticationSource"] == "pod"
    assert spec["csi"]["volumeAttributes"]["bucketName"] == "${weights-bucket.bucket}"
    assert (spec["accessModes"], spec["mountOptions"]) == (["ReadOnlyMany"], ["region us-east-1"])
    assert pod.spec["serviceAccountName"] == _made(identity, "files-bucket-association")["serviceAccount"]


def test_the_rights_to_read_end_at_the_models_own_prefix() -> None:
    """Names are seen of all: S3 says that a missing file is forbidden to whoever may list a prefix alone."""
    listing, reading = _policy("files-bucket-policy")
    assert (listing["Action"], "Condition" in listing) == ("s3:ListBucket", False)
    assert (reading["Action"], reading["Resource"]) == (
        "s3:GetObject",
        "${weights-bucket.arn}/hf/Qwen/Qwen2.5-7B-Instruct/main/*",
    )
    assert "Condition" in _policy("vectors-bucket-policy")[0]


def test_only_a_server_that_streams_has_a_way_out() -> None:
    """The mount's pod reads S3, in the driver's namespace."""
    ports = {
        name: {
            port["port"]
            for rule in _made("kubernetes:networking.k8s.io/v1:NetworkPolicy", f"{name}-policy")["spec"]["egress"]
            for port in rule["ports"]
        }
        for name in ("files", "vectors")
    }
    assert ports == {"files": {53}, "vectors": {53, 80, 443}}
    said = {each.path for each in SITE.plan.warnings if "HTTPS" in each.message}
    assert said == {"models.vectors.model"}


def test_what_mounts_requests_a_part_of_what_the_server_would_have_alone() -> None:
    (pod,) = [each for each in servers(MADE) if each.name == "files"]
    asked = MADE.of(VOLUME)[0].inputs["spec"]["csi"]["volumeAttributes"]
    memory = int(asked["mountpointContainerResourcesRequestsMemory"].removesuffix("Mi"))
    cpu = int(asked["mountpointContainerResourcesRequestsCpu"].removesuffix("m"))
    requests = pod.spec["containers"][0]["resources"]["requests"]
    assert (memory, cpu) == (2304, 250)
    assert int(requests["memory"].removesuffix("Mi")) + memory == round(FILES.resources.memory_gib * 1024)
    assert int(requests["cpu"].removesuffix("m")) + cpu == round(FILES.resources.cpu * 1000)
    (said,) = [each.message for each in SITE.plan.assumptions if each.path == "models.files.model"]
    assert "requests 2.25 GiB and 0.25 CPU of what the server would have alone" in said


def test_the_driver_runs_on_every_node_and_is_deleted_after_the_volumes_and_before_the_nodes() -> None:
    driver = MADE.one(EKS_ADDON, "cluster-aws-mountpoint-s3-csi-driver")
    assert json.loads(driver.inputs["configurationValues"]) == {"node": {"tolerateAllTaints": True}}
    assert driver.inputs["addonVersion"] == CATALOG.aws.versions["1.35"].addons["aws-mountpoint-s3-csi-driver"]
    after = Dependencies(MADE)
    (claim,), (volume,) = MADE.of(CLAIM), MADE.of(VOLUME)
    server = MADE.one("kubernetes:apps/v1:Deployment", "files-deployment")
    assert {claim.urn, volume.urn, driver.urn} <= after.of(server.urn)
    assert driver.urn in after.of(volume.urn)
    assert MADE.one(NODE_GROUP, "cluster-system").urn in after.of(driver.urn)


def test_without_a_server_that_reads_files_there_is_no_driver() -> None:
    addons = {each.inputs["addonName"] for each in planned("s3-cache").recording.of(EKS_ADDON)}
    assert "eks-pod-identity-agent" in addons
    assert "aws-mountpoint-s3-csi-driver" not in addons


def test_files_come_at_the_speed_of_the_mount_or_of_the_network() -> None:
    part, gib = FILES.cold_start.parts["weights"], FILES.weights_on_disk_gib
    assert part.mid == pytest.approx(gib * 1024 / CATALOG.cold_start["mount-s3"].value)
    assert "as files from S3" in part.reason
    assert "streamed from S3" in STREAMS.cold_start.parts["weights"].reason


def test_a_cluster_that_exists_has_the_driver_or_the_plan_says_how_it_gets_it() -> None:
    pools = {"l4": {"instanceTypes": ["g6.2xlarge"]}}
    stack = {"cluster": EXISTING, "gpuPools": pools, "models": {"files": TGI}, "cache": {"kind": "s3"}}
    there = plan({**DEV, **stack})
    assert there.violations == ()
    (said,) = [each for each in there.to_do if "Mountpoint" in each.message]
    assert (said.path, said.names) == ("cache.kind", ("files",))
    assert "create-addon --addon-name aws-mountpoint-s3-csi-driver --cluster-name shared" in said.message


@pytest.mark.parametrize(
    ("changes", "mounted"),
    [({}, False), ({"extraArgs": ["--load-format", "auto"]}, True)],
    ids=["as it streams", "with another way to load"],
)
def test_vllm_mounts_where_arguments_say_how_it_loads(changes: dict[str, Any], mounted: bool) -> None:
    made = plan(
        {**DEV, "models": {"a": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, **changes}}, "cache": {"kind": "s3"}}
    )
    assert made.violations == ()
    assert (made.models["a"].streamed, made.models["a"].mounted) == (not mounted, mounted)
