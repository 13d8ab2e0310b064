"""What the catalogue holds. None is what nobody has seen, never a guess. Memory in GiB (2^30), prices in US dollars."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from infra.catalog.ollama import Gguf, OllamaTags

HOME = "us-east-1"  # the region of the prices that no table gives another


@dataclass(frozen=True)
class Instance:
    """An EC2 instance type with GPUs."""

    name: str
    gpu: str  # a row of the GPU table
    gpus: int  # 0: a slice of one
    vcpus: int
    memory_gib: float
    nvme_gb: int  # decimal, as AWS states it; 0: none
    arch: Literal["x86_64", "arm64"]
    network_gbps: float  # baseline
    efa_interfaces: int
    ebs_mbps: int  # baseline; 0: not seen, of a type that is left out
    spot: bool
    capacity_block: bool
    usd_per_hour: float | None  # on demand, of `priced_by`
    unusable: str | None = None  # why it can't serve, whatever its price
    priced_by: str | None = HOME  # the region of its price; None: a table of the user's own
    spot_usd: tuple[float, float] | None = None  # dollars an hour in the region's cheapest and dearest zone

    @property
    def left_out(self) -> str | None:
        """Why the planner never chooses this type; None: it may."""
        return self.unusable or (None if self.usd_per_hour is not None else "no price seen")


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


@dataclass(frozen=True)
class ModelShape:
    """What sizes a model: the fields of its config.json."""

    id: str
    family: str
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
    full_attention_every: int | None = None
    kv_lora_rank: int | None = None
    qk_rope_head_dim: int | None = None
    num_experts: int | None = None
    experts_per_token: int | None = None
    index_head_dim: int | None = None  # of a sparse-attention indexer, which keeps a key of its own
    full_kv_layers: int | None = None
    swa_kv_layers: int | None = None
    global_kv_heads: int | None = None
    global_head_dim: int | None = None
    dtype: str | None = None  # of the repository's weights
    weights_gib: float | None = None  # of the repository's weight files, as published
    gated: bool | None = None

    @property
    def head_size(self) -> int | None:
        """Of one attention head; a config.json that doesn't say means the hidden size shared by the heads."""
        if self.head_dim is not None or self.hidden_size is None or self.attention_heads is None:
            return self.head_dim
        return self.hidden_size // self.attention_heads

    @property
    def left_out(self) -> str | None:
        """Why the planner can't size this model; None: it can."""
        if self.modality == "audio":
            return "speech: its encoder and the cache of its cross-attention are not sized here"
        missing = [name for name in self._needed if getattr(self, name) is None]
        return f"nobody has seen its {', '.join(missing)}" if missing else None

    @property
    def _needed(self) -> tuple[str, ...]:
        """The fields without which a term would be left out: of weights, of activations, of the cache."""
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


# Engines make these themselves of 16-bit weights; the others are how a repository's weights are stored.
AT_LOAD = ("fp8", "bitsandbytes")


@dataclass(frozen=True)
class Quantization:
    """How weights are stored."""

    name: str
    bytes_per_weight: float
    min_compute_capability: float
    keeps_16_bit: bool  # the embeddings and the output layer
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
class Chart:
    """A Helm chart, pinned."""

    name: str
    repo: str
    version: str
    app_version: str
    namespace: str


@dataclass(frozen=True)
class KubernetesVersion:
    """A Kubernetes minor that EKS offers."""

    version: str
    standard_support_until: str  # ISO date
    cluster_autoscaler: str  # image tag: the autoscaler's minor is the cluster's
    ami_release: str  # of EKS's Amazon Linux 2023, with and without NVIDIA's driver
    addons: Mapping[str, str]  # versions of EKS add-ons, by their name


@dataclass(frozen=True)
class CpuInstance:
    """An EC2 instance type without GPUs, for the system nodes."""

    name: str
    vcpus: int
    memory_gib: float
    usd_per_hour: float  # on demand, of `priced_by`
    arch: Literal["x86_64", "arm64"]
    priced_by: str | None = HOME  # the region of its price; None: a table of the user's own


@dataclass(frozen=True)
class RegionPrice:
    """An instance type in one region; None is what the source doesn't have."""

    usd_per_hour: float | None  # on demand
    spot_usd: tuple[float, float] | None  # in the cheapest and the dearest zone, at one moment


@dataclass(frozen=True)
class Prices:
    """Everything that isn't a GPU instance. us-east-1."""

    date: str
    gpu_date: str
    region_date: str  # of the prices of other regions, and of spot
    region: str
    eks_hour: float
    eks_extended_hour: float
    nat_hour: float
    public_ipv4_hour: float
    alb_hour: float
    gp3_gib_month: float
    gp3_iops_month: float  # over 3,000
    gp3_mibps_month: float  # over 125
    efs_gib_month: float
    kms_key_month: float
    flow_log_gib_month: float


@dataclass(frozen=True)
class Measured:
    """What others measured: the usual case, and what was seen on good and bad days."""

    value: float
    low: float
    high: float
    source: str
    date: str


@dataclass(frozen=True)
class Catalog:
    """Every fact that a plan needs, from files of this package alone."""

    instances: Mapping[str, Instance]
    gpus: Mapping[str, Gpu]
    models: Mapping[str, ModelShape]
    ollama: OllamaTags  # aliases included: `llama3.2` is `llama3.2:3b`
    gguf: Mapping[str, Gguf]
    quantizations: Mapping[str, Quantization]
    quantized_weights: Mapping[tuple[str, str], float]  # (model, quantization) -> GiB, where the sum would be wrong
    quantized_repositories: Mapping[tuple[str, str], str]  # (model, quantization) -> a repository that holds it
    tgi: Mapping[str, tuple[str, ...]]  # model type that the pinned TGI can serve -> models of that type
    engines: Mapping[str, Image]
    fetchers: Mapping[str, Image]
    charts: Mapping[str, Chart]
    kubernetes: Mapping[str, KubernetesVersion]
    read: date  # of the versions: a plan asks no clock
    cpu_instances: Mapping[str, CpuInstance]
    region_prices: Mapping[tuple[str, str], RegionPrice]  # (instance type, region)
    prices: Prices
    cold_start: Mapping[str, Measured]  # rows of cold_start.toml: seconds, or MiB/s
    zones: Mapping[str, Mapping[str, tuple[str, ...]]]  # instance type -> region -> zone ids that EKS serves
    regions: Mapping[str, tuple[str, ...]]  # region -> zone ids where some GPU type is offered

    region: str = HOME  # whose prices the instance types have, where they are known

    @property
    def kubernetes_versions(self) -> tuple[str, ...]:
        return tuple(self.kubernetes)

    def tgi_serves(self, model: str) -> bool:
        """TGI gets no new models, so one that isn't listed stays so."""
        return any(model in models for models in self.tgi.values())

    def zones_of(self, instance_type: str, region: str) -> tuple[str, ...]:
        """The zones of a region that offer an instance type."""
        return self.zones.get(instance_type, {}).get(region, ())
