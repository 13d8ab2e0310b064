"""What `plan` prints, where it prints it, and how it exits."""

import json
import subprocess
import sys
from pathlib import Path
from typing import IO

import jsonschema
import pytest

from infra.cli.document import rendered
from infra.cli.report import report
from infra.offline import plan_offline
from infra.settings.mistakes import BadStackFile
from tests.cli.running import plan, plan_json, run, write_stack
from tests.conftest import STACK_NAMES
from tests.example_stacks import planned_stack
from tests.settings.bad_stacks import BAD_STACKS
from tests.settings.bad_stacks.writing import CLUSTER, stack

REPOSITORY = Path(__file__).parents[2]
FORMATS = ("text", "json", "markdown")

# Stack files that can be read but break a rule: the rule, the path, and the stack file.
BROKEN = {
    "does not fit": (
        "models.big",
        stack(
            CLUSTER,
            "gpuPools: {l4: {instanceTypes: [g6.2xlarge]}}",
            "models: {big: {model: meta-llama/Llama-3.3-70B-Instruct, pool: l4, gpus: 1, maxModelLen: 8192}}",
        ),
    ),
    "more GPUs than the pool can grow to": (
        "gpuPools.l4.max",
        stack(
            CLUSTER,
            "gpuPools: {l4: {instanceTypes: [g6.2xlarge], max: 1}}",
            "models: {a: {model: Qwen/Qwen3-8B, pool: l4, maxModelLen: 8192, replicas: {min: 1, max: 3}}}",
        ),
    ),
    "over budget": (
        "budget",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen3-8B, maxModelLen: 8192}}", "budget: {usdPerMonth: 100}"),
    ),
}


@pytest.mark.parametrize("name", STACK_NAMES)
def test_a_plan_goes_to_stdout_and_exits_0(name: str) -> None:
    result = plan(name)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "every rule holds" in result.stdout


