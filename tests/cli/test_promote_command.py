"""`promote` and `rollback`: what they write and apply, step by step, and how they go on where they were cut off."""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import Result

import infra.cli.versions
from infra.cli.client.edits import NotDone
from infra.cli.versions.edits import Action, steps
from infra.stack_file import load_text
from tests.cli.running import run, write_stack

NO_CLI = {"PATH": os.environ["PATH"].replace("/opt/engine/bin:", "")}
CHAT = '{model: "llama3.2:1b", engine: ollama, gpus: 0, maxModelLen: 2048, rollout: ROLLOUT, next: NEXT} # small'
STACK = f"""# A laptop.
config:
  llm-platform:platform:
    cluster: {{existing: {{context: kind-llm}}}}
    models:
      chat: {CHAT}
"""
CANARY = STACK.replace("ROLLOUT", "{strategy: canary, weight: 10}").replace("NEXT", "{maxModelLen: 4096}")
DONE = STACK.replace("maxModelLen: 2048, rollout: ROLLOUT, next: NEXT", "maxModelLen: 4096")
BACK = STACK.replace(", rollout: ROLLOUT, next: NEXT", "")


def _blue(weight: int, coming: str = "{maxModelLen: 4096}", own: int = 2048, more: str = "") -> str:
    text = STACK.replace("ROLLOUT", f"{{strategy: blueGreen, weight: {weight}{more}}}").replace("NEXT", coming)
    return text.replace("maxModelLen: 2048", f"maxModelLen: {own}")


EMPTY = ", trials: false"
FOR_BOTH = ", clients: [default]"
SHARED = CANARY.replace("weight: 10", f"weight: 10{FOR_BOTH}")
# Each text that is applied, from a file on.
PROMOTED = [_blue(100), _blue(100, "{}", 4096), _blue(0, "{}", 4096, EMPTY), DONE]
PROMOTED_WITH_CLIENTS = [_blue(100, more=FOR_BOTH), _blue(100, "{}", 4096, FOR_BOTH), *PROMOTED[2:]]
ROLLED_BACK = [_blue(0, more=EMPTY), BACK]
STEPS: Mapping[str, tuple[Action, str, list[str]]] = {
    "a promotion": ("promote", CANARY, PROMOTED),
    "of a trial": ("promote", _blue(0), PROMOTED),
    "of a trial with clients": ("promote", _blue(0, more=FOR_BOTH), PROMOTED_WITH_CLIENTS),
    "of a trial that only clients have": (
        "promote",
        _blue(0, more=f"{FOR_BOTH}{EMPTY}"),
        [
            _blue(100, more=f"{FOR_BOTH}{EMPTY}"),
            _blue(100, "{}", 4096, f"{FOR_BOTH}{EMPTY}"),
            *PROMOTED[2:],
        ],
    ),
    "of a share with clients": ("promote", SHARED, PROMOTED_WITH_CLIENTS),
    "of what a rollback emptied": (
        "promote",
        ROLLED_BACK[0],
        [_blue(100, more=EMPTY), _blue(100, "{}", 4096, EMPTY), *PROMOTED[2:]],
    ),
    "cut off in step 1": ("promote", PROMOTED[0], PROMOTED),
    "cut off in step 2": ("promote", PROMOTED[1], PROMOTED[1:]),
    "cut off in step 3": ("promote", PROMOTED[2], PROMOTED[2:]),
    "that left clients in step 3": ("promote", _blue(0, "{}", 4096, FOR_BOTH), PROMOTED[2:]),
    "that left the trial in step 3": ("promote", _blue(0, "{}", 4096), PROMOTED[2:]),
    "a rollback": ("rollback", CANARY, ROLLED_BACK),
    "a rollback of all requests": ("rollback", _blue(100), ROLLED_BACK),
    "a rollback of a trial": ("rollback", _blue(0), ROLLED_BACK),
    "a rollback of a trial with clients": ("rollback", _blue(0, more=FOR_BOTH), ROLLED_BACK),
    "a rollback of a trial that only clients have": ("rollback", _blue(0, more=f"{FOR_BOTH}{EMPTY}"), ROLLED_BACK),
    "a rollback of a share with clients": ("rollback", SHARED, ROLLED_BACK),
    "a rollback of all requests with clients": ("rollback", _blue(100, more=FOR_BOTH), ROLLED_BACK),
    "a rollback that was cut off": ("rollback", ROLLED_BACK[0], ROLLED_BACK),
}


