"""The flags and variables that each engine gets are ones that it really has."""

import json
import subprocess
from dataclasses import replace
from itertools import pairwise

import pytest

from components.container import MODELS_MOUNT
from infra.engines import ENGINES
from infra.engines.vllm.facts import facts
from tests.components.examples import CHAT, OLLAMA
from tests.conftest import HANGS_SECONDS

VLLM, TGI, OLLAMA_ENGINE = ENGINES["vllm"], ENGINES["tgi"], ENGINES["ollama"]


def flags(args: tuple[str, ...]) -> dict[str, str]:
    """Those with a value."""
    given = ((flag, value) for flag, value in pairwise(args) if flag.startswith("--"))
    return {flag: value for flag, value in given if not value.startswith("--")}


def test_vllm_gets_everything_that_decides_memory_and_the_name_that_applications_send():
    assert VLLM.args(CHAT)[0] == "/models/hf/meta-llama/Llama-3.1-8B-Instruct/0e9e39f"
    assert flags(VLLM.args(CHAT)) == {
        "--served-model-name": "llama-8b",
        "--port": "8000",
        "--runner": "generate",
        "--dtype": "bfloat16",
        "--max-model-len": "8192",
        "--tensor-parallel-size": "1",
        "--kv-cache-dtype": "auto",
        "--shutdown-timeout": "300",
        "--gpu-memory-utilization": "0.9",
        "--max-num-seqs": "32",
        "--max-num-batched-tokens": "2048",
        "--middleware": "vllm_log.RequestLine",
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"gpus": 4}, {"--tensor-parallel-size": "4"}),
        ({"quantization": "fp8"}, {"--quantization": "fp8"}),
        ({"kv_cache_dtype": "fp8"}, {"--kv-cache-dtype": "fp8"}),
        ({"dtype": "awq"}, {"--dtype": "auto"}),
        ({"task": "embed"}, {"--runner": "pooling", "--convert": "embed"}),
        ({"task": "rerank"}, {"--runner": "pooling"}),
        ({"extra_args": ("--seed", "1")}, {"--seed": "1"}),
    ],
)
def test_vllm_flags_follow_the_workload(change, expected):
    given = flags(VLLM.args(replace(CHAT, **change)))
    assert {flag: given.get(flag) for flag in expected} == expected


def test_only_an_embedding_model_is_converted():
    assert "--convert" not in VLLM.args(CHAT)
    assert "--convert" not in VLLM.args(replace(CHAT, task="rerank"))


def test_tgi_writes_json_and_its_launcher_not_the_arguments_with_the_key():
    """`tracing::info!("{:#?}", args)` in launcher/src/main.rs of 3.1.0; LOG_LEVEL has a level for each target."""
    assert "--json-output" in ENGINES["tgi"].args(CHAT)
    assert {*ENGINES["tgi"].env(CHAT)["LOG_LEVEL"].split(",")} == {"info", "text_generation_launcher=warn"}


@pytest.mark.parametrize("engine", ["vllm", "tgi"])
def test_servers_with_weights_of_the_hub_are_offline_and_send_no_statistics(engine):
    env = ENGINES[engine].env(CHAT)
    assert env["HF_HUB_OFFLINE"] == "1"
    assert "HF_TOKEN" not in env
    given = {**env, **flags(ENGINES[engine].args(CHAT))}
    assert given.get("VLLM_NO_USAGE_STATS") == "1" or given.get("--usage-stats") == "off"


@pytest.mark.parametrize(("seconds", "waits"), [(570, None), (600, None), (2430, "2430")])
def test_several_api_servers_of_vllm_wait_for_their_engine_as_long_as_the_startup_probe(seconds, waits):
    slow = replace(CHAT, timeouts=replace(CHAT.timeouts, startup_probe=seconds))
    assert VLLM.env(slow).get("VLLM_ENGINE_READY_TIMEOUT_S") == waits
    assert "VLLM_ENGINE_READY_TIMEOUT_S" in facts().environment


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_no_engine_listens_on_a_port_that_needs_root(engine):
    assert ENGINES[engine].port > 1024


