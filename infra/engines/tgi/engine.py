"""Text Generation Inference (arguments of text-generation-launcher 3.0 to 3.3; in maintenance mode).

From 3.1.1 on, its images keep Python under /root, which only root may read
(huggingface/text-generation-inference#3082): 3.1.0 is the last that runs as another user.
"""

from collections.abc import Iterator, Mapping

from components.container import HOME, Query
from infra.catalog import Catalog, ModelShape
from infra.catalog.metrics import Exporter, exporters
from infra.engines.engine import Engine, Limits
from infra.engines.hub import weights_path
from infra.engines.model import EngineModel, ModelSection, Refusal
from infra.engines.tgi.flags import REFUSED
from infra.engines.tgi.memory import size
from infra.engines.tgi.models import served, serves
from infra.engines.tgi.prefill import DEFAULT_FRACTION
from infra.sizing.question import Question, Sized

_DTYPE = {"bf16": "bfloat16", "fp16": "float16"}
_KV_CACHE_DTYPE = {"fp8": "fp8_e4m3fn"}
# Requests that may be with a server, those that wait included: it refuses others with 429 (tag v3.1.0:
# max_concurrent_requests in launcher/src/main.rs, and try_acquire_owned in router/src/infer/mod.rs; read 2026-11). As
# many wait as it answers at once.
DEFAULT_WITH_IT, WITH_IT = 128, 2


class Tgi(Engine):
    name = "tgi"
    title = "TGI"
    port = 8080  # the image's 80 needs root
    health_path = "/health"
    metrics_path: str | None = "/metrics"
    api_key_env: str | None = "API_KEY"
    output_token_metric: str | None = "tgi_request_mean_time_per_token_duration"
    waiting_metric: str | None = "tgi_queue_size"
    running_metric: str | None = "tgi_batch_current_size"
    drains = False  # up to 3.1 it gives them 90 seconds, and no argument changes that
    keep_alive_env: str | None = None  # axum's server has no idle timeout
    flags: Mapping[str, str] = {
        "max_model_len": "--max-total-tokens",
        "max_num_seqs": "--max-batch-size",
        "max_num_batched_tokens": "--max-batch-prefill-tokens",
        "utilization": "--cuda-memory-fraction",
        "gpus": "--num-shard",
    }
    # Its paths are OpenAI's alone (router/src/server.rs of 3.1.0); a tokenizer's request there names no model.
    limits = Limits(
        quantizes_at_load=("fp8", "bitsandbytes"),
        refused_arguments=REFUSED,
        refused_keys={
            "rope_scaling": "TGI stretches positions in its own ways, which nobody has sized",
            "cuda_graphs": "the sizes of TGI's graphs can't be set here",
        },
    )

    memory = staticmethod(size)

    @property
    def exported(self) -> Exporter:
        return exporters()[self.name]

    def default_utilization(self, question: Question) -> float | None:
        return DEFAULT_FRACTION

    def utilization_reason(self, sized: Sized) -> str:
        share = sized.arguments.utilization
        return f"{share} of the GPU's memory; TGI leaves 7 % of that free for its CUDA graphs"

    def asked(self, question: Question) -> str:
        return f"TGI, --cuda-memory-fraction {question.utilization or DEFAULT_FRACTION}"

    def started(self, sized: Sized) -> str:
        share = f"--cuda-memory-fraction {sized.arguments.utilization}"
        return f"TGI, {share}, --max-batch-prefill-tokens {sized.arguments.max_num_batched_tokens}"

    def refuse(self, model: ModelSection, shape: ModelShape | None, catalog: Catalog) -> Iterator[Refusal]:
        """TGI gets no new models. An architecture without a type is accepted: nobody can know whether TGI serves it."""
        name = model.like or model.model
        model_type = shape.model_type if shape is not None else None
        known = serves(name) or name not in catalog.models
        if model.architecture is not None:
            name, known = f"model_type {model_type}", model_type is None or model_type in served()
        elif model_type is not None:
            known = serves(name) or model_type in served()
        if not known:
            got = f"TGI {catalog.engines[self.name].version} can't serve {name}, and gets no new models"
            yield Refusal("engine", got, "write engine: vllm", ("model", "like", "architecture"))
        elif not model.acknowledge_maintenance_mode:
            got = "TGI is in maintenance mode: it gets no new models or features"
            write = "write engine: vllm, or acknowledgeMaintenanceMode: true beside it"
            yield Refusal("engine", got, write, ("acknowledgeMaintenanceMode",))

    def args(self, model: EngineModel) -> tuple[str, ...]:
        args = [
            *("--model-id", weights_path(model.model, model.revision)),
            *("--hostname", "0.0.0.0"),  # else it reads HOSTNAME, which is the pod's name
            *("--port", str(self.port)),
            *("--num-shard", str(max(model.gpus, 1))),
            *("--max-total-tokens", str(model.max_model_len)),
            *("--max-input-tokens", str(model.max_model_len - 1)),
            *("--usage-stats", "off"),
            "--json-output",
        ]
        if model.quantization is not None:
            args += ["--quantize", model.quantization]
        elif model.dtype in _DTYPE:  # the launcher refuses both
            args += ["--dtype", _DTYPE[model.dtype]]
        if model.kv_cache_dtype in _KV_CACHE_DTYPE:
            args += ["--kv-cache-dtype", _KV_CACHE_DTYPE[model.kv_cache_dtype]]
        if model.utilization is not None:
            args += ["--cuda-memory-fraction", str(model.utilization)]
        if model.max_num_seqs is not None:
            args += ["--max-batch-size", str(model.max_num_seqs)]
            if WITH_IT * model.max_num_seqs > DEFAULT_WITH_IT:
                args += ["--max-concurrent-requests", str(WITH_IT * model.max_num_seqs)]
        if model.max_num_batched_tokens is not None:
            args += ["--max-batch-prefill-tokens", str(model.max_num_batched_tokens)]
        return (*args, *model.extra_args)

    def env(self, model: EngineModel) -> Mapping[str, str]:
        return {
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": f"{HOME}/.cache/huggingface",  # the image's /data isn't writable
            # Else its launcher writes all of its arguments into the log, and the key among them (main.rs of 3.1.0).
            "LOG_LEVEL": "info,text_generation_launcher=warn",
        }

    def queries(self, namespace: str, name: str, server: str | None = None) -> tuple[Query, ...]:
        # TGI's metrics don't name the model; Prometheus adds the Service that it scraped.
        labels = f'{{namespace="{namespace}",service="{server or name}"}}'
        return (
            Query("waiting", f"sum({self.waiting_metric}{labels})"),
            Query("running", f"sum({self.running_metric}{labels})"),
            Query("servers", f"count({self.running_metric}{labels})"),
        )


ENGINE = Tgi()
