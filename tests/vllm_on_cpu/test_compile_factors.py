"""From what the pinned engine finds what it compiled before: no credential is among it."""

import json
import subprocess

from tests.conftest import HANGS_SECONDS
from tests.vllm_on_cpu.installed import ENGINE, NEEDS_ENGINE

pytestmark = NEEDS_ENGINE
_CODE = "import json; from vllm import envs; print(json.dumps(envs.compile_factors(), default=str))"


def _factors(key: str) -> dict[str, object]:
    done = subprocess.run(
        [ENGINE.python, "-c", _CODE],
        env={"PATH": "/usr/bin:/bin", "VLLM_API_KEY": key, "VLLM_HTTP_TIMEOUT_KEEP_ALIVE": "330"},
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS_SECONDS,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_a_rotated_key_and_the_gateways_timeouts_change_no_factor() -> None:
    factors = _factors("sk-old")
    assert factors == _factors("sk-new")
    assert not {"VLLM_API_KEY", "VLLM_HTTP_TIMEOUT_KEEP_ALIVE"} & set(factors)
    assert "VLLM_ENGINE_READY_TIMEOUT_S" in factors  # so it is in the plan's key too
