"""The time of one step of vLLM: what each GPU reads, computes and sends for the sequences and prompts in it."""

import math
from dataclasses import dataclass
from functools import cached_property

from infra.catalog import Gpu, ModelShape
from infra.engines.vllm.paces import Pace
from infra.sizing.blocks import STATE_TOKENS
from infra.sizing.kv_cache import Pages, kv_bytes_per_token, layers_of
from infra.sizing.weights import GIB

HALF_BYTES, LOGIT_BYTES = 2, 4
LOGIT_PASSES = 8  # times that a sampler reads or writes the logits of a sequence
ALL_REDUCES_PER_LAYER = 2
APART = ("nemotron_h",)  # feed-forwards are separate layers, about as many as the others
# Values per token that a layer's small kernels read and write: two norms with their sums, rotary positions, the cache;
# and the feed-forward's activation.
SMALL, ACTIVATED = 11, 3  # times the hidden size, times the feed-forward size


# Tokens of the largest step for which a CUDA graph is captured: at most twice max-num-seqs (vllm/config/vllm.py), or
# what a model sets (vllm/model_executor/models/config.py).
LARGEST_GRAPH, LARGER_GRAPHS = 512, {"gpt_oss": 1024}


def largest_graph(shape: ModelShape, seqs: int) -> int:
    return LARGER_GRAPHS.get(shape.model_type or "", min(2 * seqs, LARGEST_GRAPH))


@dataclass(frozen=True)
class Step:
    """What is in a step."""

    decoding: float  # sequences that get their next token
    prompts: float = 0.0  # that are read, in whole or in part
    tokens: float = 0.0  # of these prompts


