"""The pinned engine's own parser and model configuration accept what plans start it with, and refuse what plans refuse.

One process reads all command lines; no server starts, and no weights are there. Heads are split among GPUs as the
engine's Llama does it. Not asked: what a CPU can't compute (a card's kernels, fp8), and the tokenizer.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from infra.engines import ENGINES
from infra.engines.model import Parsers
from infra.engines.vllm.facts import facts
from infra.settings.mistakes import BadStackFile
from tests.components.examples import CHAT
from tests.conftest import HANGS_SECONDS
from tests.example_stacks import ALL_STACKS, CREATED, plan_text, planned
from tests.models.families import read
from tests.vllm_on_cpu.installed import ENGINE, NEEDS_ENGINE
from tests.vllm_on_cpu.stack import planned as stack_of_servers

pytestmark = NEEDS_ENGINE
VLLM = ENGINES["vllm"]
LLAMA = read("meta-llama/Llama-3.1-8B")
LLAMA_70B = {**LLAMA, "hidden_size": 8192, "num_hidden_layers": 80, "num_attention_heads": 64}
TEN_KV_HEADS = {**LLAMA, "hidden_size": 5120, "num_attention_heads": 40, "num_key_value_heads": 10}
BGE_M3 = {
    "architectures": ["XLMRobertaModel"],
    "model_type": "xlm-roberta",
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "vocab_size": 250002,
    "max_position_embeddings": 8194,
    "pad_token_id": 1,
    "position_embedding_type": "absolute",
}
# A plan's model -> config.json of that architecture and shape.
CONFIGS = {
    "Qwen/Qwen3-8B": read("Qwen/Qwen3-8B"),
    "Qwen/Qwen3-0.6B": read("Qwen/Qwen3-8B"),
    "Qwen/Qwen3-4B": read("Qwen/Qwen3-8B"),
    "Qwen/Qwen3-32B": {
        **read("Qwen/Qwen3-8B"),
        "hidden_size": 5120,
        "num_attention_heads": 64,
        "num_hidden_layers": 64,
    },
    "Qwen/Qwen3-Embedding-0.6B": read("Qwen/Qwen3-8B"),
    "meta-llama/Llama-3.1-8B-Instruct": LLAMA,
    "BAAI/bge-m3": BGE_M3,
    "BAAI/bge-reranker-v2-m3": {**BGE_M3, "architectures": ["XLMRobertaForSequenceClassification"]},
    "Qwen/Qwen3-Reranker-0.6B": read("Qwen/Qwen3-8B"),
    "meta-llama/Llama-3.3-70B-Instruct": LLAMA_70B,
    "deepseek-ai/DeepSeek-R1": read("deepseek-ai/DeepSeek-V3"),
}


@dataclass(frozen=True)
class Case:
    """Arguments, and the config.json that they are about; None leaves the model's configuration out."""

    args: tuple[str, ...]
    config: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Refused:
    """A model of a stack file that `plan` refuses, the same for the engine, and what the engine says."""

    model: str
    args: tuple[str, ...]
    says: str
    config: Mapping[str, Any] | None = None


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
        "reasoning: qwen33", ("--reasoning-parser", "qwen33"), "Reasoning parser 'qwen33' not found"
    ),
    "quantization that is gone": Refused(
        "quantization: bitsandbytes", ("--quantization", "bitsandbytes"), "bitsandbytes", read("Qwen/Qwen3-8B")
    ),
    "longer than the model": Refused(
        "maxModelLen: 400000",
        ("--max-model-len", "400000"),
        "greater than the derived max_model_len",
        read("Qwen/Qwen3-8B"),
    ),
    "attention heads": Refused(
        "gpus: 3, pool: l4s", ("--tensor-parallel-size", "3"), "total_num_heads % tp_size", read("Qwen/Qwen3-8B")
    ),
    "key-value heads": Refused(
        "model: microsoft/phi-4, gpus: 4, pool: l4s",
        ("--tensor-parallel-size", "4"),
        "total_num_kv_heads % tp_size",
        TEN_KV_HEADS,
    ),
    "dropped architecture": Refused(
        "model: meta-llama/Llama-3.2-11B-Vision-Instruct",
        ("--model-impl", "vllm"),  # of a shape that Transformers knows: the engine's own code is asked
        "was supported in vLLM until v0.10.2",
        {**LLAMA, "architectures": ["MllamaForConditionalGeneration"]},
    ),
    "fp16 of gemma2": Refused(
        "model: google/gemma-2-2b-it, pool: t4",
        ("--dtype", "float16"),
        "does not support float16",
        read("google/gemma-2-2b-it"),
    ),
    "fp16 of gemma3": Refused(
        "model: google/gemma-3-27b-it, pool: t4",
        ("--dtype", "float16"),
        "does not support float16",
        read("google/gemma-3-27b-it"),
    ),
    "code of the repository": Refused(
        "model: zai-org/glm-4-9b-chat", (), "trust_remote_code", read("LGAI-EXAONE/EXAONE-3.0-7.8B-Instruct")
    ),
}


def of_plans() -> Iterator[tuple[str, Case]]:
    """Each vLLM server of the stacks of the repository and of the tests, with its recorded arguments."""
    for stack, made in (*((name, planned(name)) for name in ALL_STACKS), ("engine", stack_of_servers())):
        plan, recording = made.plan, made.recording
        for model in plan.models.values():
            if model.engine == VLLM.name:
                deployment = recording.one("kubernetes:apps/v1:Deployment", f"{model.name}-deployment")
                (server,) = deployment.inputs["spec"]["template"]["spec"]["containers"]
                like = plan.settings.models[model.next_of or model.name].like
                assert VLLM.keys_file is not None
                *args, flag, _ = server["args"]  # the file with the keys is in the pod; the parser would read it
                assert flag == VLLM.keys_file.argument
                yield f"{stack}/{model.name}", Case(tuple(args), CONFIGS[like or model.model])


