"""`promote` and `rollback`: what they write and apply, step by step, and how they go on where they were cut off."""

import json
import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import Result

import infra.cli.versions
from infra.cli.client.edits import NotDone
from infra.cli.versions import change
from infra.cli.versions.edits import Action, steps
from infra.offline import plan_loaded
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


GPU = """{model: Qwen/Qwen3-8B, revision: b968826d9c46dd6066d109eabc6255188de91218, maxModelLen: 2048, \
replicas: OWN, rollout: ROLLOUT, next: NEXT}
    addons: {prometheus: {existing: {url: http://prometheus:9090}}, keda: install}
    cache: {kind: storageClass, storageClass: efs-sc, size: 200Gi}"""
NODES = """cluster: {existing: {context: kind-llm}}
    gpuPools: {own: {existing: {gpu: L4, gpusPerNode: 1, nodes: 8, selector: {a: b}}}}"""


def _scaled(weight: int, coming: str, own: str = "{min: 2, max: 4}", more: str = "") -> str:
    strategy = "canary" if 0 < weight < 100 else "blueGreen"
    text = STACK.replace("cluster: {existing: {context: kind-llm}}", NODES).replace(f"{CHAT}", GPU)
    text = text.replace("OWN", own).replace("ROLLOUT", f"{{strategy: {strategy}, weight: {weight}{more}}}")
    return text.replace("NEXT", coming)


_READY, _OWN_READY = "{min: 2, max: 4, ready: 4}", "{min: 2, max: 4, ready: 4}"
# Of a model with 2 to 4 replicas: the number that a file asks for before requests move, and of which server.
GROWS: Mapping[str, tuple[Action, str, int | None, str | None, int]] = {
    "a next version that is as its model": ("promote", _scaled(10, "{maxModelLen: 4096}"), None, "chat-next", 4),
    "one with one replica": ("promote", _scaled(10, "{maxModelLen: 4096, replicas: 1}"), None, "chat-next", 4),
    "a trial": ("promote", _scaled(0, "{maxModelLen: 4096, replicas: 1}"), None, "chat-next", 4),
    "as many as somebody says": ("promote", _scaled(10, "{maxModelLen: 4096}"), 3, "chat-next", 3),
    "at least those of every day": ("promote", _scaled(10, "{maxModelLen: 4096}"), 1, None, 0),
    "one with a larger min, which is enough": (
        "promote",
        _scaled(10, "{maxModelLen: 4096, replicas: {min: 3, max: 4}}"),
        None,
        None,
        0,
    ),
    "one that answers nearly all": ("promote", _scaled(90, "{maxModelLen: 4096}"), None, None, 0),
    "one that answers nearly all with less": (
        "promote",
        _scaled(90, "{maxModelLen: 4096, replicas: 1}"),
        None,
        "chat-next",
        4,
    ),
    "a fixed number that is smaller": (
        "promote",
        _scaled(10, "{maxModelLen: 4096, replicas: 1}", own="3"),
        None,
        "chat-next",
        3,
    ),
    "a fixed number": ("promote", _scaled(10, "{maxModelLen: 4096}", own="3"), None, None, 0),
    "a sleeping model": ("promote", _scaled(10, "{maxModelLen: 4096}", own="{min: 0, max: 2}"), None, "chat-next", 2),
    "back from nearly all": ("rollback", _scaled(90, "{maxModelLen: 4096}"), None, "chat", 4),
    "back from a few": ("rollback", _scaled(10, "{maxModelLen: 4096}"), None, None, 0),
    "back from all, by both of which it scales": ("rollback", _scaled(100, "{maxModelLen: 4096}"), None, None, 0),
    "cut off while it grew": (
        "promote",
        _scaled(10, f"{{maxModelLen: 4096, replicas: {_READY}}}"),
        None,
        "chat-next",
        4,
    ),
    "back, cut off while it grew": ("rollback", _scaled(90, "{maxModelLen: 4096}", _OWN_READY), None, "chat", 4),
}


@pytest.mark.parametrize("case", GROWS)
def test_a_server_grows_before_all_requests_come(case: str) -> None:
    action, before, wanted, server, replicas = GROWS[case]
    found = steps(action, before, Path("Pulumi.dev.yaml"), "chat", wanted)
    first = found[0]
    assert (first.grows and (first.grows.server, first.grows.replicas)) == (server and (server, replicas))
    assert [each.grows for each in found[1:]] == [None] * (len(found) - 1), "once, and before anything moves"
    assert len(found) == (4 if action == "promote" else 2) + (server is not None)
    if server is not None:
        assert before[before.index("rollout") : before.index(", next")] in first.text, "no request has moved"
        assert not first.waits
    assert "ready" not in found[-1].text


