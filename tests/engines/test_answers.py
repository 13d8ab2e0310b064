"""Tool calls and thoughts are read by the parser of the model's family."""

from dataclasses import replace

import pytest

from infra.engines import ENGINES
from infra.engines.model import Parsers
from infra.engines.vllm.answers import families, parsers_of
from infra.engines.vllm.facts import facts
from tests.components.examples import CHAT
from tests.planning.stacks import DEV, changed, plan


@pytest.mark.parametrize(
    ("repository", "tool", "reasoning"),
    [
        ("Qwen/Qwen3-8B", "hermes", "qwen3"),
        ("Qwen/Qwen3-4B-Instruct-2507", "hermes", None),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "qwen3_coder", None),
        ("acme/Qwen3-8B-support", "hermes", "qwen3"),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama3_json", None),
        ("meta-llama/Meta-Llama-3-8B-Instruct", None, None),
        ("openai/gpt-oss-20b", "openai", "openai_gptoss"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", None, "deepseek_r1"),
        ("zai-org/GLM-4.7-Flash", "glm47", "glm45"),
        ("google/gemma-3-4b-it", None, None),
        ("acme/support", None, None),
    ],
)
def test_the_parsers_of_a_family(repository: str, tool: str | None, reasoning: str | None) -> None:
    assert parsers_of(repository) == Parsers(tool, reasoning)


def test_each_parser_is_one_that_the_pinned_engine_has() -> None:
    known = facts().parsers
    used = [(kind, name) for each in families().values() for kind, name in vars(each).items() if name is not None]
    assert [each for each in used if each[1] not in known[each[0]]] == []


QWEN3 = Parsers("hermes", "qwen3")


def _arguments(extra: tuple[str, ...] = (), parsers: Parsers = QWEN3) -> str:
    return " ".join(ENGINES["vllm"].args(replace(CHAT, parsers=parsers, extra_args=extra)))


def test_the_server_is_started_with_them() -> None:
    assert "--enable-auto-tool-choice --tool-call-parser hermes --reasoning-parser qwen3" in _arguments()
    assert "parser" not in _arguments(parsers=Parsers())


def test_what_the_file_adds_itself_is_left_to_it() -> None:
    said = _arguments(("--enable-auto-tool-choice", "--tool-call-parser", "qwen3_xml"))
    assert said.count("--tool-call-parser") == said.count("--enable-auto-tool-choice") == 1
    assert "--reasoning-parser qwen3" in said


@pytest.mark.parametrize(
    ("keys", "parsers"),
    [
        ({}, Parsers("hermes", "qwen3")),
        ({"toolCalling": "off", "reasoning": "off"}, Parsers()),
        ({"toolCalling": "qwen3_xml"}, Parsers("qwen3_xml", "qwen3")),
        ({"model": "acme/support", "like": "Qwen/Qwen3-8B"}, Parsers("hermes", "qwen3")),
        ({"extraArgs": ["--reasoning-parser=deepseek_r1"]}, Parsers("hermes", "deepseek_r1")),
        ({"model": "Qwen/Qwen3-Embedding-8B"}, Parsers()),
    ],
)
def test_the_stack_file_says_others_or_none(keys: dict[str, object], parsers: Parsers) -> None:
    made = plan(changed(DEV, models={"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, **keys}}))
    assert made.models["chat"].parsers == parsers
