"""`llm-platform status`: what it asks of kubectl and of Prometheus, what it prints, and its JSON."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.status.first_tokens import MINUTES, first_tokens
from infra.usage.prometheus import Prometheus
from tests.cli.running import run
from tests.example_stacks import planned
from tests.live.machine import STACK, Machine
from tests.prometheus import HOURS, MISSING, WHY, Series, prometheus_with
from tests.status.recorded import container, crashing, deployment, labels, pod

NOBODY = ("--prometheus", "http://127.0.0.1:9")
KEYS = {"stack", "at", "wrong", "models", "gateway", "not_checked"}
SERVER = {
    "name",
    "state",
    "ready",
    "wanted",
    "since",
    "seconds",
    "planned_seconds",
    "late",
    "wakes_seconds",
    "first_token",
    "causes",
}
pytestmark = pytest.mark.programs
CHANGES = {"apply", "create", "delete", "patch", "scale", "edit", "annotate", "label", "replace", "exec", "rollout"}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A cluster in which the stack `here` runs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    made = Machine(folder)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "Pulumi.here.yaml").write_text(STACK, encoding="utf-8")
    made.answer(["get"], {"items": []}, last=True)
    made.answer(["deployments"], {"items": [deployment("llama-1b", 1, 1), deployment("gateway", 2, 2)]})
    made.answer(["configmaps"], {"fails": 'Error from server (Forbidden): configmaps is forbidden: User "eve"'})
    made.answer(["scaledobjects.keda.sh"], {"fails": 'error: the server doesn\'t have a resource type "scaledobjects"'})
    return made


def here(machine: Machine, *options: str) -> tuple[str, ...]:
    return ("status", "here", "--stacks", str(machine.folder.parent), *NOBODY, *options)


def test_it_only_reads_and_says_what_it_could_not_read(machine: Machine) -> None:
    result = run(*here(machine))
    assert result.exit_code == 0, result.output
    assert "llama-1b  READY     1 of 1" in result.stdout
    assert "gateway   READY     2 of 2" in result.stdout
    assert "the cluster autoscaler's status: your rights in the cluster don't reach it" in " ".join(
        result.stdout.split()
    )
    assert "eve" not in result.output
    assert "ScaledObjects" not in result.stdout
    assert not [call for call in machine.calls if CHANGES & {*call}]


def test_the_json_has_the_documented_keys(machine: Machine) -> None:
    said = json.loads(run(*here(machine, "--format", "json")).stdout)
    assert set(said) == KEYS
    assert (said["stack"], said["wrong"]) == ("here", False)
    assert [set(each) for each in said["models"]] == [SERVER | {"next_of"}]
    assert set(said["gateway"]) == SERVER


def test_the_log_of_what_ended_is_read_where_the_pod_itself_does_not_say_why(machine: Machine) -> None:
    crashes = pod("llama-1b", crashing("Engine core initialization failed. See root cause above."))
    machine.answer(["deployments"], {"items": [deployment("llama-1b", 1, 0), deployment("gateway", 2, 2)]})
    machine.answer(["pods"], {"items": [crashes]})
    machine.answer(["logs"], "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.96 GiB.")
    result = run(*here(machine, "--format", "json"))
    assert result.exit_code == 1
    (model,) = json.loads(result.stdout)["models"]
    (cause,) = model["causes"]
    assert (model["state"], cause["kind"], cause["stops"]) == ("FAILING", "gpu-memory", True)
    assert set(cause) == {"kind", "said", "fix", "command", "stops"}
    (asked,) = [call for call in machine.calls if "logs" in call]
    assert {"--previous", "-c", "server"} <= {*asked}


def test_a_model_is_shown_with_all_its_causes(machine: Machine) -> None:
    result = run(*here(machine, "llama-1b"))
    assert result.exit_code == 0
    assert "llama-1b" in result.stdout
    other = run(*here(machine, "nobody"))
    assert (other.exit_code, other.stdout) == (2, "")
    assert "it has llama-1b" in " ".join(other.stderr.split())


def test_a_cluster_that_is_away_is_not_checked(machine: Machine) -> None:
    machine.answer(["version"], {"fails": "error: connection refused"})
    for options in ((), ("--context", "prod")):
        result = run(*here(machine, *options))
        assert (result.exit_code, result.stdout) == (3, "")
        assert "connection refused" in result.stderr
        assert "llm-platform status here --context NAME" in result.stderr


def test_a_context_reaches_the_cluster_without_the_state(machine: Machine) -> None:
    assert run(*here(machine, "--context", "prod")).exit_code == 0
    assert not [call for call in machine.calls if call[0] == "pulumi"]
    assert all(call[1:3] == ["--context", "prod"] for call in machine.calls)


def test_a_field_that_is_not_there_yet_is_no_error(machine: Machine) -> None:
    """An object of a second ago has no status."""
    young = {"metadata": {"name": "x", "labels": labels("llama-1b", "model-server")}, "kind": "Pod"}
    machine.answer(["pods"], {"items": [young, pod("llama-1b", container(started=False))]})
    machine.answer(["deployments"], {"items": [{"metadata": {"name": "llama-1b"}}, deployment("gateway", 2, 2)]})
    for kind in ("jobs", "persistentvolumeclaims", "horizontalpodautoscalers", "nodes", "events"):
        machine.answer([kind], {"items": [{"metadata": {"name": "x"}}]})
    result = run(*here(machine))
    assert result.exit_code in (0, 1)
    assert "llama-1b" in result.stdout


def _recorded() -> Iterator[Series]:
    """Of 100 first tokens per hour 90 come within a quarter of a second and all within one; and another model's."""
    for server, share in (("llama-8b", 0.9), ("llama-70b", 0.0)):
        labels = {"namespace": "llm", "service": server, "model_name": server, "engine": "0"}
        for most, part in (("0.25", share), ("1.0", 1.0), ("+Inf", 1.0)):
            of_bucket = labels | {"le": most}
            yield Series("vllm:time_to_first_token_seconds_bucket", of_bucket, 0, 6000 * part, HOURS - 1, HOURS)


@pytest.mark.skipif(bool(MISSING), reason=WHY)
def test_the_time_to_first_token_is_measured_per_server(tmp_path: Path) -> None:
    plan = planned("prod").plan
    with prometheus_with(list(_recorded()), tmp_path) as url:
        found = first_tokens(plan, Prometheus(url))
    assert {name: each.seconds for name, each in found.items()} == {
        "llama-8b": pytest.approx(0.625, abs=0.01),
        "llama-70b": pytest.approx(0.9625, abs=0.01),
    }
    assert all(each.wanted and not each.promised and not each.broken for each in found.values())
    assert MINUTES == 10


def test_the_metric_is_one_that_the_pinned_engine_has() -> None:
    from infra.engines import ENGINES
    from infra.engines.vllm.facts import facts

    kinds = {each.name: each.kind for each in facts().metrics.values()}
    named = {each.first_token_metric for each in ENGINES.values() if each.first_token_metric}
    assert named
    assert {kinds[each] for each in named} == {"histogram"}