def test_the_range_is_again_what_the_file_said() -> None:
    coming = "{maxModelLen: 4096}"
    grown, moved, taken_over, *_, last = steps("promote", _scaled(10, coming), Path("Pulumi.dev.yaml"), "chat")
    assert grown.text == _scaled(10, f"{{maxModelLen: 4096, replicas: {_READY}}}")
    assert moved.text == _scaled(100, f"{{maxModelLen: 4096, replicas: {_READY}}}")
    assert "next: {}" in taken_over.text
    assert last.file.settings.models["chat"].replicas.model_dump() == {"min": 2, "max": 4, "ready": None}
    back = steps("rollback", _scaled(90, coming), Path("Pulumi.dev.yaml"), "chat")
    assert back[0].text == _scaled(90, coming, _OWN_READY)
    assert back[-1].text == _scaled(90, coming).replace(
        ", rollout: {strategy: canary, weight: 90}, next: {maxModelLen: 4096}", ""
    )


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
test -e {folder}/meddles && echo '# mine' >> {tmp_path}/Pulumi.dev.yaml
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
def test_a_file_that_somebody_else_writes_meanwhile_is_left_as_it_is(tmp_path: Path, fake_pulumi: Path) -> None:
    """Two promotions at once, or an editor: the steps were made from what the file said before."""
    path = write_stack(tmp_path, CANARY)
    (fake_pulumi / "meddles").touch()
    result = promote(tmp_path, environment={"PATH": f"{fake_pulumi}:{NO_CLI['PATH']}"})
    assert result.exit_code == 3
    assert "was changed by somebody else" in result.stderr
    assert "run `llm-platform promote dev chat` again" in result.stderr
    assert path.read_text() == f"{PROMOTED[0]}# mine\n"


@pytest.mark.programs
def test_what_was_never_deployed_is_not_promoted(tmp_path: Path, fake_pulumi: Path) -> None:
    write_stack(tmp_path, CANARY)
    (fake_pulumi / "state.json").write_text('{"deployment": {"resources": []}}')
    result = promote(tmp_path, environment={"PATH": f"{fake_pulumi}:{NO_CLI['PATH']}"})
    assert (result.exit_code, _applied(fake_pulumi)) == (3, [])
    assert "Nothing was written" in result.stdout
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == CANARY


@pytest.mark.programs
def test_without_the_cli_one_step_is_written_at_a_time(tmp_path: Path) -> None:
    path = write_stack(tmp_path, CANARY)
    without = promote(tmp_path)
    assert (without.exit_code, path.read_text()) == (3, CANARY), "the CLI is looked for before anything is written"
    assert "llm-platform promote dev chat --no-up" in without.stdout
    first = promote(tmp_path, "--no-up")
    assert (first.exit_code, path.read_text()) == (0, PROMOTED[0])
    assert "step 1 of 4" in first.stdout
    assert "pulumi up -s dev" in first.stdout
    second = promote(tmp_path, "--no-up")
    assert (second.exit_code, path.read_text()) == (0, PROMOTED[1])
    assert "step 2 of 4" in second.stdout


@pytest.mark.programs
@pytest.mark.parametrize(
    ("action", "weight", "numbers"),
    [
        ("promote", 10, ["before step 1 of 4", *(f"step {number} of 4" for number in (1, 2, 3, 4))]),
        ("rollback", 90, ["before step 1 of 2", "step 1 of 2", "step 2 of 2"]),
    ],
)
def test_a_step_has_the_same_number_when_an_earlier_run_was_cut_off(
    tmp_path: Path, action: Action, weight: int, numbers: list[str]
) -> None:
    path = write_stack(tmp_path, _scaled(weight, "{maxModelLen: 4096}"))
    whole = change(action, path, "chat")
    assert [whole.nth(number) for number in range(len(whole.steps))] == numbers
    for number, step in enumerate(whole.steps[:-1]):
        path.write_text(step.text)
        again = change(action, path, "chat")
        left = [again.nth(each) for each in range(len(again.steps))]
        assert left == numbers[number:]


def test_a_model_that_others_repeat_is_left_to_a_person(tmp_path: Path) -> None:
    """Its text is theirs too: they would be promoted with it."""
    text = CANARY.replace("chat: {", "chat: &chat {").replace(" # small", "\n      other: *chat")
    text = text.replace("context: kind-llm", "context: kind-llm, oneNode: true")
    path = write_stack(tmp_path, text)
    refused = promote(tmp_path, "--no-up")
    assert (refused.exit_code, path.read_text()) == (2, text)
    assert "by hand" in refused.stderr


