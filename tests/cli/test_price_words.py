"""Only the price of a node is called the cheapest; prices per replica or per token have other words."""

import re

import pytest

from tests.cli.running import run

QWEN, LLAMA_70B = "Qwen/Qwen3-8B", "meta-llama/Llama-3.3-70B-Instruct"
COMMANDS = [
    "fit --help",
    f"fit {QWEN} --max-model-len 8192",
    f"fit {LLAMA_70B} --max-model-len 16384 --api-price 4",
    f"fit {LLAMA_70B} --max-model-len 8192 --gpu L4 --format json",
    "plan prod",
    "plan dev --format markdown",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_only_a_node_is_called_cheap(command: str) -> None:
    """The key `cheaper` of a plan's JSON, which is about the bill, is not looked at."""
    said = " ".join(run(*command.split()).stdout.split())
    for words in re.findall(r"[Cc]heap\w* \S+", said):
        assert re.fullmatch(r"[Cc]heap\w* nodes?\b.*", words), words


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"fit {QWEN} --max-model-len 8192 --concurrency 4", "at the lowest price per replica, not for certain: "),
        (f"fit {LLAMA_70B} --max-model-len 16384", "as its share (2 of 8 GPUs) of a node for $"),
        (f"fit {LLAMA_70B} --max-model-len 16384", "cheapest node for it alone: "),
        (f"fit {QWEN} --max-model-len 8192 --api-price 4", "costs less than the API above "),
        ("plan prod", "lower bill: `"),
        ("plan prod", " per month of the minimum bill: "),
    ],
)
def test_each_comparison_says_what_it_compares(command: str, words: str) -> None:
    assert words in " ".join(run(*command.split()).stdout.split())
