"""The pinned engine's own parser and model configuration accept what plans start it with, and refuse what plans refuse.

One process reads all command lines; no server starts, and no weights are there. Heads are split among GPUs as the
engine's Llama does it. What a CPU can't compute (fp8, several GPUs) isn't asked.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.engines import ENGINES
from infra.engines.engine import EngineModel
from infra.engines.vllm.facts import facts
from infra.offline import Planned
from infra.settings.mistakes import BadStackFile
from tests.components.examples import CHAT
from tests.conftest import HANGS_SECONDS
from tests.example_stacks import ALL_STACKS, CREATED, plan_text, planned
from tests.models.families import read
from tests.vllm_on_cpu.installed import ENGINE, NEEDS_ENGINE

pytestmark = NEEDS_ENGINE
VLLM = ENGINES["vllm"]
# Model of a plan -> the repository whose config.json has the same architecture and fields.
CONFIGS = {
    "Qwen/Qwen3-8B": "Qwen/Qwen3-8B",
    "meta-llama/Llama-3.1-8B-Instruct": "meta-llama/Llama-3.1-8B",
    "BAAI/bge-m3": None,
    "meta-llama/Llama-3.3-70B-Instruct": None,
    "acme/llama-70b-support-fp8": None,
    "deepseek-ai/DeepSeek-R1": "deepseek-ai/DeepSeek-V3",
}


@dataclass(frozen=True)
class Case:
    """Arguments, and the config.json that they are about; None leaves the model's configuration out."""

    args: tuple[str, ...]
    config: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Refused:
    """A model of a stack file that `plan` refuses, what it stands for on the engine, and what the engine says."""

    model: str
    args: tuple[str, ...]
    says: str
    config: str | None = None


