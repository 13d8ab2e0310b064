"""Whether a repository can be served without running code that it brings."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from infra.models.fields import defaults

_ENGINE_TYPES = Path(__file__).parent / "data" / "engine_types.toml"


def needs_code(config: Mapping[str, Any], tokenizer: Mapping[str, Any] | None) -> bool:
    """Whether the repository brings the only configuration class that there is, or a tokenizer that is code."""
    kind = str(config.get("model_type"))
    own = "AutoConfig" in _mapped(config) and kind not in _engine_types() and kind not in defaults()
    return own or "AutoTokenizer" in _mapped(tokenizer or {})


@cache
def _engine_types() -> frozenset[str]:
    return frozenset(tomllib.loads(_ENGINE_TYPES.read_text(encoding="utf-8"))["types"])


def _mapped(said: Mapping[str, Any]) -> Mapping[str, Any]:
    mapped = said.get("auto_map")
    return mapped if isinstance(mapped, Mapping) else {}