def test_tgi_listens_on_every_address_whatever_the_pod_is_called():
    given = flags(TGI.args(CHAT))
    assert (given["--hostname"], given["--port"]) == ("0.0.0.0", "8080")
    assert (given["--max-total-tokens"], given["--max-input-tokens"]) == ("8192", "8191")


def test_tgi_gets_everything_that_decides_memory():
    given = flags(TGI.args(CHAT))
    assert (given["--cuda-memory-fraction"], given["--max-batch-size"]) == ("0.9", "32")
    assert given["--max-batch-prefill-tokens"] == "2048"


@pytest.mark.parametrize(("seqs", "with_it"), [(32, None), (64, None), (65, "130"), (256, "512")])
def test_tgi_lets_as_many_requests_wait_as_it_answers(seqs: int, with_it: str | None):
    """By default it refuses the 129th, so that it would never compute 256 at once."""
    assert flags(TGI.args(replace(CHAT, max_num_seqs=seqs))).get("--max-concurrent-requests") == with_it


def test_tgi_gets_a_dtype_or_a_quantization_and_never_both():
    assert "--dtype" in TGI.args(CHAT)
    assert "--quantize" not in TGI.args(CHAT)
    quantized = TGI.args(replace(CHAT, quantization="awq", kv_cache_dtype="fp8"))
    assert "--dtype" not in quantized
    assert flags(quantized)["--quantize"] == "awq"
    assert flags(quantized)["--kv-cache-dtype"] == "fp8_e4m3fn"


@pytest.mark.parametrize(
    ("engine", "queries"),
    [
        (
            "vllm",
            {
                "waiting": 'sum(vllm:num_requests_waiting{namespace="llm",model_name="llama-8b"})',
                "running": 'sum(vllm:num_requests_running{namespace="llm",model_name="llama-8b"})',
                "servers": 'count(vllm:num_requests_running{namespace="llm",model_name="llama-8b"})',
                "cache": 'sum(vllm:kv_cache_usage_perc{namespace="llm",model_name="llama-8b"})',
            },
        ),
        (
            "tgi",
            {
                "waiting": 'sum(tgi_queue_size{namespace="llm",service="llama-8b"})',
                "running": 'sum(tgi_batch_current_size{namespace="llm",service="llama-8b"})',
                "servers": 'count(tgi_batch_current_size{namespace="llm",service="llama-8b"})',
            },
        ),
        ("ollama", {}),
    ],
)
def test_queries_are_sums_over_metrics_and_labels_that_the_engine_has(engine, queries):
    assert {query.name: query.promql for query in ENGINES[engine].queries("llm", "llama-8b")} == queries


@pytest.mark.parametrize("revision", ["0e9e39f", None])
@pytest.mark.parametrize("engine", ["vllm", "tgi"])
def test_what_is_fetched_is_what_is_served(engine, revision):
    model = replace(CHAT, revision=revision)
    command = ENGINES[engine].fetch(model).command
    target = flags(command)["--local-dir"]
    assert command[1:3] == ("download", CHAT.model)
    assert flags(command)["--revision"] == (revision or "main")
    assert target.startswith(f"{MODELS_MOUNT}/hf/{CHAT.model}/")
    assert target in ENGINES[engine].args(model)


@pytest.mark.parametrize("engine", ["vllm", "tgi"])
def test_the_download_fits_a_small_pod_and_logs_nothing_but_its_error(engine):
    env = ENGINES[engine].fetch(CHAT).env
    assert env["HF_HUB_DISABLE_XET"] == "1"
    assert env["HF_HUB_DISABLE_PROGRESS_BARS"] == "1"


@pytest.mark.parametrize("engine", ["vllm", "tgi"])
def test_weights_in_formats_that_nobody_reads_are_not_downloaded(engine):
    command = ENGINES[engine].fetch(CHAT).command
    excluded = command[command.index("--exclude") + 1 :]  # one option takes every pattern, and so stands last
    assert {"original/*", "*.gguf", "onnx/*"} <= set(excluded)
    assert not any("safetensors" in pattern or ".bin" in pattern for pattern in excluded)


