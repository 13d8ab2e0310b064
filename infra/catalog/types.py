"""What the catalogue holds. None means that nobody has seen the value; it is never guessed. Memory is in GiB (2^30),
prices are in US dollars."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from infra.catalog.regions import continent

if TYPE_CHECKING:
    from infra.clouds.aws.facts import AwsFacts


@dataclass(frozen=True)
class Instance:
    """A type of GPU nodes that a cloud makes."""

    name: str
    gpu: str  # a row of the GPU table
    gpus: int  # 0: a slice of one
    vcpus: int
    memory_gib: float
    nvme_gb: int  # decimal; 0: none
    arch: Literal["x86_64", "arm64"]
    network_gbps: float | None  # baseline of the interface that a node has; None: not known
    pod_cpu: float  # cores and memory that a node leaves for pods, daemonsets already taken off
    pod_gib: float
    spot: bool
    usd_per_hour: float | None  # on demand, of `priced_by`
    priced_by: str | None  # the region of its price; None: a table of the user's own
    unusable: str | None = None  # why it can't serve, whatever its price
    # Dollars per hour on spot, in the region's cheapest and most expensive zone.
    spot_usd: tuple[float, float] | None = None

    @property
    def left_out(self) -> str | None:
        """Why the planner never chooses this type; None: it may."""
        return self.unusable or (None if self.usd_per_hour is not None else "no price seen")

    def hourly(self, capacity: Literal["on-demand", "spot"]) -> tuple[float, float]:
        """Dollars per hour, low and high. Spot is a range, never above the price on demand; where the spot price isn't
        known it is the price on demand."""
        on_demand = self.usd_per_hour or 0.0
        if capacity == "on-demand" or self.spot_usd is None:
            return on_demand, on_demand
        low, high = self.spot_usd
        return min(low, on_demand), min(high, on_demand)

    def hourly_of(self, kinds: Iterable[str]) -> tuple[float, float]:
        """The same over several kinds of nodes. A reservation costs what its type does on demand; a Capacity Block
        was paid before, so it counts only where there is nothing else, as 0."""
        prices = [self.hourly("spot" if kind == "spot" else "on-demand") for kind in kinds if kind != "block"]
        return min((low for low, _ in prices), default=0.0), max((high for _, high in prices), default=0.0)


@dataclass(frozen=True)
class Gpu:
    """A GPU."""

    name: str
    engine_gib: float | None  # what the engine sees, which is less than the card has
    bandwidth_gb_s: float | None
    bf16_tflops: float | None  # dense; in fp16 where there is no bf16
    fp8_tflops: float | None
    compute_capability: float | None
    bf16: bool
    fp8: bool  # in hardware; below, fp8 weights are widened as they are used
    source: str
    link_gb_s: float | None = None  # to another GPU of the node, each way
    slice: bool = False  # a part of a card: an engine runs on one, none spans two
    # Where servers share the memory of a card: all of it, which each engine sees, while `engine_gib` is what one may
    # use. None: an engine sees what it may use.
    seen_gib: float | None = None


@dataclass(frozen=True)
class MigProfile:
    """Equal slices that MIG cuts a card into."""

    gpu: str
    name: str
    slices: int  # of one card
    engine_gib: float  # what an engine sees of one
    source: str


@dataclass(frozen=True)
class ModelShape:
    """What sizes a model: the fields of its config.json."""

    id: str
    max_context: int
    modality: Literal["text", "vision", "audio", "embedding", "rerank"]
    source: str
    notes: str = ""
    params_b: float | None = None  # 1e9
    active_params_b: float | None = None
    layers: int | None = None
    hidden_size: int | None = None
    intermediate_size: int | None = None
    attention_heads: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    vocab_size: int | None = None
    tie_word_embeddings: bool | None = None
    attention: Literal["mha", "gqa", "mqa", "mla", "hybrid"] | None = None
    sliding_window: int | None = None
    kv_lora_rank: int | None = None
    qk_rope_head_dim: int | None = None
    num_experts: int | None = None
    experts_per_token: int | None = None
    index_head_dim: int | None = None  # of a sparse-attention indexer, which keeps another key
    full_kv_layers: int | None = None
    swa_kv_layers: int | None = None
    global_kv_heads: int | None = None
    global_head_dim: int | None = None
    architecture: str | None = None  # the class that config.json names
    model_type: str | None = None
    expert_size: int | None = None  # of one expert's hidden layer
    quantization_block: int | None = None  # rows and columns of the stored weights that share a scale
    custom_code: bool | None = None  # the repository brings code that the engine would have to run
    dtype: str | None = None  # of the repository's weights
    weights_gib: float | None = None  # of the repository's weight files, as published
    gated: bool | None = None
    weights_estimated: bool = False  # weights_gib is counted from the fields: the files say no size
    value_head_dim: int | None = None  # where a value isn't as long as a key
    state_layers: int | None = None  # that keep a state, of a hybrid; None: all that keep no tokens
    state_bytes: int | None = None  # of one layer's state, over all GPUs
    guessing_b: float | None = None  # 1e9 weights of the files that only speculation with the model's own layers loads
    rotary_bytes: int | None = None  # sines and cosines on each GPU; None: context x head size x 2
    revision: str | None = None  # the commit that these facts were read at
    private: bool | None = None  # only a token reads it
    # Sizes of smaller vectors that a request may ask for; empty: any size. None: config.json names none.
    vector_sizes: tuple[int, ...] | None = None

    @property
    def head_size(self) -> int | None:
        """The size of an attention head. A config.json without it means the hidden size divided by the heads."""
        if self.head_dim is not None or self.hidden_size is None or self.attention_heads is None:
            return self.head_dim
        return self.hidden_size // self.attention_heads

    @property
    def needs_token(self) -> bool | None:
        """Whether a download has to say who asks; None: nobody has looked."""
        return True if self.private else self.gated

    @property
    def left_out(self) -> str | None:
        """Why the planner can't size this model; None: it can."""
        if self.modality == "audio":
            return "speech: its encoder and the cache of its cross-attention are not sized here"
        missing = [name for name in self._needed if getattr(self, name) is None]
        return f"nobody has seen its {', '.join(missing)}" if missing else None

    @property
    def _needed(self) -> tuple[str, ...]:
        """The fields without which weights, activations or the cache couldn't be computed."""
        needed = ("params_b", "hidden_size", "vocab_size", "layers", "attention", "attention_heads")
        if self.attention == "mla" or self.kv_lora_rank is not None:
            return (*needed, "kv_lora_rank", "qk_rope_head_dim")
        if self.attention == "hybrid":
            needed = (*needed, "full_kv_layers")
        if self.swa_kv_layers:
            needed = (*needed, "sliding_window")
        if self.num_experts is not None:
            needed = (*needed, "experts_per_token")
        return (*needed, "kv_heads", "head_size")

    @property
    def task(self) -> Literal["chat", "embed", "rerank"]:
        if self.modality == "embedding":
            return "embed"
        return "rerank" if self.modality == "rerank" else "chat"


