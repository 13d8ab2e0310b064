"""Weights that the cluster has already: named by a URL, known by a copy of their files, mounted, never downloaded."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.pods import USER_ID
from infra.engines.hub import weights_path
from infra.models.lock import read_lock
from infra.models.places import Claim, bad_place, place_of
from tests.cli.running import plan, run, write_stack
from tests.example_stacks import planned
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
        ("Qwen/Qwen3-8B", None, "/models/hf/Qwen/Qwen3-8B/main"),
    ],
)
def test_a_url_is_a_claim_and_a_directory_in_it(name: str, place: Claim | None, directory: str) -> None:
    assert (place_of(name), weights_path(name, None)) == (place, directory)


@pytest.mark.parametrize(
    ("name", "write"),
    {
        "pvc://": "pvc://CLAIM/PATH",
        "pvc://Weights/a": "pvc://CLAIM/PATH",
        "pvc://weights/../a": "pvc://CLAIM/PATH",
        "pvc://weights/a/..": "pvc://CLAIM/PATH",
        "pvc://weights//a": "pvc://CLAIM/PATH",
        "pvc://weights/a/": "pvc://CLAIM/PATH",
        "s3://bucket/a": "Mountpoint for S3",
        "file:///data/a": "make a PersistentVolume of the nodes' directory",
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
    assert f"models.support.{key} {MODEL} is mounted in the place of the cache" in " ".join(refused.stderr.split())


def spec_of(model: str) -> Mapping[str, Any]:
    (made,) = [each for each in planned("inplace").recording.of(DEPLOYMENT) if each.inputs["metadata"]["name"] == model]
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
