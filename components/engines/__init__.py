"""One small adapter an engine. To add one: a module like these, and a line below."""

from collections.abc import Mapping

from components.engines.engine import HOME, MODELS_MOUNT, Engine, Fetch, Query, Workload
from components.engines.ollama import Ollama
from components.engines.tgi import Tgi
from components.engines.vllm import Vllm

ENGINES: Mapping[str, Engine] = {engine.name: engine for engine in (Vllm(), Ollama(), Tgi())}

__all__ = ["ENGINES", "HOME", "MODELS_MOUNT", "Engine", "Fetch", "Query", "Workload"]
