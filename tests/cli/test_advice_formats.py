"""Advice is the same in text, Markdown and JSON: a program gets in JSON what a person reads in text."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.running import run, write_stack

PINNED = ", after `plan --pin`"
STACKS = {
    "over the budget": """
cluster: {create: {version: "1.35", zones: 3}}
models:
  qwen3-32b: {model: Qwen/Qwen3-32B, maxModelLen: 32768, concurrency: 12, replicas: {min: 1, max: 3}}
budget: {usdPerMonth: 8000}
""",
    "too large for its pool": """
cluster: {create: {zones: 2}}
gpuPools: {l4: {instanceTypes: [g6.xlarge]}, l40s: {instanceTypes: [g6e.12xlarge]}}
models:
  chat: {model: Qwen/Qwen3-32B, maxModelLen: 32768, pool: l4, gpus: 1}
  other: {model: Qwen/Qwen3-4B, maxModelLen: 4096, pool: l40s}
""",
    "likely, beside another": """
cluster: {create: {zones: 2}}
models:
  chat: {model: Qwen/Qwen3-8B, maxModelLen: 28000}
  other: {model: Qwen/Qwen3-32B, maxModelLen: 4096}
""",
    "likely, in a pool": """
cluster: {create: {zones: 2}}
gpuPools: {l4: {instanceTypes: [g6.12xlarge]}}
models:
  chat: {model: Qwen/Qwen3-8B, maxModelLen: 28000, replicas: 2}
""",
    "no node for a rollout": """
cluster: {create: {}}
gpuPools: {h200: {instanceTypes: [p5en.48xlarge], min: 1, max: 1}}
models:
  r1: {model: deepseek-ai/DeepSeek-R1, pool: h200, maxModelLen: 32768, concurrency: 8}
""",
    "more replicas than servers": """
cluster: {existing: {context: own}}
gpuPools: {own: {existing: {gpu: A100-80, gpusPerNode: 2, nodes: 2, selector: {gpu: a100}}}}
models:
  chat: {model: Qwen/Qwen3-32B, maxModelLen: 8192, replicas: 4}
  embed: {model: BAAI/bge-m3, gpus: 1}
cache: {kind: storageClass, storageClass: nfs, size: 500Gi}
""",
}


def plan(folder: Path, stack: str, format_: str) -> str:
    platform = json.dumps(yaml.safe_load(stack))
    write_stack(folder, f"config:\n  aws:region: us-east-1\n  llm-platform:platform: {platform}\n")
    return run("plan", "dev", "--stacks", str(folder), "--format", format_).stdout


def advice_of(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The text and the writes of each advice."""
    found = [each for of in (*document["violations"], *document["warnings"]) for each in of.get("advice", [])]
    return [(each["text"], each["write"]) for each in found]


def read_as_a_person_does(text: str) -> dict[str, Any]:
    """Paths and values, without the text in brackets, which names the effect."""
    asked = re.split(r" \(|, which is over|, after ", text)[0]
    written: dict[str, Any] = {}
    for part in re.split(r" with | and ", asked):
        if part.endswith(" removed"):
            written[part.removesuffix(" removed")] = None
            continue
        path, _, value = part.partition(": ")
        read = yaml.safe_load(value)
        written |= {f"{path}.{key}": inner for key, inner in read.items()} if isinstance(read, dict) else {path: read}
    return written


@pytest.mark.parametrize("stack", STACKS.values(), ids=list(STACKS))
def test_a_program_gets_what_a_person_reads(stack: str, tmp_path: Path) -> None:
    """The text leaves out the pools that the program chose: `--pin` writes those."""
    advice = advice_of(json.loads(plan(tmp_path, stack, "json")))
    assert advice
    for text, write in advice:
        read = read_as_a_person_does(text)
        pins = {path: value for path, value in write.items() if path not in read}
        assert read == {path: write[path] for path in read}, text
        assert bool(pins) == (PINNED in text), text
        assert all(re.fullmatch(r"gpuPools\.[^.]+\.instanceTypes|models\.[^.]+\.pool", path) for path in pins), text


def test_what_lowers_the_bill_is_said_as_it_is_written() -> None:
    """A setting is below its model; what has to be written with it stands beside it."""
    document = json.loads(run("plan", "prod", "--format", "json").stdout)
    ways = [(name, way) for name, found in document["cheaper"].items() for way in found]
    assert ways
    for name, way in ways:
        read = {f"models.{name}.{key}": value for key, value in yaml.safe_load(f"{{{way['setting']}}}").items()}
        for each in way["beside"]:
            read |= read_as_a_person_does(each)
        assert read == way["write"]


@pytest.mark.parametrize("format_", ["text", "markdown"])
@pytest.mark.parametrize("stack", STACKS.values(), ids=list(STACKS))
def test_every_advice_stands_in_text_and_markdown(stack: str, format_: str, tmp_path: Path) -> None:
    shown = unescape(re.sub(r"\||</?code>", " ", plan(tmp_path, stack, format_)))
    shown = " ".join(shown.split())
    for text, _ in advice_of(json.loads(plan(tmp_path, stack, "json"))):
        assert " ".join(text.split()) in shown


@pytest.mark.parametrize("stack", STACKS.values(), ids=list(STACKS))
def test_what_pins_leave_out_pin_writes(stack: str, tmp_path: Path) -> None:
    """After `plan --pin` and the lines of the text, the stack file has all that the JSON writes."""
    advice = [each for each in advice_of(json.loads(plan(tmp_path, stack, "json"))) if PINNED in each[0]]
    run("plan", "dev", "--stacks", str(tmp_path), "--pin")
    pinned = yaml.safe_load((tmp_path / "Pulumi.dev.yaml").read_text())["config"]["llm-platform:platform"]
    for text, write in advice:
        read = read_as_a_person_does(text)
        for path in set(write) - set(read):
            inner: Any = pinned
            for key in path.split("."):
                inner = inner[key]
            assert inner == write[path], path
