"""Where the pinned vLLM for the CPU is installed: `make test-engine` puts it into .venv/engine, or into ENGINE."""

import os
from pathlib import Path

import pytest

from engine_facts.environment import of

_ROOT = Path(__file__).parents[2]
ENGINE = of(Path(os.environ.get("ENGINE") or _ROOT / ".venv" / "engine"))
# On each module whose tests start it.
NEEDS_ENGINE = [
    pytest.mark.programs,
    pytest.mark.skipif(
        not ENGINE.installed,
        reason=f"vLLM {ENGINE.version} for the CPU isn't in {ENGINE.folder}: `make test-engine` installs it (3 GB)",
    ),
]
