"""Output tokens per second of one replica at full load: a roofline of vLLM's steps, as an estimate with an interval.

A step makes one token for each sequence, and some steps read new prompts too. A step reads the weights once and the
cache of every sequence (memory), does two operations per active weight and token (compute), adds up the results of
the GPUs twice per layer (links), and waits for vLLM's own work. benchmarks/throughput.py compares the estimates with
published measurements.
"""

from dataclasses import dataclass

from infra.catalog import Gpu, ModelShape
from infra.engines.vllm.versions import PINNED, pages
from infra.sizing.blocks import request_bytes
from infra.sizing.estimates import Estimate, Fit, Throughput, span
from infra.sizing.question import Arguments, Sized
from infra.sizing.requests import MEAN_REQUEST, MeanRequest
from infra.sizing.weights import GIB


@dataclass(frozen=True)
class Pace:
    """The shares of the datasheet's figures that are reached in practice, and the seconds that it leaves out."""

    bandwidth: float
    compute: float
    link: float
    experts: float  # what is left of `compute` where the tokens of a step are spread over many experts
    step: float  # seconds of vLLM's own work per step: schedule, sample, hand over
    sequence: float  # seconds that each sequence adds to a step
    nvlink_sum: float  # seconds that the smallest all-reduce takes
    pcie_sum: float


# bandwidth: 60 to 85 % (open-source-ai.tech/glossary/model-bandwidth-utilization), 77 % measured on an A100
#   (johnmusgrave.com/p/vllm-throughput-latency-sweep-on).
# compute: 30 to 50 % in prefill (zeroentropy.dev/concepts/mfu); matrix products alone reach 70 % of the datasheet.
# link: 77 % of NVLink measured on 4 x H100 (codcompass.com/blog/crawl-5952ca70856fc2); PCIe goes through host memory.
# step: before vLLM 0.6, a small model on an H100 took 13 ms, 5 of them on the GPU; vLLM does most of the other work
#   beside the GPU's since then (blog.vllm.ai/2024/09/05/perf-update.html, 2025/01/27/v1-alpha-release.html).
LOW = Pace(0.60, 0.30, 0.3, 0.4, 8e-3, 40e-6, 30e-6, 80e-6)
MID = Pace(0.75, 0.45, 0.5, 0.6, 2.5e-3, 15e-6, 15e-6, 40e-6)
HIGH = Pace(0.85, 0.70, 0.77, 0.9, 1e-3, 5e-6, 8e-6, 20e-6)
NVLINK_FROM_GB_S = 100  # slower links are PCIe
ALL_REDUCES_PER_LAYER = 2


def of_replica(sized: Sized) -> Throughput:
    """The throughput with the arguments that the server is started with."""
    question = sized.question
    return throughput(
        question.shape, sized.gpu, sized.gpus, sized.arguments, sized.fit, quantization=question.quantization
    )


def throughput(
    shape: ModelShape | None,
    gpu: Gpu,
    gpus: int,
    arguments: Arguments,
    fit: Fit,
    *,
    request: MeanRequest = MEAN_REQUEST,
    quantization: str | None = None,
) -> Throughput:
    """The throughput of one replica on `gpus` GPUs (tensor parallelism), with as many requests as it takes at once."""
    missing = _missing(shape, gpu, gpus, fit)
    if missing is not None or shape is None or fit.kv_cache_gib is None:
        return Throughput(None, f"no estimate: {missing}")
    request = _within(request, arguments.max_model_len)
    held = _held(shape, gpus, arguments, request)
    if held is None:
        return Throughput(None, "no estimate: the cache per token isn't known")
    rates: list[float] = []
    batch = 0.0
    for gib, pace in ((fit.kv_cache_gib.low, LOW), (fit.kv_cache_gib.high, HIGH), (fit.kv_cache_gib.mid, MID)):
        batch = min(float(arguments.max_num_seqs), gib * GIB / held)
        if batch < 1:
            return Throughput(None, "no estimate: it isn't certain that the cache holds one request")
        step = _step_seconds(shape, gpu, gpus, arguments, fit, request, held, batch, quantization, pace)
        rates.append(batch / step)
    low, high, mid = rates
    interval = span(f"{low:,.0f}", f"{high:,.0f}")
    reason = (
        f"about {mid:,.0f} output tokens per second at full load ({interval}): {batch:,.0f} requests of"
        f" {request.prompt:,} + {request.output:,} tokens at once; a step reads {fit.weights_gib:.1f} GiB of weights"
        f" and {batch * held / GIB:.1f} of cache at {gpu.bandwidth_gb_s:,.0f} GB/s"
    )
    return Throughput(Estimate(low, mid, high), reason)


