"""`cache: {kind: s3}` for servers that don't stream: they mount the bucket as files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.engines import ENGINES
from tests.conftest import HANGS_SECONDS
from tests.example_stacks import planned
from tests.invariants.order import Dependencies
from tests.invariants.reading import CLAIM, EKS_ADDON, NODE_GROUP, VOLUME, jobs, servers
from tests.planning.stacks import CATALOG, DEV, plan

SITE = planned("s3-mounted")
VLLM = ENGINES["vllm"]
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
    claim = MADE.one(CLAIM, "files-weights-claim")
    mounts = {each["name"]: each for each in pod.spec["containers"][0]["volumeMounts"]}
    volumes = {each["name"]: each for each in pod.spec["volumes"]}
    named = {"claimName": claim.inputs["metadata"]["name"], "readOnly": True}
    assert (volumes["models"]["persistentVolumeClaim"], mounts["models"]["mountPath"]) == (named, "/models")
    assert "/models/hf/Qwen/Qwen2.5-7B-Instruct/main" in pod.arguments
    assert pod.spec["securityContext"]["fsGroup"] == 2000, "the driver gives the files to this group"


def test_the_mount_has_the_rights_of_the_servers_own_account_and_reads_alone() -> None:
    (pod,) = [each for each in servers(MADE) if each.name == "files"]
    volume = MADE.one(VOLUME, "files-weights-volume")
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
    asked = _made(VOLUME, "files-weights-volume")["spec"]["csi"]["volumeAttributes"]
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
    claim, volume = MADE.one(CLAIM, "files-weights-claim"), MADE.one(VOLUME, "files-weights-volume")
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
    [
        ({}, False),
        ({"extraArgs": ["--load-format", "auto"]}, True),
        ({"adapters": {"tone": {"model": "acme/tone-lora", "rank": 16}}}, True),
        ({"speculative": {"model": "Qwen/Qwen3-0.6B", "tokens": 4}}, True),
        ({"speculative": {"method": "ngram", "tokens": 4}}, False),
    ],
    ids=["as it is", "with another way to load", "with an adapter", "with a draft model", "with nothing to download"],
)
def test_vllm_streams_unless_it_reads_more_than_its_weights(changes: dict[str, Any], mounted: bool) -> None:
    made = plan(
        {**DEV, "models": {"a": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, **changes}}, "cache": {"kind": "s3"}}
    )
    assert made.violations == ()
    assert (made.models["a"].streamed, made.models["a"].mounted) == (not mounted, mounted)


def test_an_adapter_goes_to_the_prefix_that_the_server_mounts_and_may_read() -> None:
    chat = SITE.plan.models["chat"]
    (pod,) = [each for each in servers(MADE) if each.name == "chat"]
    environment = {each["name"]: each.get("value") for each in pod.spec["containers"][0]["env"]}
    prefix = "adapters/chat/Qwen/Qwen3-8B/main"
    assert environment["VLLM_LORA_RESOLVER_CACHE_DIR"] == f"/models/{prefix}"
    assert "--load-format" not in pod.arguments
    fetch = VLLM.fetch_adapter(chat, chat.adapters[0])
    assert (fetch.directory, pod.arguments[0] in fetch.command) == (f"/home/model/{prefix}/tone", True)
    read = {each.removeprefix("${weights-bucket.arn}/") for each in _policy("chat-bucket-policy")[1]["Resource"]}
    assert read == {"hf/Qwen/Qwen3-8B/main/*", f"{prefix}/*"}


def test_a_download_of_an_adapter_alone_has_room_for_one() -> None:
    """Where adapters come and go, the Job of the model's own weights stays as it is."""
    limits = {
        pod.name: pod.spec["containers"][0]["resources"]["limits"]["ephemeral-storage"]
        for pod in jobs(MADE)
        if pod.name in ("chat-prefetch", "tone-prefetch")
    }
    assert limits == {"chat-prefetch": "2Gi", "tone-prefetch": "3Gi"}


def test_a_draft_model_goes_to_the_bucket_as_the_weights_do() -> None:
    model = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "speculative": {"model": "Qwen/Qwen3-0.6B", "tokens": 4}}
    quick = plan({**DEV, "models": {"quick": model}, "cache": {"kind": "s3"}}).models["quick"]
    fetch = VLLM.fetch_draft(quick)
    assert fetch is not None
    assert "hf/Qwen/Qwen3-0.6B/main" in fetch.command


LIBRARIES = {
    "huggingface_hub.py": """
from pathlib import Path
def snapshot_download(repository, revision, local_dir, allow_patterns):
    Path(local_dir, ".cache").mkdir(parents=True)
    Path(local_dir, "adapter_config.json").write_text('{"peft_type": "LORA", "r": 16}')
    Path(local_dir, "adapter_model.safetensors").write_text("weights")
""",
    "boto3.py": """
from pathlib import Path
class client:
    def __init__(self, name): pass
    def upload_file(self, file, bucket, key): print(bucket, key, Path(file).read_text())
""",
}


@pytest.mark.programs
def test_an_adapter_is_sent_whole_before_its_configuration_shows_it(tmp_path: Path) -> None:
    for name, text in LIBRARIES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    chat = SITE.plan.models["chat"]
    fetch = VLLM.fetch_adapter(chat, chat.adapters[0])
    words = [each.replace("/home/model", str(tmp_path)) for each in fetch.command[1:]]
    done = subprocess.run(
        [sys.executable, *words],
        env={"PYTHONPATH": str(tmp_path), "HOME": str(tmp_path), "WEIGHTS_BUCKET": "weights-1"},
        capture_output=True,
        text=True,
        timeout=HANGS_SECONDS,
        check=False,
    )
    below = "weights-1 adapters/chat/Qwen/Qwen3-8B/main/tone"
    base = '"base_model_name_or_path": "/models/hf/Qwen/Qwen3-8B/main"'
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{below}/adapter_model.safetensors weights",
        f'{below}/adapter_config.json {{"peft_type": "LORA", "r": 16, {base}}}',
    ]