def test_ollama_pulls_into_the_store_that_it_serves_under_the_served_name():
    fetch = OLLAMA_ENGINE.fetch(OLLAMA)
    assert fetch.env["OLLAMA_MODELS"] == OLLAMA_ENGINE.env(OLLAMA)["OLLAMA_MODELS"] == "/models/ollama/tiny/llama3.2-1b"
    assert (fetch.env["MODEL"], fetch.env["SERVED_NAME"]) == ("llama3.2:1b", "tiny")
    assert 'ollama cp "$MODEL" "$SERVED_NAME"' in fetch.command[-1]
    assert not fetch.uses_hub_token


@pytest.mark.programs
@pytest.mark.parametrize(
    ("serve", "pull", "code", "said"),
    [
        ("exec sleep 15", "true", 0, "copied llama3.2:1b tiny"),
        (
            "exec sleep 15",
            "echo 'Error: pull model manifest: file does not exist' >&2; exit 1",
            1,
            "file does not exist",
        ),
        ("echo 'Error: no space left on device' >&2; exit 1", "true", 1, "no space left on device"),
    ],
)
def test_the_pull_ends_with_its_own_error(tmp_path, serve, pull, code, said):
    """The Job's script, with a stand-in for Ollama."""
    stand_in = tmp_path / "ollama"
    stand_in.write_text(
        f"""#!/bin/sh
case $1 in
  serve) touch {tmp_path}/up; {serve};;
  list) test -e {tmp_path}/up && {{ {serve if "exit" in serve else "true"}; }};;
  pull) {pull};;
  cp) echo "copied $2 $3";;
esac
"""
    )
    stand_in.chmod(0o755)
    fetch = OLLAMA_ENGINE.fetch(OLLAMA)
    env = {**fetch.env, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    ended = subprocess.run(fetch.command, env=env, capture_output=True, text=True, check=False, timeout=HANGS_SECONDS)
    assert ended.returncode == code
    assert said in (ended.stdout + ended.stderr).splitlines()[-1]


def test_an_ollama_name_that_is_another_models_tag_has_a_separate_store():
    named_like_a_tag = replace(OLLAMA, name="llama3", model="qwen3:8b")
    that_tag = replace(OLLAMA, name="other", model="llama3")
    stores = {OLLAMA_ENGINE.env(model)["OLLAMA_MODELS"] for model in (named_like_a_tag, that_tag)}
    assert len(stores) == 2


def test_ollama_keeps_the_model_loaded_with_the_context_asked_for():
    env = OLLAMA_ENGINE.env(OLLAMA)
    assert env["OLLAMA_KEEP_ALIVE"] == "-1"
    assert env["OLLAMA_CONTEXT_LENGTH"] == "8192"
    assert env["OLLAMA_NUM_PARALLEL"] == "2"
    assert env["OLLAMA_NOPRUNE"] == "1"
    assert env["OLLAMA_HOST"] == "0.0.0.0:11434"
    assert "OLLAMA_KV_CACHE_TYPE" not in env


def test_a_quantized_ollama_cache_comes_with_the_flash_attention_that_it_needs():
    env = OLLAMA_ENGINE.env(replace(OLLAMA, kv_cache_dtype="fp8"))
    assert (env["OLLAMA_KV_CACHE_TYPE"], env["OLLAMA_FLASH_ATTENTION"]) == ("q8_0", "1")


@pytest.mark.parametrize(("task", "prompt"), [("chat", ""), ("embed", "ready")])
def test_the_startup_probe_of_ollama_loads_the_model_in_one_attempt(task, prompt):
    probe = OLLAMA_ENGINE.startup_probe(replace(OLLAMA, task=task))
    assert probe["exec"]["command"] == ["ollama", "run", "tiny", prompt]
    assert probe["timeoutSeconds"] == OLLAMA.timeouts.startup_probe


def test_only_engines_that_check_a_key_say_so():
    assert {name: (engine.api_key_env, engine.keys_file is not None) for name, engine in ENGINES.items()} == {
        "vllm": (None, True),
        "tgi": ("API_KEY", False),
        "ollama": (None, False),
    }
    assert [name for name, engine in ENGINES.items() if not engine.checks_key] == ["ollama"]


def test_a_key_that_would_be_read_as_another_argument_is_not_in_the_file():
    assert json.loads(VLLM.keys_text(["one", "--trust-remote-code", "-O3"])) == {"api-key": ["one"]}