def _missing(shape: ModelShape | None, gpu: Gpu, gpus: int, fit: Fit) -> str | None:
    if shape is None or not (shape.layers and shape.hidden_size and shape.params_b):
        return "the model's shape isn't known"
    if shape.task != "chat" or fit.kv_cache_gib is None:
        return "this model generates no tokens"
    if shape.num_experts and not (shape.active_params_b and shape.experts_per_token):
        return "how many of its experts a token uses isn't known"
    if not (gpu.bandwidth_gb_s and gpu.bf16_tflops) or (gpus > 1 and not gpu.link_gb_s):
        return f"the speed of {gpu.name} isn't known"
    return None


def _within(request: MeanRequest, max_model_len: int) -> MeanRequest:
    """The mean request; where the context is shorter, one that fits it, in the same proportions."""
    share = min(1.0, max_model_len / (request.prompt + request.output))
    return MeanRequest(max(1, int(request.prompt * share)), max(1, int(request.output * share)))


def _held(shape: ModelShape, gpus: int, arguments: Arguments, request: MeanRequest) -> float | None:
    """Bytes of cache that a running request keeps on each GPU."""
    element = 1 if arguments.kv_cache_dtype.startswith("fp8") else 2
    length = round(request.mean_held)
    return request_bytes(
        shape, gpus, element, length, arguments.max_num_batched_tokens, pages(arguments.version or PINNED, shape)
    )


def _step_seconds(
    shape: ModelShape,
    gpu: Gpu,
    gpus: int,
    arguments: Arguments,
    fit: Fit,
    request: MeanRequest,
    held: float,
    batch: float,
    quantization: str | None,
    pace: Pace,
) -> float:
    """The mean over all steps: some only decode, and wait for memory; others also read a prompt, or a piece of one."""
    bandwidth = (gpu.bandwidth_gb_s or 0.0) * 1e9 * pace.bandwidth
    flops = _flops(shape, gpu, quantization) * pace.compute * (pace.experts if shape.num_experts else 1.0)
    pieces = max(1.0, request.prompt / arguments.max_num_batched_tokens)
    reading = min(1.0, batch / request.output * pieces)  # share of steps
    prompts = batch * request.prompt / request.output  # tokens per step, on average

    def linear(tokens: float) -> float:
        read = fit.weights_gib * GIB * _share_read(shape, tokens) / bandwidth
        return max(read, 2 * (shape.active_params_b or shape.params_b or 0.0) * 1e9 * tokens / gpus / flops)

    layers = (1 - reading) * linear(batch) + reading * linear(batch + prompts / reading)
    cache = batch * held / bandwidth
    attention = _attention_flops(shape, request) * batch / request.output / gpus / flops
    links = _all_reduce_seconds(shape, gpu, gpus, batch + prompts, pace)
    return layers + cache + attention + links + pace.step + batch * pace.sequence


def _flops(shape: ModelShape, gpu: Gpu, quantization: str | None) -> float:
    """FP8 and NVFP4 are multiplied in 8 bit where the GPU can; integer weights are widened to 16 bit first."""
    eight = (quantization or shape.dtype) in ("fp8", "nvfp4") and gpu.fp8 and gpu.fp8_tflops
    return (eight or gpu.bf16_tflops or 0.0) * 1e12


def _share_read(shape: ModelShape, tokens: float) -> float:
    """The share of the weights that a step reads: neither experts that no token uses, nor whole embedding tables."""
    whole = (shape.params_b or 0.0) * 1e9
    looked_up = 0.0
    if shape.tie_word_embeddings is False and shape.vocab_size and shape.hidden_size:
        looked_up = shape.vocab_size * shape.hidden_size
    skipped = 0.0
    if shape.num_experts and shape.experts_per_token and shape.active_params_b:
        chosen = shape.experts_per_token / shape.num_experts
        experts = (whole - shape.active_params_b * 1e9) / (1 - chosen)
        skipped = experts * (1 - chosen) ** tokens
    return (whole - looked_up - skipped) / whole


def _attention_flops(shape: ModelShape, request: MeanRequest) -> float:
    """Of one prompt: each token is multiplied with the keys and values of half of the prompt, on average."""
    width = (shape.attention_heads or 0) * (shape.head_size or 0)
    return 2 * 2 * (shape.layers or 0) * width * request.prompt**2 / 2


def _all_reduce_seconds(shape: ModelShape, gpu: Gpu, gpus: int, tokens: float, pace: Pace) -> float:
    """A ring of n GPUs sends 2 (n - 1) / n of the 16-bit hidden states; small sums take their latency alone."""
    if gpus == 1:
        return 0.0
    link = gpu.link_gb_s or 0.0
    sent = 2 * (gpus - 1) / gpus * tokens * (shape.hidden_size or 0) * 2
    latency = pace.nvlink_sum if link >= NVLINK_FROM_GB_S else pace.pcie_sum
    return ALL_REDUCES_PER_LAYER * (shape.layers or 0) * (latency + sent / (link * 1e9 * pace.link))