@pytest.mark.parametrize("case", STEPS)
def test_the_file_says_where_it_stands(case: str) -> None:
    action, before, texts = STEPS[case]
    assert [each.text for each in steps(action, before, Path("Pulumi.dev.yaml"), "chat")] == texts


def test_envoy_has_the_new_weight_before_a_server_ends() -> None:
    """Step 2 ends the model's pods, which had requests until step 1; the last one ends the next version's."""
    assert [each.waits for each in steps("promote", CANARY, Path("a"), "chat")] == [True, False, True, False]
    for before in (CANARY, SHARED, _blue(0), _blue(0, more=FOR_BOTH), ROLLED_BACK[0]):
        assert [each.waits for each in steps("rollback", before, Path("a"), "chat")] == [True, False]


def test_what_differs_is_taken_over_whatever_its_form() -> None:
    """Another repository brings its own revision, null takes a value away, comments stay, and a trial's number of
    replicas isn't passed on: all requests need those of the model."""
    before = """config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: {version: "1.35", access: {admins: ["arn:aws:iam::222233334444:role/a"], apiFrom: [10.0.0.0/8]}}}
    models:
      # answers the shop
      chat:
        model: Qwen/Qwen3-8B
        revision: b968826d9c46dd6066d109eabc6255188de91218 # of May
        quantization: fp8
        replicas: 3 # for the shop
        rollout: {strategy: canary, weight: 10}
        next:
          model: Qwen/Qwen3-8B-FP8
          quantization: null
          replicas: 1
"""
    *_, last = found = steps("promote", before, Path("Pulumi.prod.yaml"), "chat")
    assert "replicas: 1" not in found[0].text
    assert last.text == before.replace("Qwen/Qwen3-8B\n", "Qwen/Qwen3-8B-FP8\n", 1).replace(
        "        revision: b968826d9c46dd6066d109eabc6255188de91218 # of May\n        quantization: fp8\n", ""
    ).replace(before[before.index("        rollout") :], "")


