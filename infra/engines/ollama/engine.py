"""Ollama, on GPU and on CPU (image ollama/ollama, whose entrypoint is `ollama`)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from components.container import MODELS_MOUNT, Fetch
from infra.engines.engine import OPENAI, Engine, Limits, as_served
from infra.engines.model import EngineModel
from infra.engines.ollama.library import OllamaLibrary
from infra.engines.ollama.memory import size
from infra.engines.store import Store

# Beside OpenAI's (docs.ollama.com/api/openai-compatibility and anthropic-compatibility, read 2026-11): it keeps no
# responses, counts no tokens of messages, and has no tokenizer. It ranks nothing.
_MORE = {"chat": ("/v1/responses", "/v1/messages")}
# A blob is called sha256-DIGEST-partial and its parts sha256-DIGEST-partial-N until it is whole (server/download.go).
_STORE = Store("ollama", ("blobs", "manifests"), "*-partial*")
_KV_CACHE_TYPE = {"fp8": "q8_0"}
# `pull` and `cp` need a server, so the Job runs one for itself. The server logs to a file, because Pulumi shows the
# end of the container's log as the error.
_PULL = """\
set -eu
ollama serve >/tmp/serve.log 2>&1 &
server=$!
until ollama list >/dev/null 2>&1; do
  kill -0 "$server" 2>/dev/null || { cat /tmp/serve.log >&2; exit 1; }
  sleep 1
done
ollama pull "$MODEL"
ollama cp "$MODEL" "$SERVED_NAME"
"""


class Ollama(Engine):
    name = "ollama"
    title = "Ollama"
    port = 11434
    health_path = "/"
    metrics_path: str | None = None
    api_key_env: str | None = None
    drains = False  # SIGTERM closes its connections
    keep_alive_env: str | None = None  # Go's server without an idle timeout (server/routes.go)
    memory = staticmethod(size)
    library = OllamaLibrary()
    stores = (_STORE,)
    limits = Limits(
        cpu=True,
        takes_batch=False,
        truncates_prompts=True,
        no_arguments="ollama serve takes no arguments",
        refused_keys={
            "revision": "an Ollama tag is its own revision",
            "quantization": "an Ollama tag names its own quantization",
            "gpu_memory_utilization": "Ollama decides itself how much memory it uses",
            "rope_scaling": "an Ollama tag names its own positions",
            "cuda_graphs": "Ollama chooses its graphs itself",
            "max_num_batched_tokens": "Ollama's batch can't be set here",
            "max_num_seqs": "Ollama answers as many requests at once as `concurrency` says",
        },
    )

    def paths(self, task: str) -> Mapping[str, str]:
        return as_served(*OPENAI[task], *_MORE.get(task, ()))

    def args(self, model: EngineModel) -> tuple[str, ...]:
        return ("serve", *model.extra_args)

    def env(self, model: EngineModel) -> Mapping[str, str]:
        env = {
            **_store(model),
            "OLLAMA_HOST": f"0.0.0.0:{self.port}",
            "OLLAMA_CONTEXT_LENGTH": str(model.max_model_len),
            "OLLAMA_NUM_PARALLEL": str(model.max_num_seqs or 1),
            "OLLAMA_MAX_LOADED_MODELS": "1",
            "OLLAMA_KEEP_ALIVE": "-1",
            "OLLAMA_LOAD_TIMEOUT": f"{model.timeouts.startup_probe}s",
            "OLLAMA_NO_CLOUD": "1",
        }
        if model.kv_cache_dtype in _KV_CACHE_TYPE:  # a quantized cache needs flash attention
            env |= {"OLLAMA_KV_CACHE_TYPE": _KV_CACHE_TYPE[model.kv_cache_dtype], "OLLAMA_FLASH_ATTENTION": "1"}
        return env

    def startup_probe(self, model: EngineModel) -> Mapping[str, Any]:
        """Loads the model, so that the first request doesn't wait for it.

        One attempt may take as long as the load, because an attempt that is cut off begins again. An embedding model
        needs a text; a chat model loads without one.
        """
        prompt = "" if model.task == "chat" else "ready"
        return {
            "exec": {"command": ["ollama", "run", model.sent_as, prompt]},
            "timeoutSeconds": model.timeouts.startup_probe,
        }

    def downloads(self, words: Sequence[str], variables: Mapping[str, str]) -> tuple[str, str] | None:
        pulls = any("ollama pull" in each for each in words)
        return ("registry.ollama.ai", variables.get("MODEL", "")) if pulls else None

    def fetch(self, model: EngineModel) -> Fetch:
        """The served name is a copy of the tag's manifest, and so a second name for the same blobs."""
        return Fetch(
            command=("/bin/sh", "-c", _PULL),
            directory=_store(model)["OLLAMA_MODELS"],
            env={
                **_store(model),
                "OLLAMA_HOST": f"127.0.0.1:{self.port}",
                "MODEL": model.model,
                "SERVED_NAME": model.sent_as,
            },
            uses_hub_token=False,
        )


def _store(model: EngineModel) -> dict[str, str]:
    """One store per name and tag: a name could also be another model's tag, and old replicas keep their files."""
    tag = re.sub(r"[/:]", "-", model.model)
    return {"OLLAMA_MODELS": f"{MODELS_MOUNT}/{_STORE.folder}/{model.name}/{tag}", "OLLAMA_NOPRUNE": "1"}


ENGINE = Ollama()