class Engine:
    """The engine's answers, each command line asked once."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._script = folder, Path(__file__).parent / "inside.py"

    def refusals(self, cases: list[Case]) -> list[str | None]:
        asked = [{"args": case.args, "config": self._written(case.config)} for case in cases]
        done = subprocess.run(
            [ENGINE.python, self._script],
            input=json.dumps(asked),
            env={"HOME": str(self._folder), "HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * HANGS_SECONDS,
        )
        assert done.returncode == 0, done.stderr[-5000:]
        return json.loads(done.stdout.splitlines()[-1])

    def _written(self, config: Mapping[str, Any] | None) -> str | None:
        if config is None:
            return None
        text = json.dumps(config)
        folder = self._folder / str(abs(hash(text)))
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(text, encoding="utf-8")
        return str(folder)


REFUSED = {
    "unknown flag": Refused('extraArgs: ["--no-such-flag"]', ("--no-such-flag",), "unrecognized arguments"),
    "flag of an older version": Refused(
        'extraArgs: ["--disable-log-requests"]', ("--disable-log-requests",), "unrecognized arguments"
    ),
    "flag in two meanings": Refused('extraArgs: ["--enable-lo"]', ("--enable-lo",), "ambiguous option"),
    "no number": Refused('extraArgs: ["--seed", "one"]', ("--seed", "one"), "argument --seed"),
    "no value": Refused('extraArgs: ["--seed"]', ("--seed",), "expected one argument"),
    "no JSON": Refused('extraArgs: ["--kv-transfer-config", "{"]', ("--kv-transfer-config", "{"), "kv-transfer-config"),
    "none of the choices": Refused(
        'extraArgs: ["--scheduling-policy", "lifo"]', ("--scheduling-policy", "lifo"), "invalid choice"
    ),
    "value of a switch": Refused('extraArgs: ["--enforce-eager=true"]', ("--enforce-eager=true",), "ignored explicit"),
    "unknown tool parser": Refused(
        "toolCalling: hermez", ("--enable-auto-tool-choice", "--tool-call-parser", "hermez"), "invalid tool call parser"
    ),
    "unknown reasoning parser": Refused(
        "reasoning: qwen33", ("--reasoning-parser", "qwen33"), "invalid reasoning parser"
    ),
    "quantization that is gone": Refused(
        "quantization: bitsandbytes", ("--quantization", "bitsandbytes"), "bitsandbytes", config="Qwen/Qwen3-8B"
    ),
    "longer than the model": Refused(
        "maxModelLen: 400000", ("--max-model-len", "400000"), "greater than the derived max_model_len", "Qwen/Qwen3-8B"
    ),
    "attention heads": Refused(
        "gpus: 3, pool: l4s", ("--tensor-parallel-size", "3"), "total_num_heads % tp_size", "Qwen/Qwen3-8B"
    ),
    "key-value heads": Refused(
        "model: microsoft/phi-4, gpus: 4, pool: l4s",
        ("--tensor-parallel-size", "4"),
        "total_num_kv_heads % tp_size",
        "ten key-value heads",
    ),
    "dropped architecture": Refused(
        "model: meta-llama/Llama-3.2-11B-Vision-Instruct",
        (),
        "was supported",
        "meta-llama/Llama-3.2-11B-Vision-Instruct",
    ),
    "fp16 of gemma2": Refused(
        "model: google/gemma-2-2b-it, pool: t4",
        ("--dtype", "float16"),
        "does not support float16",
        "google/gemma-2-2b-it",
    ),
    "fp16 of gemma3": Refused(
        "model: google/gemma-3-27b-it, pool: t4",
        ("--dtype", "float16"),
        "does not support float16",
        "google/gemma-3-27b-it",
    ),
    "code of the repository": Refused("model: zai-org/glm-4-9b-chat", (), "trust", "zai-org/glm-4-9b-chat"),
}


def config_of(case: Refused) -> Mapping[str, Any] | None:
    if case.config == "ten key-value heads":
        return {
            **read("meta-llama/Llama-3.1-8B"),
            "num_attention_heads": 40,
            "num_key_value_heads": 10,
            "hidden_size": 5120,
        }
    return read(case.config) if case.config else None


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("arguments"))


def of_plans() -> Iterator[tuple[str, EngineModel, tuple[str, ...]]]:
    """Each vLLM server of the stacks of the repository and of the tests, with its recorded arguments."""
    for stack in ALL_STACKS:
        plan, recording = planned(stack).plan, planned(stack).recording
        for model in plan.models.values():
            if model.engine == VLLM.name:
                deployment = recording.one("kubernetes:apps/v1:Deployment", f"{model.name}-deployment")
                (server,) = deployment.inputs["spec"]["template"]["spec"]["containers"]
                yield f"{stack}/{model.name}", model, tuple(server["args"])


def variants() -> Iterator[tuple[str, tuple[str, ...]]]:
    """What the keys of a stack file can ask for beside that."""
    known = facts()
    for method in known.methods:
        yield f"quantization {method}", VLLM.args(replace(CHAT, quantization=method))
    for kind in ("auto", "fp8"):
        yield f"kvCacheDtype {kind}", VLLM.args(replace(CHAT, kv_cache_dtype=kind))
    for task in ("chat", "embed", "rerank"):
        yield f"task {task}", VLLM.args(replace(CHAT, task=task))
    for parser in known.parsers["tool"]:
        yield f"toolCalling {parser}", VLLM.args(replace(CHAT, parsers=replace(CHAT.parsers, tool=parser)))
    for parser in known.parsers["reasoning"]:
        yield f"reasoning {parser}", VLLM.args(replace(CHAT, parsers=replace(CHAT.parsers, reasoning=parser)))
    yield "trustRemoteCode", VLLM.args(replace(CHAT, remote_code=True))


def test_it_accepts_what_every_plan_starts_it_with(engine: Engine) -> None:
    plans = list(of_plans())
    cases = {name: Case(args, read(known) if (known := CONFIGS[model.model]) else None) for name, model, args in plans}
    cases |= {name: Case(args) for name, args in variants()}
    said = dict(zip(cases, engine.refusals(list(cases.values())), strict=True))
    assert len(plans) >= 10
    assert {name: refusal for name, refusal in said.items() if refusal is not None} == {}


def test_what_it_refuses_is_what_the_plan_refuses(engine: Engine) -> None:
    cases = [Case(("model", *case.args), config_of(case)) for case in REFUSED.values()]
    said = dict(zip(REFUSED, engine.refusals(cases), strict=True))
    assert {name: said[name] for name, case in REFUSED.items() if case.says not in (said[name] or "")} == {}
    assert [name for name, case in REFUSED.items() if not is_refused(case.model)] == []


def test_an_abbreviation_that_it_takes_for_a_flag_of_the_program_is_refused_by_the_plan(engine: Engine) -> None:
    assert engine.refusals([Case(("model", "--api-ke", "x")), Case(("model", "--ua", "x"))])[0] is None
    assert is_refused('extraArgs: ["--api-ke", "x"]')


def is_refused(model: str) -> bool:
    given = model if "model:" in model else f"model: Qwen/Qwen3-8B, {model}"
    length = "" if "maxModelLen" in given else ", maxModelLen: 4096"
    pool = "" if "pool" in given else ", pool: l40s"
    try:
        return bool(planned_model(f"{given}{length}{pool}").plan.violations)
    except BadStackFile:
        return True


@cache
def planned_model(model: str) -> Planned:
    pools = (
        "gpuPools: {t4: {instanceTypes: [g4dn.xlarge]}, l40s: {instanceTypes: [g6e.xlarge]},"
        " l4s: {instanceTypes: [g6.12xlarge]}}"
    )
    head = f"config:\n  aws:region: us-east-1\n  llm-platform:platform:\n    {CREATED}\n    {pools}\n"
    return plan_text("refused", f"{head}    models: {{a: {{{model}}}}}\n")