REFUSED: Mapping[str, tuple[Action, str, str, str]] = {
    "no such model": ("promote", CANARY, "chatt", "did you mean chat?"),
    "no next version": ("promote", DONE, "chat", "there is no next version"),
    "nothing to take back": ("rollback", PROMOTED[1], "chat", "run `promote` to its end; then write .*git log"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    action, text, name, said = REFUSED[case]
    with pytest.raises(NotDone, match=said):
        steps(action, text, Path("a"), name)


def promote(stacks: Path, *options: str, action: str = "promote", environment: Mapping[str, str] = NO_CLI) -> Result:
    return run(action, "dev", "chat", "--stacks", str(stacks), *options, environment=environment)


@pytest.fixture
def fake_pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The CLI as far as the command needs it. It keeps the stack file of each `up`, and fails where a file says so."""
    monkeypatch.setattr(infra.cli.versions, "ENVOY_HAS_IT", 0)
    folder = tmp_path / "bin"
    folder.mkdir()
    urn = "urn:pulumi:dev::renamed::llm:kubernetes:ModelServer::chat-next"
    state = [{"urn": urn, "type": "llm:kubernetes:ModelServer"}]
    (folder / "state.json").write_text(json.dumps({"deployment": {"resources": state}}))
    program = folder / "pulumi"
    program.write_text(
        f"""#!/bin/sh
case "$*" in
  *export*) cat {folder}/state.json; exit 0 ;;
esac
number=$(ls {folder} | grep -c applied)
cp {tmp_path}/Pulumi.dev.yaml {folder}/applied-$number
printf '%s\\n' "$@" > {folder}/called-$number
test "$number" != "$(cat {folder}/fails 2>/dev/null)"
"""
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return folder


def _applied(folder: Path) -> list[str]:
    return [each.read_text() for each in sorted(folder.glob("applied-*"))]


@pytest.mark.programs
def test_each_step_is_applied_before_the_next_is_written(tmp_path: Path, fake_pulumi: Path) -> None:
    """The second step fails; run again, it goes on there."""
    write_stack(tmp_path, CANARY)
    environment = {"PATH": f"{fake_pulumi}:{NO_CLI['PATH']}"}
    (fake_pulumi / "fails").write_text("1")
    failed = promote(tmp_path, environment=environment)
    assert failed.exit_code == 3
    assert "`pulumi up` failed" in failed.stdout
    assert "llm-platform promote dev chat" in failed.stdout
    assert _applied(fake_pulumi) == PROMOTED[:2]
    (fake_pulumi / "fails").unlink()
    result = promote(tmp_path, "--format", "json", environment=environment)
    assert result.exit_code == 0, result.stderr
    assert _applied(fake_pulumi) == [*PROMOTED[:2], *PROMOTED[1:]]
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == DONE
    assert json.loads(result.stdout)["applied"] is True
    called = [each.read_text().split() for each in sorted(fake_pulumi.glob("called-*"))]
    assert all("urn:pulumi:dev::renamed::" in each for each in called[0] if each.startswith("urn:"))
    names = [{each.rpartition("::")[2] for each in one if each.startswith("urn:")} for one in called]
    assert {"chat-deployment", "chat-next-deployment", "chat-prefetch-job", "gateway-proxy-files-a"} <= names[2]
    assert "chat-next-deployment" in names[4], "the last step removes it"
    assert names[3] == {"gateway-proxy-files-a"}


@pytest.mark.programs
def test_what_was_never_deployed_is_not_promoted(tmp_path: Path, fake_pulumi: Path) -> None:
    write_stack(tmp_path, CANARY)
    (fake_pulumi / "state.json").write_text('{"deployment": {"resources": []}}')
    result = promote(tmp_path, environment={"PATH": f"{fake_pulumi}:{NO_CLI['PATH']}"})
    assert (result.exit_code, _applied(fake_pulumi)) == (3, [])
    assert "Nothing was written" in result.stdout
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == CANARY


def test_without_the_cli_one_step_is_written_at_a_time(tmp_path: Path) -> None:
    path = write_stack(tmp_path, CANARY)
    first = promote(tmp_path)
    assert (first.exit_code, path.read_text()) == (3, PROMOTED[0])
    assert "step 1 of 4" in first.stdout
    assert "pulumi up -s dev" in first.stdout
    second = promote(tmp_path, "--no-up")
    assert (second.exit_code, path.read_text()) == (0, PROMOTED[1])
    assert "step 2 of 4" in second.stdout


def test_nothing_is_written_where_the_plan_of_a_later_step_breaks_a_rule(tmp_path: Path) -> None:
    """All requests need three replicas of the next version too, and there is no node for them."""
    text = CANARY.replace("cluster: {existing: {context: kind-llm}}", _NODES).replace(
        CHAT[: CHAT.index("rollout")], _GPU
    )
    path = write_stack(tmp_path, text.replace("{maxModelLen: 4096}", "{maxModelLen: 4096, replicas: 1}"))
    assert load_text(path.read_text(), path)
    result = promote(tmp_path, "--no-up")
    assert result.exit_code == 1, result.stdout
    assert "gpuPools.own" in result.stderr
    assert "maxModelLen: 4096, replicas: 1" in path.read_text()


_NODES = """cluster: {existing: {context: kind-llm}}
    gpuPools: {own: {existing: {gpu: L4, gpusPerNode: 1, nodes: 4, selector: {a: b}}}}"""
_GPU = "{model: Qwen/Qwen3-8B, revision: b968826d9c46dd6066d109eabc6255188de91218, maxModelLen: 2048, replicas: 3, "
