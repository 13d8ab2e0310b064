"""The user's own servers, from the stack file to what a person and a program read."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cli.running import plan, write_stack

FOUR = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: rke2-prod}}
    namespace: {name: ai, create: false}
    gpuPools:
      a100:
        existing: {gpu: A100-80, gpusPerNode: 2, COUNT selector: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB}}
    models:
      chat: {model: meta-llama/Llama-3.3-70B-Instruct, quantization: fp8, pool: a100, gpus: 2, replicas: 2, LENGTH}
      coder: {model: Qwen/Qwen2.5-Coder-32B-Instruct, pool: a100, gpus: 1, replicas: {min: 1, max: MOST}, LENGTH}
      vision: {model: Qwen/Qwen2.5-VL-7B-Instruct, pool: a100, gpus: 1, maxModelLen: 16384, replicas: 2}
      embed: {model: BAAI/bge-m3, pool: a100, gpus: 1, task: embed}
    addons:
      prometheus: {existing: {url: "http://prometheus-operated.monitoring:9090", monitorLabels: {}}}
      keda: install
    cache: {kind: storageClass, storageClass: nfs-client, size: 500Gi}
"""
K3S = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: k3s-gpu}}
    gpuPools:
      gpu: {existing: {gpu: L4, gpusPerNode: 1, selector: {gpu: "yes"}, CLASS}, max: 2}
    models:
      chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192, concurrency: 4}
      helper: {model: "llama3.2:3b", engine: ollama}
      cpu: {model: "llama3.2:1b", engine: ollama, gpus: 0}
    addons: {nvidiaDevicePlugin: install}
    cache: {kind: storageClass, storageClass: nfs, size: 60Gi}