@pytest.mark.programs
def test_lines_keep_their_ends(tmp_path: Path) -> None:
    """A file that an editor on Windows saved."""
    path = write_stack(tmp_path, CANARY)
    path.write_bytes(CANARY.replace("\n", "\r\n").encode())
    for text in PROMOTED:
        assert promote(tmp_path, "--no-up").exit_code == 0
        assert path.read_bytes() == text.replace("\n", "\r\n").encode()


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


KUBECTL = """#!/bin/sh
case "$*" in
  *version*) echo v1.35 ;;
  *deployment*) count=$(cat {folder}/asked 2>/dev/null || echo 0); echo $((count + 1)) > {folder}/asked
    echo "{{\\"status\\": {{\\"readyReplicas\\": $((count + 1))}}}}" ;;
esac
"""


@pytest.fixture
def fake_kubectl(fake_pulumi: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cluster in which another replica is ready each time that it is asked."""
    monkeypatch.setattr("infra.cli.versions.ready.sleep", lambda _seconds: None)
    monkeypatch.setattr("infra.cli.versions.ready._EVERY", 600)
    program = fake_pulumi / "kubectl"
    program.write_text(KUBECTL.format(folder=fake_pulumi))
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return fake_pulumi


@pytest.mark.programs
def test_requests_move_once_the_replicas_are_ready(tmp_path: Path, fake_kubectl: Path) -> None:
    """A scaler starts them, for which `pulumi up` doesn't wait."""
    write_stack(tmp_path, _scaled(10, "{maxModelLen: 4096}"))
    environment = {"PATH": f"{fake_kubectl}:{NO_CLI['PATH']}"}
    result = promote(tmp_path, environment=environment)
    assert result.exit_code == 0, result.stderr
    assert (fake_kubectl / "asked").read_text().strip() == "4"
    assert "then until 4 replicas of chat-next are ready" in result.stderr
    assert [("weight: 10," in each or "weight: 10}" in each) for each in _applied(fake_kubectl)][:2] == [True, False]


@pytest.mark.programs
@pytest.mark.parametrize("fails", ["never ready", "no cluster"])
def test_no_request_moves_before_that(tmp_path: Path, fake_kubectl: Path, fails: str) -> None:
    before = _scaled(10, "{maxModelLen: 4096}")
    path = write_stack(tmp_path, before)
    program = fake_kubectl / "kubectl"
    program.write_text("#!/bin/sh\nexit 1\n" if fails == "no cluster" else "#!/bin/sh\necho '{}'\n")
    result = promote(tmp_path, environment={"PATH": f"{fake_kubectl}:{NO_CLI['PATH']}"})
    assert result.exit_code == 3
    assert "weight: 10" in path.read_text(), "the weight stays"
    assert (path.read_text() == before) is (fails == "no cluster")
    assert ("0 of 4 replicas of chat-next are ready" in result.stdout) is (fails == "never ready")
    assert "llm-platform status dev" in result.stdout


EDITED = _blue(100, "{maxModelLen: 1024}")


@pytest.mark.programs
@pytest.mark.parametrize("seen_by", ["state", "git"])
def test_what_answers_everybody_is_not_edited(tmp_path: Path, fake_pulumi: Path, seen_by: str) -> None:
    """By what is deployed; without the CLI by the last commit."""
    path = write_stack(tmp_path, PROMOTED[0])
    environment = {"PATH": f"{fake_pulumi}:{NO_CLI['PATH']}"} if seen_by == "state" else NO_CLI
    if seen_by == "git":
        for arguments in (("init", "-q"), ("add", path.name), (*_AS, "commit", "-qm", "step 1")):
            subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    _deploy(fake_pulumi, path)
    assert promote(tmp_path, "--no-up", environment=environment).exit_code == 0, "as it was applied"
    path.write_text(EDITED)
    refused = promote(tmp_path, "--no-up", environment=environment)
    assert (refused.exit_code, path.read_text()) == (1, EDITED)
    assert "was edited while chat-next answers all requests" in refused.stderr
    assert "git log" in refused.stderr


_AS = ("-c", "user.name=a", "-c", "user.email=a@b.c")


def _deploy(folder: Path, path: Path) -> None:
    planned = plan_loaded(load_text(path.read_text(), path)).recording
    deployed = planned.one("kubernetes:apps/v1:Deployment", "chat-next-deployment")
    state = json.loads((folder / "state.json").read_text())
    state["deployment"]["resources"].append({"urn": deployed.urn, "type": deployed.type, "inputs": deployed.inputs})
    (folder / "state.json").write_text(json.dumps(state))
