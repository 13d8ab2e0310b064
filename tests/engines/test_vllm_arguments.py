"""extraArgs are read as the pinned vLLM reads its command line: what it would refuse is refused before `up`."""

import pytest

from infra.engines import ENGINES
from infra.engines.arguments import Argument, BadArgument
from tests.example_stacks import CREATED, plan_text

VLLM = ENGINES["vllm"]


def read(*given: str) -> list[Argument | BadArgument]:
    return list(VLLM.read_arguments(given))


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        (["--enable-prefix-caching"], ["--enable-prefix-caching"]),
        (["--no-enable-prefix-caching"], ["--enable-prefix-caching"]),
        (["--max_logprobs", "20"], ["--max-logprobs"]),
        (["--max-logprobs=20"], ["--max-logprobs"]),
        (["--block-size", "-1"], ["--block-size"]),
        (["--api-ke", "x"], ["--api-key"]),
        (["-tp", "2"], ["--tensor-parallel-size"]),
        (["-t=2"], ["--tensor-parallel-size"]),
        (["-qfp8"], ["--quantization"]),
        (["-O3"], ["--optimization-level"]),
        (["--compilation-config.mode", "3"], ["--compilation-config"]),
        (["-cc.mode=3"], ["--compilation-config"]),
        (["--compilation-config", '{"mode": 3}'], ["--compilation-config"]),
        (["--compilation-config", '{"max_cudagraph_capture_size": 1k}'], ["--compilation-config"]),
        (["--default-chat-template-kwargs.enable_thinking", "false"], ["--default-chat-template-kwargs"]),
        (["--cudagraph-capture-sizes", "1", "2", "4", "--seed", "1"], ["--cudagraph-capture-sizes", "--seed"]),
        (["--mamba-ssu-algorithm", "None"], ["--mamba-ssu-algorithm"]),
        (["--kv-cache-memory-bytes", "8G"], ["--kv-cache-memory-bytes"]),
        (["--tool-call-parser", "hermes"], ["--tool-call-parser"]),
        (
            ["--tool-parser-plugin", "/models/own.py", "--tool-call-parser", "own"],
            ["--tool-parser-plugin", "--tool-call-parser"],
        ),
    ],
)
def test_what_it_accepts_is_read_by_the_full_name(given: list[str], flags: list[str]) -> None:
    found = read(*given)
    assert [each.flag for each in found] == flags
    assert all(isinstance(each, Argument) for each in found)


@pytest.mark.parametrize(
    ("given", "index", "got", "write"),
    [
        (["--no-such-flag"], 0, "vLLM 0.32.0 has no --no-such-flag", "leave it out"),
        (
            ["--disable-log-requests"],
            0,
            "vLLM 0.32.0 has no --disable-log-requests any more",
            "leave it out: of a request",
        ),
        (["--task", "embed"], 0, "vLLM 0.32.0 has no --task any more", "write task, a key of the model"),
        (["--Seed", "1"], 0, "vLLM 0.32.0 has no --Seed", "leave it out"),
        (["--enable-lo"], 0, "--enable-lo could be --enable-log-deltas, ", "write the whole flag"),
        (["--seed"], 0, "--seed has no value", "write --seed 1, as two items"),
        (["--seed", "--enforce-eager"], 0, "--seed has no value", "write --seed 1, as two items"),
        (["--seed", "one"], 0, "--seed takes a whole number", "write e.g. --seed 1"),
        (["--cpu-offload-gb", "many"], 0, "--cpu-offload-gb takes a number", "write e.g. --cpu-offload-gb 0.5"),
        (["--kv-transfer-config", "{"], 0, "--kv-transfer-config takes JSON with keys of", "write e.g. --kv-tr"),
        (
            ["--compilation-config", '{"moode": 3}'],
            0,
            "--compilation-config takes JSON with keys of one of mode, ",
            "write",
        ),
        (
            ["--compilation-config", "3"],
            0,
            "--compilation-config takes JSON with keys of one of mode, ",
            "write e.g. --c",
        ),
        (["--compilation-config.moode", "3"], 0, "vLLM 0.32.0 has no --compilation-config.moode", "leave it out"),
        (["--dtype.a", "1"], 0, "vLLM 0.32.0 has no --dtype.a", "leave it out"),
        (["--scheduling-policy", "lifo"], 0, "--scheduling-policy takes one of fcfs, priority", "write e.g. --sched"),
        (["--tool-call-parser", "hermez"], 0, "--tool-call-parser takes one of apertus, ", "write e.g. --tool-call-p"),
        (["--reasoning-parser", "qwen33"], 0, "--reasoning-parser takes one of cohere_", "write e.g. --reasoning-p"),
        (["--enforce-eager=true"], 0, "--enforce-eager takes no value", "write --enforce-eager or --no-enforce-eager"),
        (["--seed.x=1"], 0, "vLLM 0.32.0 has no --seed.x", "leave it out"),
        (["--seed 1"], 0, "--seed and its value are one item", "write them as two items, or --seed=VALUE"),
        (["--enforce-eager", "hunter2"], 1, "a value that belongs to no flag (not shown)", "leave it out, or"),
        (["--seed", "1", "2"], 2, "a value that belongs to no flag (not shown)", "leave it out, or write its flag"),
        (["--seed=1", "2"], 1, "a value that belongs to no flag (not shown)", "leave it out, or write its flag first"),
        (["--"], 0, "-- ends the flags", "leave it out"),
    ],
)
def test_what_it_would_refuse_is_refused(given: list[str], index: int, got: str, write: str) -> None:
    bad = [each for each in read(*given) if isinstance(each, BadArgument)]
    assert [each.index for each in bad] == [index]
    assert bad[0].got.startswith(got)
    assert bad[0].write.startswith(write)


def test_every_mistake_is_found_at_once() -> None:
    bad = read("--seed", "x", "--no-such-flag", "hidden", "--enforce-eager=1")
    assert [each.index for each in bad if isinstance(each, BadArgument)] == [0, 2, 4]


def test_a_value_is_in_no_message() -> None:
    """It could be a credential."""
    given = (
        "--seed",
        "hunter2",
        "--hf-tokn",
        "hunter2",
        "hunter2",
        "--enforce-eager=hunter2",
        "--enforce-eager",
        "hunter2",
    )
    said = [f"{each.got} {each.write}" for each in read(*given) if isinstance(each, BadArgument)]
    assert len(said) == 4
    assert "hunter2" not in " ".join(said)


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        (["--enable-expert-parallel"], True),
        (["--enable_expert_parallel"], True),
        (["--enable-expert"], True),
        (["-ep"], True),
        ([], False),
        (["--enable-prefix-caching"], False),
        (["--no-enable-expert-parallel"], False),
        (["--enable-expert-parallel", "--no-enable-expert-parallel"], False),
        (["--no_enable_expert_parallel", "-ep"], True),
    ],
)
def test_whole_experts_are_asked_for_in_every_spelling(given: list[str], whole: bool) -> None:
    assert VLLM.holds_whole_experts(given) == whole
    assert not ENGINES["tgi"].holds_whole_experts(given)


def test_a_spelling_of_it_counts_wherever_experts_are_split() -> None:
    model = 'models: {a: {model: MiniMaxAI/MiniMax-M2.7, gpus: 8, maxModelLen: 32768, extraArgs: ["-ep"]}}'
    stack = f"config:\n  aws:region: us-east-1\n  llm-platform:platform:\n    {CREATED}\n    {model}\n"
    made = plan_text("experts", stack).plan
    assert made.models["a"].fit is not None
    assert not made.violations
