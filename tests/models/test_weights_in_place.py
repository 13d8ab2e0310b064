"""Weights that the cluster has already: named by a URL, known by a copy of their files, mounted, never downloaded."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.pods import USER_ID
from infra.engines.hub import weights_path
from infra.models.lock import read_lock
from infra.models.places import BUCKET_KEYS, Bucket, Claim, NodePath, Place, bad_place, place_of
from tests.cli.running import plan, run, write_stack
from tests.example_stacks import plan_text, planned, text
from tests.invariants.order import Dependencies
from tests.invariants.reading import CLAIM
from tests.models.test_model_command import ONE, folder
from tests.models.test_plan_with_lock import planned as plan_of
from tests.models.test_plan_with_lock import said

MODEL = "pvc://weights/support/v2"
STACK = """
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: {version: "1.35", zones: 2}}
    gpuPools: {l40s: {instanceTypes: [g6e.xlarge]}}
    models: {support: {model: "MODEL", maxModelLen: 8192}}
"""
DEPLOYMENT, JOB = "kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:Job"


def add(stacks: Path, name: str = MODEL, *, copy: bool = True) -> Any:
    options = ("--from", str(folder(stacks / "copy", ONE))) if copy else ()
    return run("model", "add", name, "--stacks", str(stacks), *options)


def stack(path: Path, *, known: bool = True) -> Path:
    if known:
        assert add(path).exit_code == 0
    return write_stack(path, STACK.replace("MODEL", MODEL))


@pytest.mark.parametrize(
    ("name", "place", "directory"),
    [
        ("pvc://weights/support/v2", Claim("weights", "support/v2"), "/models/support/v2"),
        ("pvc://weights", Claim("weights", ""), "/models"),
        ("pvc://a.b-c/models--x/.snap", Claim("a.b-c", "models--x/.snap"), "/models/models--x/.snap"),
        ("file:///data/support/v2", NodePath("/data/support/v2"), "/models"),
        ("s3://acme-models/support/v2", Bucket("acme-models", "support/v2"), "s3://acme-models/support/v2"),
        ("s3://acme-models", Bucket("acme-models", ""), "s3://acme-models"),
        ("Qwen/Qwen3-8B", None, "/models/hf/Qwen/Qwen3-8B/main"),
    ],
)
def test_a_url_is_a_place_and_what_the_server_reads(name: str, place: Place | None, directory: str) -> None:
    assert (place_of(name), weights_path(name, None)) == (place, directory)


@pytest.mark.parametrize(
    ("name", "write"),
    {
        "pvc://": "pvc://CLAIM/PATH",
        "pvc://Weights/a": "pvc://CLAIM/PATH",
        "pvc://weights/../a": "pvc://CLAIM/PATH",
        "pvc://weights/a/..": "pvc://CLAIM/PATH",
        "pvc://weights//a": "write pvc://weights/a",
        "pvc://weights/a/": "write pvc://weights/a",
        "s3://": "s3://BUCKET/PREFIX",
        "s3://Bucket/a": "s3://BUCKET/PREFIX",
        "s3://10.0.0.1/a": "s3://BUCKET/PREFIX",
        "s3://bucket/../a": "s3://BUCKET/PREFIX",
        "file://data/a": "write file:///data/a",
        "file:///data/a/": "write file:///data/a",
        "file:///data//a/.": "write file:///data/a",
        "file:///": "file:///PATH",
        "file:///data/../a": "file:///PATH",
        "gs://bucket/a": "copy them to a volume",
        "hf://Qwen/Qwen3-8B": "write Qwen/Qwen3-8B",
        "https://huggingface.co/Qwen/Qwen3-8B/tree/main": "write Qwen/Qwen3-8B",
    }.items(),
)
def test_what_is_no_place_is_refused_with_what_to_write(name: str, write: str, tmp_path: Path) -> None:
    bad = bad_place(name)
    assert bad is not None
    assert write in bad[1]
    write_stack(tmp_path, STACK.replace("MODEL", name))
    for refused in (plan("dev", stacks=tmp_path), add(tmp_path, name)):
        assert refused.exit_code == 2
        assert write in " ".join(refused.stderr.split())


def test_an_unknown_one_names_the_one_command(tmp_path: Path) -> None:
    stack(tmp_path, known=False)
    refused = plan("dev", stacks=tmp_path)
    assert refused.exit_code == 2
    assert f"llm-platform model add {MODEL} --from DIR" in " ".join(refused.stderr.split())
    for_fit = run("fit", MODEL, "--stacks", str(tmp_path))
    assert f"llm-platform model add {MODEL} --from DIR" in " ".join(for_fit.stderr.split())


def test_its_facts_are_those_of_a_copy_under_that_very_url(tmp_path: Path) -> None:
    said = add(tmp_path)
    assert said.exit_code == 0
    assert f"models.NAME.model: {MODEL}\n" in said.stdout
    assert "no commit is known" not in said.stdout
    found = read_lock(tmp_path)[MODEL]
    assert (found.weights_gib, found.revision, found.source) == (2.0, None, "a copy of its files")


def test_a_copy_of_a_known_commit_pins_nothing(tmp_path: Path) -> None:
    commit = "9f" * 20
    run("model", "add", MODEL, "--stacks", str(tmp_path), "--from", str(folder(tmp_path / commit, ONE)))
    assert read_lock(tmp_path)[MODEL].revision is None


@pytest.mark.parametrize(("name", "says"), [(MODEL, "--from DIR"), (f"{MODEL}@v1", "has no revisions")])
def test_the_cluster_is_not_read_and_has_no_revisions(name: str, says: str, tmp_path: Path) -> None:
    refused = add(tmp_path, name, copy="@" in name)
    assert refused.exit_code == 2
    assert says in " ".join(refused.stderr.split())
    assert not read_lock(tmp_path)


def test_the_plan_says_what_serves_and_what_must_be_there(tmp_path: Path) -> None:
    path = stack(tmp_path)
    shown = plan("dev", stacks=tmp_path).stdout
    row = next(line for line in shown.splitlines() if line.startswith("  support") and MODEL in line)
    assert row.split()[2] == "-"
    found = plan_of(path)
    to_do = said(found, "to_do")
    assert (
        f"claim weights has to exist in namespace llm, with the model's files in support/v2, which user {USER_ID}"
        in to_do
    )
    assert "models.support.paused: true" in to_do
    assert "huggingface" not in to_do.lower()
    assert "support.revision" not in said(found, "warnings")
    model = found["models"]["support"]
    assert (model["model"], model["revision"], model["weights_on_disk_gib"]) == (MODEL, None, 0.0)
    assert MODEL in model["cold_start"]["parts"]["weights"]["reason"]
    assert "models.support.revision" not in found["chosen"]
    assert not [each for each in found["resources"] if each["type"] == JOB]


@pytest.mark.parametrize(
    ("key", "value"),
    [("adapters", "{legal: {model: acme/legal}}"), ("speculative", "{model: Qwen/Qwen3-0.6B, tokens: 3}")],
)
def test_what_would_be_downloaded_beside_it_is_refused(key: str, value: str, tmp_path: Path) -> None:
    add(tmp_path)
    write_stack(tmp_path, STACK.replace("MODEL", MODEL).replace("8192", f"8192, {key}: {value}"))
    refused = plan("dev", stacks=tmp_path)
    assert refused.exit_code == 2
    assert f"models.support.{key} {MODEL} is served in the place of the cache" in " ".join(refused.stderr.split())


def spec_of(model: str, stack: str = "inplace") -> Mapping[str, Any]:
    (made,) = [each for each in planned(stack).recording.of(DEPLOYMENT) if each.inputs["metadata"]["name"] == model]
    return made.inputs["spec"]["template"]["spec"]


def test_the_servers_directory_is_that_of_the_claim() -> None:
    spec = spec_of("support")
    (container,) = spec["containers"]
    volumes = {each["name"]: each for each in spec["volumes"]}
    assert volumes["models"]["persistentVolumeClaim"] == {"claimName": "weights", "readOnly": True}
    assert {"name": "models", "mountPath": "/models", "readOnly": True} in container["volumeMounts"]
    assert container["args"][0] == "/models/support/v2"
    assert "model-cache" not in json.dumps(spec)
    assert "model-cache" in json.dumps(spec_of("qwen3-8b"))


def test_only_what_is_downloaded_takes_the_caches_volume_and_waits_for_it() -> None:
    made = planned("inplace")
    models = made.plan.models
    assert [each.inputs["metadata"]["name"] for each in made.recording.of(JOB)] == ["qwen3-8b-prefetch"]
    assert models["support"].prefetch is None
    assert models["support"].rollout.strategy == "rolling"
    assert models["qwen3-8b"].rollout.strategy == "recreate"
    alone = models["qwen3-8b"].weights_on_disk_gib
    assert f"; {alone:.1f} GiB of weights" in made.plan.cache.reason
    replaced = {
        each.inputs["metadata"]["name"]: each.options.get("replace_with") for each in made.recording.of(DEPLOYMENT)
    }
    assert replaced["qwen3-8b"]
    assert not replaced["support"]


def test_a_directory_of_the_nodes_is_a_volume_of_the_cluster_that_pods_only_read() -> None:
    """Pod Security admits a claim, and refuses a hostPath in a pod."""
    recording, spec = planned("ondisk").recording, spec_of("support", "ondisk")
    (volume,), (claim,) = recording.of("kubernetes:core/v1:PersistentVolume"), recording.of(CLAIM)
    name = claim.inputs["metadata"]["name"]
    volumes = {each["name"]: each for each in spec["volumes"]}
    assert volumes["models"]["persistentVolumeClaim"] == {"claimName": name, "readOnly": True}
    assert "hostPath" not in json.dumps(spec)
    assert volume.inputs["spec"]["hostPath"] == {"path": "/data/support/v2", "type": "Directory"}
    assert volume.inputs["spec"]["claimRef"] == {"namespace": "llm", "name": name}
    assert volume.inputs["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert claim.inputs["spec"]["volumeName"] == volume.inputs["metadata"]["name"] == f"llm-{name}"
    for each in (volume, claim):  # a class would provision another volume
        assert (each.inputs["spec"]["storageClassName"], each.inputs["spec"]["accessModes"]) == ("", ["ReadOnlyMany"])
    assert spec["containers"][0]["args"][0] == "/models"


def test_another_directory_is_another_volume_since_its_source_cant_be_changed() -> None:
    other = plan_text("ondisk", text("ondisk").replace("/support/v2", "/support/v3")).recording
    names = {each.inputs["metadata"]["name"] for each in planned("ondisk").recording.of(CLAIM)}
    assert not names & {each.inputs["metadata"]["name"] for each in other.of(CLAIM)}


def test_the_plan_says_which_nodes_need_the_directory_and_how_to_look() -> None:
    (to_do,) = [each.message for each in planned("ondisk").plan.to_do if "/data/support/v2" in each.message]
    assert "kubectl --context site-a get nodes -l node.acme.io/pool=gpu" in to_do
    assert "/host/data/support/v2" in to_do
    assert "kubectl --context site-a auth can-i create persistentvolumes" in to_do


def test_every_command_names_the_cluster_that_it_is_for() -> None:
    plan = planned("ondisk").plan
    said = " ".join(each.message for each in (*plan.to_do, *plan.warnings, *plan.assumptions))
    assert said.count("`kubectl ") == said.count("`kubectl --context site-a ") > 2


def test_a_bucket_is_streamed_by_the_engine_and_nothing_is_mounted() -> None:
    spec = spec_of("support", "streamed")
    (container,) = spec["containers"]
    args = container["args"]
    assert args[0] == "s3://acme-models/support/v2"
    assert args[args.index("--load-format") + 1] == "runai_streamer"
    assert json.loads(args[args.index("--model-loader-extra-config") + 1]) == {"memory_limit": 0, "concurrency": 32}
    assert not [each for each in spec["volumes"] if "persistentVolumeClaim" in each]
    assert "--load-format" not in spec_of("support", "ondisk")["containers"][0]["args"]


def test_in_aws_the_pods_role_may_read_below_the_prefix_and_nothing_else() -> None:
    recording, spec = planned("streamed").recording, spec_of("support", "streamed")
    made = next(each for each in recording.of("aws:iam/rolePolicy:RolePolicy") if "s3:" in each.inputs["policy"])
    assert json.loads(made.inputs["policy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::acme-models",
            "Condition": {"StringLike": {"s3:prefix": "support/v2/*"}},
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-models/support/v2/*"},
    ]
    (account,) = recording.of("kubernetes:core/v1:ServiceAccount")
    associations = recording.of("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    (association,) = [each for each in associations if each.inputs["serviceAccount"] == "support-bucket"]
    assert (association.inputs["namespace"], association.inputs["clusterName"]) == ("llm", "llm-streamed")
    assert account.inputs["metadata"]["name"] == spec["serviceAccountName"] == "support-bucket"
    assert spec["automountServiceAccountToken"] is False
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):  # boto3 reads the second alone
        assert {"name": variable, "value": "us-east-1"} in spec["containers"][0]["env"]
    (server,) = [each for each in recording.of(DEPLOYMENT) if each.inputs["metadata"]["name"] == "support"]
    assert association.urn in Dependencies(recording).of(server.urn)


def test_elsewhere_the_keys_come_from_a_secret_that_a_person_makes() -> None:
    spec = spec_of("small", "ondisk")
    keys = {e["name"]: e["valueFrom"]["secretKeyRef"] for e in spec["containers"][0]["env"] if "valueFrom" in e}
    assert {key: (each["name"], each.get("optional", False)) for key, each in keys.items() if key in BUCKET_KEYS} == {
        "AWS_ACCESS_KEY_ID": ("small-bucket", False),
        "AWS_SECRET_ACCESS_KEY": ("small-bucket", False),
        "AWS_REGION": ("small-bucket", True),
        "AWS_ENDPOINT_URL": ("small-bucket", True),
        "RUNAI_STREAMER_S3_USE_VIRTUAL_ADDRESSING": ("small-bucket", True),
    }
    assert "serviceAccountName" not in spec
    assert any("create secret generic small-bucket -n llm" in each.message for each in planned("ondisk").plan.to_do)


@pytest.mark.parametrize(
    ("stack", "model", "ports"), [("streamed", "support", {53, 80, 443}), ("ondisk", "support", {53})]
)
def test_only_a_server_that_streams_gets_out(stack: str, model: str, ports: set[int]) -> None:
    policies = planned(stack).recording.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    (policy,) = [each for each in policies if each.inputs["metadata"]["name"] == f"{model}-pods"]
    egress = policy.inputs["spec"]["egress"]
    assert {port["port"] for rule in egress for port in rule["ports"]} == ports
    warned = [each.kind for each in planned(stack).plan.warnings if each.path == f"models.{model}.model"]
    assert ("reads-bucket" in warned) == (443 in ports)


@pytest.mark.parametrize("stack", ["streamed", "ondisk"])
def test_where_nothing_is_downloaded_there_is_no_cache(stack: str) -> None:
    made = planned(stack)
    assert "model-cache" not in {each.inputs["metadata"]["name"] for each in made.recording.of(CLAIM)}
    assert not made.recording.of("aws:efs/fileSystem:FileSystem")
    assert made.plan.cache.size_gib == 0
    assert not [path for path in made.plan.chosen if path.startswith("cache")]
    assert not made.recording.of(JOB)


def test_a_cache_that_nothing_is_stored_in_is_said() -> None:
    made = plan_text("ondisk", f"{text('ondisk')}    cache: {{kind: storageClass, storageClass: fast}}\n")
    (warning,) = [each.message for each in made.plan.warnings if each.path == "cache"]
    assert "no cache is made" in warning
    assert made.plan.cache.size_gib == 0


def test_each_gpu_reads_the_whole_bucket() -> None:
    one = planned("streamed").plan.models["support"].cold_start.parts["weights"]
    two = plan_text(
        "streamed", text("streamed").replace("maxModelLen", "gpus: 2, maxModelLen".replace(", ", "\n            "))
    )
    part = two.plan.models["support"].cold_start.parts["weights"]
    assert part.mid == pytest.approx(2 * one.mid, rel=0.01)
    assert "once for each of 2 GPUs" in part.reason


def test_that_a_path_names_no_family_is_shown_with_the_values_that_follow(tmp_path: Path) -> None:
    chosen = plan_of(stack(tmp_path))["chosen"]
    assert chosen["models.support.toolCalling"]["value"] == chosen["models.support.reasoning"]["value"] == "off"
    assert "without one, tool calls stay text of the answer" in chosen["models.support.toolCalling"]["reason"]
    given = STACK.replace("MODEL", MODEL).replace("maxModelLen: 8192", "maxModelLen: 8192, toolCalling: hermes")
    said_now = plan_of(write_stack(tmp_path, given))["chosen"]
    assert "models.support.toolCalling" not in said_now
    assert "models.support.reasoning" in said_now
