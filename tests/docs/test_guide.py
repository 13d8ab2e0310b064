"""The excerpts in docs/guide.md are in the plan's objects, and what the page says about them is true."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.cli.files import write
from tests.example_stacks import planned_stack

PAGE = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
OURS = {block.splitlines()[0].removeprefix("# "): block.splitlines()[1:] for block in BLOCKS if block[0] == "#"}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guide")
    write(planned_stack("guide"), folder)
    return folder


def missing(excerpt: list[str], text: str) -> list[str]:
    """The lines of an excerpt that the text doesn't have, or not in this order."""
    rest = iter(text.splitlines())
    return [line for line in excerpt if line not in rest]


@pytest.mark.parametrize("name", OURS)
def test_an_excerpt_is_in_the_plan(name: str, out: Path) -> None:
    assert OURS[name]
    assert missing(OURS[name], (out / name).read_text(encoding="utf-8")) == []


def test_what_is_not_in_the_plan_is_seen() -> None:
    assert len(OURS) >= 4
    assert missing(["a: 1", "b: 2"], "a: 1\nc: 3\nb: 2\n") == []
    assert missing(["b: 2", "a: 1"], "a: 1\nb: 2\n") == ["a: 1"]
    assert missing(["a: 1"], "  a: 1\n") == ["a: 1"]


def test_the_guide_itself_is_yaml() -> None:
    (guide,) = [block for block in BLOCKS if block[0] != "#"]
    kinds = [each["kind"] for each in YAML(typ="safe").load_all(guide)]
    assert kinds == ["PersistentVolumeClaim", "Secret", "Deployment", "Deployment", "Ingress"]


def objects(out: Path, kind: str) -> list[dict[str, Any]]:
    found = [YAML(typ="safe").load(path) for path in sorted((out / "manifests").glob(f"{kind}-llm*.yaml"))]
    assert found
    return found


def servers(out: Path) -> list[dict[str, Any]]:
    """Of models."""
    return [each for each in objects(out, "deployment") if each["metadata"]["name"] != "gateway"]


def test_the_token_is_in_the_job_of_the_gated_model_alone(out: Path) -> None:
    holders = [
        each["metadata"]["name"]
        for kind in ("deployment", "job")
        for each in objects(out, kind)
        if "huggingface-token" in json.dumps(each)
    ]
    assert holders == ["llama3-prefetch"]


def test_what_is_said_of_each_server(out: Path) -> None:
    for server in servers(out):
        pod = server["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        context = pod["securityContext"]
        assert context["runAsUser"] == 2000
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert not pod["automountServiceAccountToken"]
        assert next(mount for mount in container["volumeMounts"] if mount["name"] == "models")["readOnly"]
    llama, _ = servers(out)
    (container,) = llama["spec"]["template"]["spec"]["containers"]
    assert {"name": "HF_HUB_OFFLINE", "value": "1"} in container["env"]
    assert container["lifecycle"]["preStop"]["sleep"]["seconds"] == 35
    (namespace,) = objects(out, "namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_servers_reach_nothing_but_dns(out: Path) -> None:
    policies = [each for each in objects(out, "networkpolicy") if each["metadata"]["name"].endswith("-pods")]
    ports = [port["port"] for policy in policies for rule in policy["spec"]["egress"] for port in rule["ports"]]
    assert set(ports) == {53}


def test_the_job_gives_the_ollama_model_its_name(out: Path) -> None:
    (job,) = [each for each in objects(out, "job") if each["metadata"]["name"] == "ollama-prefetch"]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert 'ollama cp "$MODEL" "$SERVED_NAME"' in container["command"][-1]
    assert {"name": "SERVED_NAME", "value": "ollama"} in container["env"]


def test_what_is_said_of_the_plan() -> None:
    plan = planned_stack("guide").plan
    fit = plan.models["llama3"].fit
    assert fit is not None
    assert fit.kv_cache_gib is not None
    assert fit.max_concurrency is not None
    assert (round(fit.weights_gib, 1), round(fit.kv_cache_gib.mid, 1)) == (15.0, 4.5)
    assert int(fit.max_concurrency) == 4
    stops = [note.message for note in plan.warnings if note.message.startswith("each change stops llama3")]
    assert ["about 6 min without llama3" in message for message in stops] == [True]
    assert any("offers ReadWriteMany" in note.message for note in plan.assumptions)
    timeouts = plan.models["llama3"].timeouts
    assert (timeouts.startup_probe, timeouts.progress_deadline, timeouts.rollout) == (630, 1590, 1590)
    assert {note.path for note in plan.to_do} == {
        "gpuPools.gpu.existing.runtimeClassName",
        "gpuPools.gpu.existing.selector",
        "models.llama3.model",
        "huggingFaceToken",
        "gateway.tlsSecret",
        "gateway.domain",
    }


def test_an_alb_gets_its_own_timeout() -> None:
    (ingress,) = planned_stack("prod").recording.of("kubernetes:networking.k8s.io/v1:Ingress")
    annotations = ingress.inputs["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/load-balancer-attributes"] == "idle_timeout.timeout_seconds=320"
