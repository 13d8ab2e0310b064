"""The pinned engine finds what it compiled again although the API key has changed, and writes the key nowhere."""

import json
import os
import subprocess

import pytest

from infra.engines import ENGINES
from tests.conftest import HANGS_SECONDS
from tests.vllm_on_cpu.installed import ENGINE, NEEDS_ENGINE

pytestmark = NEEDS_ENGINE
# What vLLM makes the name of its cache's folder of, and writes into that folder.
FACTORS = "import json; from vllm import envs; print(json.dumps(envs.compile_factors(), default=str))"
KEY = ENGINES["vllm"].api_key_env or ""


def factors(**variables: str) -> dict[str, object]:
    done = subprocess.run(
        [str(ENGINE.python), "-c", FACTORS],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS_SECONDS,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def before() -> dict[str, object]:
    return factors(**{KEY: "the-old-key"})


def test_a_changed_key_compiles_nothing_again(before: dict[str, object]) -> None:
    assert before
    assert factors(**{KEY: "the-new-key"}) == before


def test_the_key_is_not_written_into_the_cache(before: dict[str, object]) -> None:
    assert "the-old-key" not in json.dumps(before)


def test_a_setting_that_changes_what_is_compiled_is_seen(before: dict[str, object]) -> None:
    """Otherwise the two tests above would say nothing."""
    assert factors(**{KEY: "the-old-key", "VLLM_USE_DEEP_GEMM": "0"}) != before