"""


def four(*, count: str = "nodes: 4,", most: int = 1) -> str:
    return FOUR.replace("COUNT", count).replace("MOST", str(most)).replace("LENGTH", "maxModelLen: 32768")


def test_without_their_number_nothing_is_planned(tmp_path: Path) -> None:
    write_stack(tmp_path, four(count=""))
    result = plan("dev", stacks=tmp_path)
    assert result.exit_code == 2
    assert "gpuPools.a100.existing.nodes" in result.stderr
    assert "get nodes -l" in " ".join(result.stderr.split())


@pytest.mark.parametrize(("most", "exit_code"), [(1, 0), (2, 1)])
def test_a_fifth_node_is_never_taken(most: int, exit_code: int, tmp_path: Path) -> None:
    write_stack(tmp_path, four(most=most))
    result = plan("dev", "--format", "json", stacks=tmp_path)
    pool = json.loads(result.stdout)["gpu_pools"]["a100"]
    assert result.exit_code == exit_code
    assert (pool["min"], pool["max"]) == (4, 4)
    assert len(pool["nodes"]) == 4


def test_a_program_reads_which_node_holds_what(tmp_path: Path) -> None:
    write_stack(tmp_path, four())
    pool = json.loads(plan("dev", "--format", "json", stacks=tmp_path).stdout)["gpu_pools"]["a100"]
    assert pool["nodes"][2] == {"holds": {"vision": 1, "coder": 1}, "free_gpus": 0}
    assert pool["lose_one"] == {"chat": "serves", "coder": "waits", "embed": "waits", "vision": "serves"}
    assert pool["away_seconds"] == {"chat": 0, "coder": None, "embed": None, "vision": 0}


def test_a_program_reads_how_long_a_model_is_away_that_starts_on_free_gpus(tmp_path: Path) -> None:
    write_stack(tmp_path, four(count="nodes: 6,"))
    found = json.loads(plan("dev", "--format", "json", stacks=tmp_path).stdout)
    pool, away = found["gpu_pools"]["a100"], found["gpu_pools"]["a100"]["away_seconds"]
    restarts = [name for name, loss in pool["lose_one"].items() if loss == "restarts"]
    assert restarts
    assert {name: away[name] for name in restarts} == {
        name: found["models"][name]["cold_start_seconds"] for name in restarts
    }


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_a_person_reads_which_node_holds_what(format_: str, tmp_path: Path) -> None:
    write_stack(tmp_path, four(count="nodes: 6,"))
    shown = plan("dev", "--format", format_, stacks=tmp_path).stdout
    for words in ("SERVERS", "a100-1 to 2", "vision, 1 GPU; coder, 1 GPU", "nothing", "lose one"):
        assert words in shown
    assert any("a100-5 to 6" in line and "2 each" in line for line in shown.splitlines())
    assert "chat, vision: other replicas go on" in " ".join(shown.split())
    said = " ".join(shown.split())
    assert re.search(
        r"coder \(about 10 min\), embed \(about \d+ (min|s)\): down until it has started on free GPUs", said
    )


@pytest.mark.parametrize("runtime_class", ["nvidia", None])
def test_the_runtime_class_is_on_every_gpu_pod_and_on_no_other(runtime_class: str | None, tmp_path: Path) -> None:
    given = f"runtimeClassName: {runtime_class}" if runtime_class else "nodes: 2"
    write_stack(tmp_path, K3S.replace("CLASS", given))
    assert plan("dev", "--out", str(tmp_path / "out"), stacks=tmp_path).exit_code == 0
    classes = {name: _pod(tmp_path / "out", name).get("runtimeClassName") for name in ("chat", "helper", "cpu")}
    assert classes == {"chat": runtime_class, "helper": runtime_class, "cpu": None}
    charts = json.loads((tmp_path / "out" / "charts.json").read_text(encoding="utf-8"))
    (plugin,) = [chart for chart in charts if chart["chart"] == "nvidia-device-plugin"]
    assert plugin["values"].get("runtimeClassName") == runtime_class


def _pod(out: Path, name: str) -> dict[str, Any]:
    text = (out / "manifests" / f"deployment-llm-{name}.yaml").read_text(encoding="utf-8")
    return YAML(typ="safe").load(text)["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("rollout", "why", "row"),
    [
        ("", "a rollout starts the new pod first: ", "chat, helper: the new pod starts first, on free GPUs"),
        (
            ", rollout: {strategy: rolling}",
            "a rollout starts the new pod first, as the stack file says: ",
            "chat, helper: the new pod starts first, on free GPUs",
        ),
        (
            ", rollout: {strategy: recreate}",
            "a rollout stops the old pod first, as the stack file says: ",
            r"chat \(about \d+ min without chat\): the old pod ends first",
        ),
    ],
)
def test_each_strategy_is_said_with_its_reason(rollout: str, why: str, row: str, tmp_path: Path) -> None:
    text = K3S.replace("CLASS}, max: 2", "runtimeClassName: nvidia, nodes: 4}").replace(
        "concurrency: 4", f"concurrency: 4{rollout}"
    )
    write_stack(tmp_path, text)
    said = " ".join(plan("dev", stacks=tmp_path).stdout.split())
    assert why in said
    assert re.search(rf" rollouts ([^;]*; )?{row}", said)


def test_a_model_that_may_sleep_is_named_with_the_others_in_rollouts(tmp_path: Path) -> None:
    """It has no replica at the minimum, and its pods are replaced like the others'."""
    text = K3S.replace("CLASS}, max: 2", "runtimeClassName: nvidia, nodes: 4}")
    scaler = "keda: install, prometheus: {existing: {url: http://p.monitoring:9090, monitorLabels: {}}}"
    text = text.replace("nvidiaDevicePlugin: install", scaler)
    write_stack(tmp_path, text.replace("concurrency: 4", "concurrency: 4, replicas: {min: 0, max: 1}"))
    said = " ".join(plan("dev", stacks=tmp_path).stdout.split())
    assert " rollouts chat, helper: the new pod starts first, on free GPUs" in said
