"""`llm-platform weights`: its Job is run on a folder of this machine, in the place of the claim."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from infra.cli import main
from infra.on_cache.inside import main as inside
from infra.on_cache.job import MODELS_MOUNT
from infra.project import PROJECT
from tests.kubernetes_schema import check
from tests.live.machine import STACK, Machine
from tests.on_cache.test_needs import made, template
from tests.on_cache.tree import STORES, JobCluster, age, files_of, write

pytestmark = pytest.mark.programs

PAGE = PROJECT / "docs/platform/weights.md"
HELPER = "ollama/helper/llama3.2-3b"
EIGHT = "hf/meta-llama/Llama-3.1-8B-Instruct/0e9e39f249a16976918f6564b8830bc894c89659"
GONE = "hf/Qwen/Qwen3-8B/main"
BEFORE = "hf/meta-llama/Llama-3.1-8B-Instruct/5206a32e0bd3067aef1ce90f5528ade7d866253f"
FILES = {
    f"{HELPER}/blobs/sha256-1": 10,
    f"{EIGHT}/model.safetensors": 30,
    f"{GONE}/model.safetensors": 40,
    f"{GONE}/.cache/huggingface/download/x.incomplete": 2,
    f"{BEFORE}/model.safetensors": 20,
    "lost/file": 1,
}
ROLLBACK = [
    made("Deployment", "llama-8b", template(EIGHT)),
    made("ReplicaSet", "llama-8b-1", template(BEFORE), ("Deployment", "llama-8b"), revision=1),
]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobCluster:
    found = JobCluster((), root=write(tmp_path / "models", FILES), objects=list(ROLLBACK))

    @contextmanager
    def reach_by(*_: Any) -> Iterator[JobCluster]:
        yield found

    monkeypatch.setattr("infra.live.cluster.reach_by", reach_by)
    return found


def run(*options: str, answer: str = "") -> Result:
    runner = CliRunner(env={"COLUMNS": "120"})
    return runner.invoke(main, ["weights", "prod", *options], input=answer, catch_exceptions=False)


def data(*options: str) -> dict[str, Any]:
    return json.loads(run("--format", "json", *options).stdout)


def test_what_nothing_needs_is_listed_first_with_its_size_and_its_price(cluster: JobCluster) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    unneeded, _, needed = result.stdout.partition("\nNEEDED\n")
    assert GONE in unneeded
    assert "a download that isn't finished" in unneeded
    assert all(each in needed for each in (HELPER, EIGHT, BEFORE, "a rollback of Deployment llama-8b"))
    assert "left alone: lost" in needed
    assert files_of(cluster.root) == {*FILES}


def test_the_json_has_the_documented_keys(cluster: JobCluster) -> None:
    os.truncate(cluster.root / GONE / "model.safetensors", 100 * 2**30)  # takes no disk
    said = data()
    assert set(said) == {
        "stack",
        "claim",
        "usd_per_gib_month",
        "weights",
        "unneeded_gib",
        "unneeded_usd_per_month",
        "others",
        "half_removed_gib",
        "cannot_tell",
        "removed",
        "not_removed",
    }
    by_path = {each["path"]: each for each in said["weights"]}
    assert set(by_path[GONE]) == {"path", "gib", "usd_per_month", "changed", "unfinished", "needed_by"}
    assert by_path[EIGHT]["needed_by"] == ["the stack file: models.llama-8b", "Deployment llama-8b"]
    assert by_path[BEFORE]["needed_by"] == ["a rollback of Deployment llama-8b"]
    assert (by_path[GONE]["gib"], by_path[GONE]["usd_per_month"]) == (100.0, said["unneeded_usd_per_month"])
    assert said["usd_per_gib_month"] * 100 == pytest.approx(said["unneeded_usd_per_month"], abs=0.01)
    assert said["claim"] == {"namespace": "llm", "name": "model-cache"}


def test_the_job_is_one_that_kubernetes_takes_and_can_only_read_to_list(cluster: JobCluster) -> None:
    run("--remove", "--yes")
    lists, removes = cluster.jobs
    for job in cluster.jobs:
        check(job, "1.35")
        pod = job["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert ":" in container["image"]
        assert {"memory", "ephemeral-storage"} <= set(container["resources"]["limits"])
    mounts = [job["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] for job in (lists, removes)]
    assert [each[0]["readOnly"] for each in mounts] == [True, False]
    assert {each[0]["mountPath"] for each in mounts} == {MODELS_MOUNT}
    assert cluster.deleted == ["weights-1", "weights-2"]


@pytest.mark.parametrize(
    ("answer", "code", "removed"), [("y\n", 0, {GONE}), ("n\n", 1, set[str]()), ("", 1, set[str]())]
)
def test_nothing_is_removed_before_somebody_said_yes(
    cluster: JobCluster, answer: str, code: int, removed: set[str]
) -> None:
    result = run("--remove", answer=answer)
    assert result.exit_code == code, result.output
    assert result.output.index(GONE) < result.output.index(f"Remove {GONE}? [y/N]")
    gone = {*FILES} - files_of(cluster.root)
    assert gone == {path for path in FILES if path.startswith(tuple(removed) or "nothing")}


def test_a_path_removes_that_alone(cluster: JobCluster) -> None:
    write(cluster.root, {"hf/a/b/main/file": 1})
    assert run("--remove", "--yes", "hf/a/b/main").exit_code == 0
    assert files_of(cluster.root) == {*FILES}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (EIGHT, f"{EIGHT} is needed: the stack file: models.llama-8b; Deployment llama-8b"),
        (BEFORE, "a rollback of Deployment llama-8b"),
        ("../x", "../x: the cache has no such directory of a model"),
        ("lost", "the cache has no such directory of a model"),
    ],
)
def test_what_is_needed_or_is_no_model_is_refused_and_nothing_is_removed(
    cluster: JobCluster, path: str, said: str
) -> None:
    result = run("--remove", "--yes", path, GONE)
    assert (result.exit_code, len(cluster.jobs)) == (1, 1)
    assert said in " ".join(result.stderr.split())
    assert files_of(cluster.root) == {*FILES}


def test_what_is_needed_by_the_time_somebody_says_yes_is_left(
    cluster: JobCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confirmed(*_: Any, **__: Any) -> bool:
        cluster.objects.append(made("Deployment", "new", template(GONE)))
        return True

    monkeypatch.setattr("click.confirm", confirmed)
    result = run("--remove")
    assert result.exit_code == 1
    assert f"left: {GONE}: Deployment new" in result.stdout
    assert files_of(cluster.root) == {*FILES}


def test_nothing_is_removed_while_somebody_reads_nobody_knows_what(cluster: JobCluster) -> None:
    cluster.objects.append(made("StatefulSet", "theirs", template(None)))
    half = write(cluster.root, {".removed/1/file": 1})
    result = run("--remove", "--yes")
    assert (result.exit_code, len(cluster.jobs)) == (1, 1)
    assert "StatefulSet theirs has the claim and names no directory of it" in " ".join(result.stdout.split())
    assert data("--remove", "--yes")["cannot_tell"] == ["StatefulSet theirs"]
    assert files_of(half) == {*FILES, ".removed/1/file"}


def test_the_json_of_a_removal_says_what_went(cluster: JobCluster) -> None:
    assert data("--remove", "--yes")["removed"] == [GONE]
    assert data("--remove", "--yes")["removed"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((GONE,), "PATH goes with --remove"),
        (("--yes",), "--yes goes with --remove"),
        (("--remove", "--format", "json"), "--format json can't ask"),
    ],
)
def test_options_that_do_not_go_together(cluster: JobCluster, options: tuple[str, ...], said: str) -> None:
    result = run(*options)
    assert (result.exit_code, result.stdout, cluster.jobs) == (2, "", [])
    assert said in " ".join(result.stderr.split())


def test_the_page_shows_what_is_printed(cluster: JobCluster) -> None:
    sizes = {EIGHT: 15.0, BEFORE: 15.0, GONE: 15.3, HELPER: 1.9}
    for path, name in ((path, name) for path in sizes for name in FILES if name.startswith(path)):
        os.truncate(cluster.root / name, int(sizes[path] * 2**30) if "download" not in name else 0)
    (cluster.root / "lost/file").unlink()
    age(cluster.root)
    assert f"```text\n{run().stdout}```" in PAGE.read_text(encoding="utf-8"), run().stdout


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    folder = tmp_path / "bin"
    folder.mkdir()
    made_here = Machine(folder)
    for name, value in made_here.environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "Pulumi.here.yaml").write_text(STACK, encoding="utf-8")
    made_here.answer(["get"], {"items": []}, last=True)
    made_here.answer(["create"], "job.batch/weights-abc")
    made_here.answer(["get", "job"], {"status": {"conditions": [{"type": "Complete", "status": "True"}]}})
    return made_here


def here(machine: Machine, *options: str) -> Result:
    return run_of("here", "--stacks", str(machine.folder.parent), *options)


def run_of(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "120"}).invoke(main, ["weights", *arguments], catch_exceptions=False)


def test_kubectl_is_asked_and_the_job_is_deleted(machine: Machine, tmp_path: Path) -> None:
    root = write(tmp_path / "models", {"ollama/llama-1b/llama3.2-1b/blobs/sha256-1": 5})
    machine.answer(["logs"], json.dumps(inside({"root": str(root), "stores": STORES, "needed": []})))
    result = here(machine, "--context", "prod")
    assert result.exit_code == 0, result.output
    assert "Everything is needed" in result.stdout
    assert "What the cache's storage costs isn't known here." in result.stdout
    assert all(call[1:3] == ["--context", "prod"] for call in machine.calls)
    assert [call[4:7] for call in machine.calls if "delete" in call] == [["delete", "job", "weights-abc"]]


FAILED = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has failed"}
ENDED = {"status": {"containerStatuses": [{"state": {"terminated": {"message": "x\nOSError: [Errno 5] I/O error\n"}}}]}}


@pytest.mark.parametrize(
    ("words", "answer", "said"),
    [
        (["version"], {"fails": "error: connection refused"}, "connection refused"),
        (["deployments,replicasets,statefulsets,daemonsets,cronjobs,jobs,pods"], {"fails": "Forbidden"}, "Forbidden"),
        (["create"], {"fails": "jobs.batch is forbidden"}, "jobs.batch is forbidden"),
        (["get", "job"], {"status": {"conditions": [FAILED]}}, "OSError: [Errno 5] I/O error"),
        (["logs"], "Traceback", "printed no answer: Traceback"),
    ],
)
def test_what_can_not_be_read_is_exit_code_3_and_no_job_stays(
    machine: Machine, words: list[str], answer: Any, said: str
) -> None:
    machine.answer(["pods", "-l"], {"items": [ENDED]})
    machine.answer(words, answer)
    result = here(machine, "--context", "prod")
    assert (result.exit_code, result.stdout) == (3, "")
    assert said in " ".join(result.stderr.split())
    created, deleted = ([call for call in machine.calls if verb in call] for verb in ("create", "delete"))
    assert len(created) - (words == ["create"]) == len(deleted)


def test_a_stack_without_a_cache_has_nothing_to_list(tmp_path: Path) -> None:
    text = STACK.replace('model: "llama3.2:1b", engine: ollama, gpus: 0', 'model: "pvc://w/x", like: Qwen/Qwen3-0.6B')
    (tmp_path / "Pulumi.here.yaml").write_text(
        text.replace(
            "models:", "gpuPools: {a: {existing: {gpu: L4, gpusPerNode: 1, nodes: 1, selector: {a: b}}}}\n    models:"
        ),
        encoding="utf-8",
    )
    result = run_of("here", "--stacks", str(tmp_path))
    assert result.exit_code == 2
    assert "has no cache" in result.stderr


def test_copies_on_each_node_are_looked_at_on_a_node() -> None:
    result = run_of("node-cache-k3s", "--stacks", "tests/sites")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "du -sh /data/llm-weights/*/*/*" in " ".join(result.stderr.split())