@dataclass(frozen=True)
class Server:
    """A model on its GPUs, as far as the time of a step depends on it. Sizes are per GPU."""

    shape: ModelShape
    gpu: Gpu
    gpus: int
    weights_gib: float
    method: str | None  # quantization, or the repository's dtype
    cache_bytes: int  # of an element of the cache
    pages: Pages
    prompt: int  # tokens of a mean request
    length: float  # tokens that a mean running request keeps
    largest_graph: int  # tokens of a step

    def seconds(self, step: Step, pace: Pace) -> float:
        """Of the GPU and the CPU together."""
        gpu = max(self._gpu_seconds(step, pace) * pace.whole, self._reads(step))
        if step.decoding + step.tokens > self.largest_graph:
            gpu = max(gpu, self._launch(pace))
        host = pace.seconds.host + pace.seconds.host_sequence * (step.decoding + step.prompts)
        return max(gpu, host) if pace.hidden else gpu + host

    def _reads(self, step: Step) -> float:
        """What each step reads, at the whole bandwidth of the datasheet: no end of an interval is faster."""
        read = self._body_bytes - self._expert_bytes + self._table * HALF_BYTES / self.gpus
        return (read + step.decoding * self._read_bytes) / self._bandwidth

    def _launch(self, pace: Pace) -> float:
        """Of a step without a CUDA graph, in which the CPU starts each kernel."""
        if not self.shape.num_experts:
            return self._layers * pace.seconds.launch
        packed = self.method == "mxfp4"
        return self._layers * (pace.seconds.launch_packed if packed else pace.seconds.launch_experts)

    def _gpu_seconds(self, step: Step, pace: Pace) -> float:
        rows, sampled = step.decoding + step.tokens, step.decoding + step.prompts
        products = self._dense(rows, pace) + self._experts(rows, pace) + self._output(sampled, pace)
        attention = self._cache(step.decoding, pace) + self._attention(step.tokens, pace)
        return products + attention + self._small(rows, sampled, pace) + self._fixed(pace) + self._sums(rows, pace)

    def _dense(self, rows: float, pace: Pace) -> float:
        """Weights are read once per step, and multiplied with each token: the longer of both, and some of the other."""
        flops = self._half * pace.shares.half
        if self._eight_bit:
            flops = (self.gpu.fp8_tflops or 0.0) * 1e12 * pace.shares.eight
        read = (self._body_bytes - self._expert_bytes) / (self._bandwidth * pace.shares.weights)
        return math.hypot(read, 2 * self._dense_weights * rows / self.gpus / flops)

    def _experts(self, rows: float, pace: Pace) -> float:
        """An expert that no token of the step uses isn't read. The more alike the tokens choose, the fewer are."""
        if not self._expert_weights:
            return 0.0
        share = pace.shares.packed if self.method == "mxfp4" else pace.shares.weights
        read = (
            self._expert_bytes * (1 - (1 - self._chosen) ** max(1.0, rows * pace.choices)) / (self._bandwidth * share)
        )
        flops = self._half * pace.shares.experts
        return math.hypot(read, 2 * self._expert_weights * self._chosen * rows / self.gpus / flops)

    def _output(self, sampled: float, pace: Pace) -> float:
        """The output layer is in 16 bit, and works for the last token of a prompt alone."""
        read = self._table * HALF_BYTES / self.gpus / (self._bandwidth * pace.shares.weights)
        return math.hypot(read, 2 * self._table * sampled / self.gpus / (self._half * pace.shares.half))

    def _cache(self, decoding: float, pace: Pace) -> float:
        share = pace.shares.cache_8_bit if self.cache_bytes == 1 else pace.shares.cache
        return decoding * self._read_bytes / (self._bandwidth * share)

    def _attention(self, tokens: float, pace: Pace) -> float:
        """A prompt's tokens are multiplied with the keys and values of half of it on average; in layers with a window
        with those of the window. What a linear layer does is as small as its state."""
        shape, layers = self.shape, layers_of(self.shape, self.pages)
        width = (shape.attention_heads or 0) * (shape.head_size or 0)
        seen = layers.full * self.prompt / 2 + layers.windowed * min(self.prompt / 2, shape.sliding_window or 0)
        return 2 * 2 * width * seen * tokens / self.gpus / (self._half * pace.shares.attention)

    def _small(self, rows: float, sampled: float, pace: Pace) -> float:
        """Kernels between the products, and the sampler: they read and write, and hardly compute."""
        logits = sampled * (self.shape.vocab_size or 0) * LOGIT_BYTES * LOGIT_PASSES
        return (rows * self._small_bytes + logits) / (self._bandwidth * pace.shares.weights)

    def _fixed(self, pace: Pace) -> float:
        seconds, shape = pace.seconds, self.shape
        layer = seconds.layer
        layer += seconds.expert_layer if shape.num_experts else 0.0
        layer += seconds.packed_layer if shape.num_experts and self.method == "mxfp4" else 0.0
        layer += seconds.latent_layer if shape.kv_lora_rank is not None else 0.0
        layer += seconds.quantized_layer if self._eight_bit else 0.0
        return self._layers * layer

    def _sums(self, rows: float, pace: Pace) -> float:
        """A ring of n GPUs sends 2 (n - 1) / n of the 16-bit hidden states, twice per layer."""
        if self.gpus == 1:
            return 0.0
        sent = 2 * (self.gpus - 1) / self.gpus * rows * (self.shape.hidden_size or 0) * HALF_BYTES
        one = pace.seconds.all_reduce + sent / ((self.gpu.link_gb_s or 0.0) * 1e9 * pace.shares.link)
        return ALL_REDUCES_PER_LAYER * self._layers * one

    @cached_property
    def _layers(self) -> float:
        """Pairs of attention, or of what stands for it, and feed-forward."""
        return (self.shape.layers or 0) / (2 if self._apart else 1)

    @cached_property
    def _apart(self) -> bool:
        return self.shape.model_type in APART

    @cached_property
    def _bandwidth(self) -> float:
        return (self.gpu.bandwidth_gb_s or 0.0) * 1e9

    @cached_property
    def _half(self) -> float:
        return (self.gpu.bf16_tflops or 0.0) * 1e12

    @cached_property
    def _eight_bit(self) -> bool:
        """FP8 and NVFP4 are multiplied in 8 bit where the GPU can; integer weights are widened to 16 bit first."""
        return bool(self.method in ("fp8", "nvfp4") and self.gpu.fp8 and self.gpu.fp8_tflops)

    @cached_property
    def _table(self) -> float:
        """Weights of the output layer; those of the embedding are as many, or the same."""
        return float((self.shape.vocab_size or 0) * (self.shape.hidden_size or 0))

    @cached_property
    def _tables(self) -> float:
        return self._table * (2 if self.shape.tie_word_embeddings is False else 1)

    @cached_property
    def _whole(self) -> float:
        return (self.shape.params_b or 0.0) * 1e9

    @cached_property
    def _chosen(self) -> float:
        """The share of the experts that a token uses."""
        return (self.shape.experts_per_token or 0) / self.shape.num_experts if self.shape.num_experts else 0.0

    @cached_property
    def _expert_weights(self) -> float:
        """Of all experts: counted by their size, or what makes the difference between all weights and the active."""
        shape = self.shape
        if not (shape.num_experts and shape.active_params_b):
            return 0.0
        counted = (shape.layers or 0) * shape.num_experts * 3 * (shape.hidden_size or 0) * (shape.expert_size or 0)
        if 0 < counted < self._whole:
            return float(counted)
        return (self._whole - shape.active_params_b * 1e9) / (1 - self._chosen)

    @cached_property
    def _dense_weights(self) -> float:
        """Those that each token is multiplied with, without the tables."""
        return max(0.0, self._whole - self._tables - self._expert_weights)

    @cached_property
    def _body_bytes(self) -> float:
        return max(0.0, self.weights_gib * GIB - self._tables * HALF_BYTES / self.gpus)

    @cached_property
    def _expert_bytes(self) -> float:
        """In mxfp4 repositories the experts alone are quantized."""
        if self.method == "mxfp4":
            return max(0.0, self._body_bytes - self._dense_weights * HALF_BYTES / self.gpus)
        every = self._expert_weights + self._dense_weights
        return self._body_bytes * self._expert_weights / every if every else 0.0

    @cached_property
    def _read_bytes(self) -> float:
        """Of the cache, for a sequence. A state is read and written."""
        shape, layers = self.shape, layers_of(self.shape, self.pages)
        full = kv_bytes_per_token(shape, self.gpus, self.cache_bytes, self.pages) or 0.0
        window = 0.0
        if layers.windowed:
            window = kv_bytes_per_token(shape, self.gpus, self.cache_bytes, self.pages, windowed=True) or 0.0
        state = STATE_TOKENS * full / layers.full if layers.full else 0.0
        state = shape.state_bytes / self.gpus if shape.state_bytes is not None else state
        return full * self.length + window * min(self.length, shape.sliding_window or 0) + 2 * self._states * state

    @cached_property
    def _states(self) -> float:
        """Layers that keep a state."""
        shape = self.shape
        counted = layers_of(shape, self.pages).states
        return counted / 2 if self._apart and shape.state_layers is None else counted

    @cached_property
    def _small_bytes(self) -> float:
        shape = self.shape
        inner = shape.intermediate_size or 4 * (shape.hidden_size or 0)
        if shape.num_experts:
            inner = (shape.expert_size or inner) * (shape.experts_per_token or 0)
        values = SMALL * (shape.hidden_size or 0) + ACTIVATED * inner / self.gpus
        return self._layers * values * HALF_BYTES