@pytest.mark.programs
def test_each_bad_stack_file_is_exit_2_with_its_mistakes_on_stderr(tmp_path: Path, subtests: pytest.Subtests) -> None:
    for bad in BAD_STACKS:
        with subtests.test(bad.name):
            path = write_stack(tmp_path, bad.text)
            result = plan("dev", stacks=tmp_path)
            assert result.exit_code == 2
            assert result.stdout == ""
            assert result.stderr == BadStackFile(str(path), bad.mistakes).render(120)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_bad_stack_file_says_the_same_in_every_format(format_: str, tmp_path: Path) -> None:
    write_stack(tmp_path, "config: {}\n")
    result = plan("dev", "--format", format_, "--out", str(tmp_path / "out"), stacks=tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == plan("dev", stacks=tmp_path).stderr
    assert not (tmp_path / "out").exists()


def test_mistakes_are_wrapped_for_the_terminal(tmp_path: Path) -> None:
    path = write_stack(tmp_path, BAD_STACKS[0].text)
    result = plan("dev", stacks=tmp_path, environment={"COLUMNS": "80"})
    assert result.stderr == BadStackFile(str(path), BAD_STACKS[0].mistakes).render(80)


def test_an_unknown_stack_is_exit_2_with_the_known_ones() -> None:
    result = plan("prdo")
    assert (result.exit_code, result.stdout) == (2, "")
    assert ", ".join(STACK_NAMES) in " ".join(result.stderr.split())
    assert "did you mean prod?" in result.stderr


@pytest.mark.parametrize(
    ("given", "write"),
    [
        ("stacks/Pulumi.dev.yaml", "write dev"),
        ("Pulumi.dev.yaml", "write dev"),
        ("../dev", "write dev"),
        ("", "write the name of one of them"),
        ("stacks/", "write the name of one of them"),
    ],
)
def test_a_path_for_a_stack_is_exit_2_with_the_name_that_is_meant(given: str, write: str) -> None:
    result = plan(given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert ", ".join(STACK_NAMES) in " ".join(result.stderr.split())
    assert result.stderr.splitlines()[-1].strip() == write


def test_from_another_folder_the_projects_own_stacks_are_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("plan", "dev").stdout == plan("dev").stdout
    assert f"the stacks in {REPOSITORY / 'stacks'}/ are" in " ".join(run("plan", "prdo").stderr.split())


@pytest.mark.parametrize("place", ["nowhere", "a file"])
def test_without_a_folder_of_stacks(place: str, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    result = plan("dev", stacks=tmp_path / place)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Invalid value for '--stacks'" in result.stderr


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_exit_1_and_the_whole_plan_is_printed_with_it_first(rule: str, tmp_path: Path) -> None:
    where, content = BROKEN[rule]
    write_stack(tmp_path, content)
    found = {format_: plan("dev", "--format", format_, stacks=tmp_path) for format_ in FORMATS}
    assert {(result.exit_code, result.stderr) for result in found.values()} == {(1, "")}

    document = json.loads(found["json"].stdout)
    paths = [violation["path"] for violation in document["violations"]]
    assert any(path.startswith(where) for path in paths)
    assert document["models"]
    assert any(resource["type"] == "kubernetes:apps/v1:Deployment" for resource in document["resources"])
    assert list(document)[:3] == ["version", "stack", "violations"]

    for format_ in ("text", "markdown"):
        output = found[format_].stdout
        assert output.index("REFUSED") < output.index(paths[0]) < output.index("MODELS")
        assert all(section in output for section in ("BILL", "WARNINGS", "ASSUMED"))


LONG_NAMES = stack(
    CLUSTER,
    f"gpuPools: {{{'p' * 30}: {{instanceTypes: [g6.2xlarge]}}}}",
    f"models: {{{'m' * 40}: {{model: Qwen/Qwen3-8B, pool: {'p' * 30}, replicas: {{min: 1, max: 3}}}}}}",
)


@pytest.mark.parametrize("columns", [80, 100, 200])
@pytest.mark.parametrize("name", [*STACK_NAMES, "long"])
def test_no_line_is_longer_than_the_terminal(
    name: str, columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan_offline(write_stack(tmp_path, LONG_NAMES)) if name == "long" else planned_stack(name)
    monkeypatch.setenv("COLUMNS", str(columns))
    text = rendered("text", dict, lambda: report(planned))
    assert "REFUSED" in text or "OK" in text
    assert [line for line in text.splitlines() if len(line) > columns] == []
    assert all(model in text for model in planned.plan.models)


@pytest.mark.parametrize("format_", ["text", "markdown"])
@pytest.mark.parametrize(
    ("encoding", "environment"),
    [
        ("ascii", {"LC_ALL": "", "LANG": "en_US.UTF-8"}),
        ("utf-8", {"LC_ALL": "", "LANG": "C"}),  # where Python writes UTF-8 all the same
        ("utf-8", {"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}),
    ],
)
def test_a_terminal_of_ascii_gets_ascii(format_: str, encoding: str, environment: dict[str, str]) -> None:
    result = plan("prod", "--format", format_, encoding=encoding, environment=environment)
    assert result.exit_code == 0
    assert result.stdout_bytes.isascii()
    assert "?" not in result.stdout.splitlines()[0]


def test_a_terminal_of_unicode_gets_unicode() -> None:
    assert "–" in plan("prod", environment={"LC_ALL": "", "LANG": "en_US.UTF-8"}).stdout


@pytest.mark.parametrize("what", ["stack", "outputs"])
def test_schema_prints_a_json_schema(what: str) -> None:
    result = run("schema", what)
    assert (result.exit_code, result.stderr) == (0, "")
    jsonschema.Draft202012Validator.check_schema(json.loads(result.stdout))


def test_the_outputs_of_a_plan_are_valid_by_their_schema() -> None:
    schema = json.loads(run("schema", "outputs").stdout)
    for name in STACK_NAMES:
        jsonschema.validate(plan_json(name)["outputs"], schema)


@pytest.mark.parametrize("arguments", [["plan"], ["plan", "dev", "--format", "xml"], ["schema", "plan"], ["pln"]])
def test_a_wrong_command_line_is_exit_2(arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def in_a_shell(*arguments: str, stdout: int | IO[str] = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """A separate run, in which it can't find a cloud, a cluster or another program."""
    return subprocess.run(
        [sys.executable, "-m", "infra", *arguments],
        cwd=REPOSITORY,
        env={"LANG": "C", "COLUMNS": "120", "HOME": "/nonexistent", "PATH": ""},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.programs
def test_a_separate_run_prints_the_same_bytes() -> None:
    """Another process has other hashes, so a result that depends on the order of a set differs."""
    result = in_a_shell("plan", "prod")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == plan("prod", environment={"LANG": "C", "LC_ALL": ""}).stdout


@pytest.mark.programs
def test_a_separate_run_writes_the_same_bytes(tmp_path: Path) -> None:
    result = in_a_shell("plan", "prod", "--format", "json", "--out", str(tmp_path / "first"))
    assert result.stdout == plan("prod", "--format", "json", "--out", str(tmp_path / "second")).stdout
    first, second = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "first", tmp_path / "second")
    )
    assert first == second


@pytest.mark.programs
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_not_a_broken_rule() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        result = in_a_shell("plan", "local", stdout=full)
    assert (result.returncode, result.stderr) == (2, "Error: stdout can't be written: No space left on device\n")