# Engines make these themselves of 16-bit weights as they load them; in all others a repository's weights are stored.
AT_LOAD = ("fp8", "bitsandbytes")


@dataclass(frozen=True)
class Quantization:
    """A way to store weights."""

    name: str
    bytes_per_weight: float
    min_compute_capability: float
    keeps_16_bit: bool  # the embeddings and the output layer
    source: str


@dataclass(frozen=True)
class RopeFamily:
    """The positions of models for which a longer context is documented."""

    original: int  # tokens that they were trained for
    theta: float
    factor: float  # the largest that is documented
    source: str


@dataclass(frozen=True)
class Image:
    """What a container runs, pinned."""

    name: str
    version: str
    image: str
    image_gib: float  # as pulled, compressed
    unpacked_gib: float  # on the node's disk
    source: str


@dataclass(frozen=True)
class ChartPin:
    """A Helm chart, pinned."""

    name: str
    repo: str
    version: str
    app_version: str
    namespace: str


@dataclass(frozen=True)
class KubernetesVersion:
    """A Kubernetes minor."""

    version: str
    cluster_autoscaler: str  # image tag: the autoscaler's minor is the cluster's


@dataclass(frozen=True)
class Measured:
    """What others measured: the usual value, and the lowest and highest that were seen."""

    value: float
    low: float
    high: float
    source: str
    date: str


@dataclass(frozen=True, eq=False)  # so that it can be the key of a cache: a catalogue is equal to itself alone
class Catalog:
    """Every fact that a plan needs, from files of this package alone."""

    instances: Mapping[str, Instance]
    gpus: Mapping[str, Gpu]
    mig: Mapping[str, Mapping[str, MigProfile]]  # by card and profile
    models: Mapping[str, ModelShape]
    tags: Mapping[str, ModelShape]  # of an engine's own library, as the lock has them
    quantizations: Mapping[str, Quantization]
    quantized_weights: Mapping[tuple[str, str], float]  # (model, quantization) -> GiB, where the sum would be wrong
    quantized_repositories: Mapping[tuple[str, str], str]  # (model, quantization) -> a repository that holds it
    rope: Mapping[tuple[str, int], RopeFamily]  # (model type, context) -> how its positions can be stretched
    engines: Mapping[str, Image]
    cuda_drivers: Mapping[str, int]  # major version of CUDA -> the oldest branch of NVIDIA's driver that runs it
    fetchers: Mapping[str, Image]
    proxies: Mapping[str, Image]
    charts: Mapping[str, ChartPin]
    kubernetes: Mapping[str, KubernetesVersion]
    read: date  # of the versions: a plan asks no clock
    cold_start: Mapping[str, Measured]  # rows of cold_start.toml: seconds, or MiB/s
    zones: Mapping[str, Mapping[str, tuple[str, ...]]]  # instance type -> region -> zone ids where nodes can be
    regions: Mapping[str, tuple[str, ...]]  # region -> zone ids where some GPU type is offered
    other_regions: tuple[str, ...]  # that exist, and of which no instance type is known
    region: str  # whose prices the instance types have, where they are known
    aws: AwsFacts  # what only AWS has

    @property
    def kubernetes_versions(self) -> tuple[str, ...]:
        return tuple(self.kubernetes)

    @property
    def default_kubernetes_version(self) -> str:
        """Of a new cluster: the newest that the autoscaler's chart is made for, whose app is of one minor version."""
        minor = _numbers(self.charts["cluster-autoscaler"].app_version)[:2]
        return max((each for each in self.kubernetes if _numbers(each) <= minor), key=_numbers)

    def near(self, region: str) -> list[str]:
        """The regions on the same continent; every region where there is none."""
        return [each for each in self.regions if continent(each) == continent(region)] or [*self.regions]

    def zones_of(self, instance_type: str, region: str) -> tuple[str, ...]:
        """The zones of a region that offer an instance type."""
        return self.zones.get(instance_type, {}).get(region, ())

    def regions_of(self, instance_type: str, here: str = "", beside: Collection[str] = ()) -> tuple[str, ...]:
        """The regions of which a zone offers an instance type: those on the continent of `here` first, and of these the
        regions that also offer every type of `beside`."""

        def order(region: str) -> tuple[bool, bool, str]:
            whole = all(self.zones_of(each, region) for each in beside)
            return continent(region) != continent(here), not whole, region

        return tuple(sorted((each for each in self.regions if self.zones_of(instance_type, each)), key=order))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
