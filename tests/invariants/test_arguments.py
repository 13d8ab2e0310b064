"""Rule 12 finds an argument that would end the server as it starts."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.invariants.breaking import Break, caught, instead

LLAMA = "prod", "Deployment llama-8b-deployment", "container args"


def _debug(name: str) -> Callable[[list[Any]], list[Any]]:
    return lambda old: [*old, {"name": name, "value": "DEBUG"}]


BREAKS = [
    Break("12 arguments", *LLAMA, instead("--max-num-seqs", "--max-num-sequences"), "has no --max-num-sequences"),
    Break("12 arguments", *LLAMA, instead("--runner", "--task"), "has no --task any more"),
    Break("12 arguments", *LLAMA, instead("generate", "generation"), "--runner takes one of auto, draft, generate"),
    Break("12 arguments", *LLAMA, lambda old: old[:-1], "has no value"),
    Break("12 files", *LLAMA[:2], "pod volumes", lambda old: old[:-1], "llama-8b: vllm_log.json isn't mounted"),
    Break("12 files", "prod", "ConfigMap engine-files-texts", "inputs data", {}, "engine-files has no vllm_log.json"),
    Break("7 prompts", *LLAMA[:2], "container env", _debug("VLLM_LOGGING_LEVEL"), "llama-8b: VLLM_LOGGING_LEVEL"),
    Break("7 prompts", *LLAMA, lambda old: [*old, "--enable-log-requests"], "llama-8b: --enable-log-requests"),
]


@pytest.mark.parametrize("each", BREAKS, ids=str)
def test_a_broken_recording_is_caught(each: Break) -> None:
    caught(each)
