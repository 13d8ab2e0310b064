"""What sizes a model. None means that nobody has seen the value; it is never guessed."""

from dataclasses import dataclass
from typing import Literal

from infra.catalog.kinds import SPEECH, OtherKind


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
    def kind(self) -> OtherKind | None:
        """The kind, of a model that isn't served; None: it is."""
        return SPEECH if self.modality == "audio" else None

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
