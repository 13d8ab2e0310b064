"""How fast a replica is: time to the first token, time per token and tokens per second at a number of requests, each
as an estimate with an interval.

paces.py has the constants, steps.py the time of a step, clients.py what clients see. benchmarks/speed.py compares with
whole servers and with a model of measured kernels, benchmarks/throughput.py with published measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from infra.catalog import Gpu, ModelShape
from infra.engines.vllm.clients import seen
from infra.engines.vllm.paces import Pace, Reach, measured, paces, reaches
from infra.engines.vllm.steps import Server, Step, largest_graph
from infra.engines.vllm.versions import PINNED, pages
from infra.sizing.blocks import request_bytes
from infra.sizing.estimates import Estimate, Fit, Speed, Throughput, span
from infra.sizing.question import Arguments, Sized, Version
from infra.sizing.requests import CONCURRENCIES, MEAN_REQUEST, MeanRequest
from infra.sizing.weights import GIB

PROPOSED = "what proposed tokens gain isn't in it"


@dataclass(frozen=True)
class Replica:
    """A server, and the requests for which it has places: at the low end, in the middle and at the high end."""

    server: Server
    request: MeanRequest
    arguments: Arguments
    held: float  # bytes of cache that a running request keeps on each GPU
    places: Estimate

    def full(self) -> Speed:
        """With as many requests as have a place, at each end of the interval."""
        return self._speed(int(self.places.mid), self._ends)

    def speed(self, clients: int) -> Speed:
        return self._speed(clients, (clients,) * len(self._ends))

    def step_seconds(self, decoding: int, prompts: int, tokens: int, *, length: float, prompt: float) -> float:
        server = replace(self.server, length=length, prompt=round(prompt))
        return server.seconds(Step(decoding, prompts, tokens), self._paces[1])

    def beside_steps(self, running: int, step: float) -> float:
        """HTTP and text outside the engine, and the steps that are prepared before a prompt's own."""
        pace = self._paces[1]
        return pace.seconds.front + running * pace.seconds.front_stream + pace.gates * step

    def _speed(self, said: int, clients: Sequence[float]) -> Speed:
        batch = self.arguments.max_num_batched_tokens
        rates, waits = reaches(self.server.gpu, self._version)
        found = [
            seen(self.server, self.request, batch, pace, number, places)
            for pace, number, places in zip(self._paces, clients, self._ends, strict=True)
        ]
        middle = found[1]
        return Speed(
            said,
            middle.running,
            _around(middle.tokens_per_second, [each.tokens_per_second for each in found], rates),
            _around(middle.first_token, [each.first_token for each in found], waits),
            _around(middle.next_token, [each.next_token for each in found], rates),
        )

    @property
    def _version(self) -> Version:
        return self.arguments.version or PINNED

    @cached_property
    def _paces(self) -> tuple[Pace, Pace, Pace]:
        return paces(self.server.gpu, self.server.gpus, self._version)

    @property
    def _ends(self) -> tuple[float, float, float]:
        return self.places.low, self.places.mid, self.places.high


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
    """The throughput of one replica on `gpus` GPUs (tensor parallelism)."""
    made = replica(shape, gpu, gpus, arguments, fit, request=request, quantization=quantization)
    if isinstance(made, str):
        return Throughput(None, f"no estimate: {made}")
    full = made.full()
    left_out = PROPOSED if arguments.draft else ""
    return Throughput(full, _reason(full, made), tuple(map(made.speed, CONCURRENCIES)), made.request, left_out, made)


def replica(
    shape: ModelShape | None,
    gpu: Gpu,
    gpus: int,
    arguments: Arguments,
    fit: Fit,
    *,
    request: MeanRequest = MEAN_REQUEST,
    quantization: str | None = None,
    places: float | None = None,
) -> Replica | str:
    """With as many places as the cache and max-num-seqs leave, unless they are given; or why there is no estimate."""
    missing = _missing(shape, gpu, gpus, fit)
    if missing is not None or shape is None or fit.kv_cache_gib is None:
        return missing or ""
    request = _within(request, arguments.max_model_len)
    held = _held(shape, gpus, arguments, request)
    if held is None:
        return "the cache per token isn't known"
    if places is None and fit.kv_cache_gib.low * GIB < held:
        return "it isn't certain that the cache holds one request"
    found = _places(gpu, arguments, fit.kv_cache_gib, held) if places is None else Estimate(places, places, places)
    return Replica(_server(shape, gpu, gpus, arguments, fit, request, quantization), request, arguments, held, found)


def _server(
    shape: ModelShape,
    gpu: Gpu,
    gpus: int,
    arguments: Arguments,
    fit: Fit,
    request: MeanRequest,
    quantization: str | None,
) -> Server:
    return Server(
        shape,
        gpu,
        gpus,
        weights_gib=fit.weights_gib,
        method=quantization or shape.dtype,
        cache_bytes=_element(arguments),
        pages=pages(arguments.version or PINNED, shape),
        prompt=request.prompt,
        length=request.mean_held,
        largest_graph=largest_graph(shape, arguments.max_num_seqs),
    )


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


def _element(arguments: Arguments) -> int:
    return 1 if arguments.kv_cache_dtype.startswith("fp8") else 2


def _held(shape: ModelShape, gpus: int, arguments: Arguments, request: MeanRequest) -> float | None:
    """Bytes of cache that a running request keeps on each GPU."""
    length, kept = round(request.mean_held), pages(arguments.version or PINNED, shape)
    return request_bytes(shape, gpus, _element(arguments), length, arguments.max_num_batched_tokens, kept)


def _places(gpu: Gpu, arguments: Arguments, cache: Estimate, held: float) -> Estimate:
    """Where servers were measured, the cache was within 1 % of its middle."""
    if measured(gpu, arguments.version or PINNED):
        cache = Estimate(cache.mid, cache.mid, cache.mid)
    seqs = float(arguments.max_num_seqs)
    return Estimate(*(min(seqs, gib * GIB / held) for gib in (cache.low, cache.mid, cache.high)))


def _around(middle: float, ends: Sequence[float], reach: Reach) -> Estimate:
    """A fast server with places for more requests can be slower for each of them."""
    low, high = min(middle, *ends), max(middle, *ends)
    return Estimate(max(low, middle / reach.below), middle, min(high, middle * reach.above))


def _reason(full: Speed, made: Replica) -> str:
    rate, server = full.tokens_per_second, made.server
    interval = span(f"{rate.low:,.0f}", f"{rate.high:,.0f}")
    return (
        f"about {rate.mid:,.0f} output tokens per second at full load ({interval}): {full.concurrency:,} requests of"
        f" {made.request.prompt:,} + {made.request.output:,} tokens at once; a step reads"
        f" {server.weights_gib:.1f} GiB of weights and {full.running * made.held / GIB:.1f} of cache at"
        f" {server.gpu.bandwidth_gb_s:,.0f} GB/s"
    )