# Models of stack files whose keys no stack above has; the parser alone is asked about each.
KEYS = {
    "speculative by a model": "model: Qwen/Qwen3-8B, speculative: {model: Qwen/Qwen3-0.6B, tokens: 5}",
    "speculative by ngram": "model: Qwen/Qwen3-8B, speculative: {method: ngram, tokens: 5}",
    "speculative by its own layer": "model: Qwen/Qwen3.5-9B, speculative: {method: mtp, tokens: 1}",
    "adapters": "model: Qwen/Qwen3-8B, adapters: {legal: {model: acme/legal, rank: 16}}",
    "ropeScaling": "model: Qwen/Qwen3-8B, maxModelLen: 65536, ropeScaling: {factor: 2}",
    "a bucket": 'model: "s3://acme/a", like: Qwen/Qwen3-8B',
    "a reranker": "model: Qwen/Qwen3-Reranker-0.6B, maxModelLen: 4096",
    "smaller vectors": "model: Qwen/Qwen3-Embedding-0.6B, maxModelLen: 4096",
    "tools and thoughts": "model: openai/gpt-oss-20b",
    "code that is trusted": f"model: zai-org/glm-4-9b-chat, trustRemoteCode: true, revision: {'a' * 40}",
    "extraArgs": 'model: Qwen/Qwen3-8B, extraArgs: ["--seed", "1", "--enable-prefix-caching", "-O1"]',
}


def of_models() -> Iterator[tuple[str, Case]]:
    for name, model in KEYS.items():
        length = "" if "maxModelLen" in model else ", maxModelLen: 4096"
        made = plan_text("keys", f"{STACK}    models: {{a: {{{model}{length}, pool: l40s}}}}\n").plan
        assert not made.violations, name
        yield name, Case(VLLM.args(made.models["a"]))


def of_keys() -> Iterator[tuple[str, Case]]:
    """What the keys of a stack file can ask for beside that."""
    known = facts()
    models = {
        **{f"quantization {method}": replace(CHAT, quantization=method) for method in known.methods},
        **{f"kvCacheDtype {kind}": replace(CHAT, kv_cache_dtype=kind) for kind in ("auto", "fp8")},
        **{f"toolCalling {name}": replace(CHAT, parsers=Parsers(tool=name)) for name in known.parsers["tool"]},
        **{f"reasoning {name}": replace(CHAT, parsers=Parsers(reasoning=name)) for name in known.parsers["reasoning"]},
        "task embed": replace(CHAT, task="embed"),
        "task rerank": replace(CHAT, task="rerank"),
        "trustRemoteCode": replace(CHAT, remote_code=True),
    }
    for name, model in models.items():
        yield name, Case(VLLM.args(model))


STACK = f"""\
config:
  aws:region: us-east-1
  llm-platform:platform:
    {CREATED}
    gpuPools:
      t4: {{instanceTypes: [g4dn.xlarge]}}
      l40s: {{instanceTypes: [g6e.xlarge]}}
      l4s: {{instanceTypes: [g6.12xlarge]}}
"""
ACCEPTED = {"--api-ke": Case(("model", "--api-ke", "x"))}  # an abbreviation


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str | None]:
    """What the engine says against each case; None: it accepts it."""
    folder = tmp_path_factory.mktemp("arguments")
    refused = {name: Case(("model", *case.args), case.config) for name, case in REFUSED.items()}
    cases = {**dict(of_plans()), **dict(of_models()), **dict(of_keys()), **refused, **ACCEPTED}
    asked = [{"args": case.args, "config": written(folder / str(i), case)} for i, case in enumerate(cases.values())]
    done = subprocess.run(
        [ENGINE.python, Path(__file__).parent / "inside.py"],
        input=json.dumps(asked),
        env={"HOME": str(folder), "HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * HANGS_SECONDS,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return dict(zip(cases, json.loads(done.stdout.splitlines()[-1]), strict=True))


def written(folder: Path, case: Case) -> str | None:
    if case.config is None:
        return None
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(case.config), encoding="utf-8")
    return str(folder)


def test_it_accepts_what_every_plan_starts_it_with(said: Mapping[str, str | None]) -> None:
    names = [*(name for name, _ in (*of_plans(), *of_keys())), *KEYS]
    assert len(names) > 100
    assert {name: said[name] for name in names if said[name] is not None} == {}


def test_what_it_refuses_is_what_the_plan_refuses(said: Mapping[str, str | None]) -> None:
    assert {name: said[name] for name, case in REFUSED.items() if case.says not in (said[name] or "")} == {}
    assert [name for name, case in REFUSED.items() if not is_refused(case.model)] == []


def test_an_abbreviation_that_it_takes_for_the_key_is_refused_by_the_plan(said: Mapping[str, str | None]) -> None:
    assert said["--api-ke"] is None
    assert is_refused('extraArgs: ["--api-ke", "x"]')


def is_refused(model: str) -> bool:
    missing = {"model": "Qwen/Qwen3-8B", "maxModelLen": 4096, "pool": "l40s"}
    given = ", ".join([model, *(f"{key}: {value}" for key, value in missing.items() if f"{key}:" not in model)])
    try:
        return bool(plan_text("refused", f"{STACK}    models: {{a: {{{given}}}}}\n").plan.violations)
    except BadStackFile:
        return True
