"""`architecture`: the shape of a model that the catalogue doesn't know, given as fields of its config.json."""

import json
import math
from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from infra.project import UnreadableFile, read_text


class Architecture(BaseModel):
    """A decoder with gated feed-forward layers, or with experts. Other fields of config.json don't change its size."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    hidden_size: PositiveInt
    intermediate_size: PositiveInt
    num_hidden_layers: PositiveInt
    num_attention_heads: PositiveInt
    num_key_value_heads: PositiveInt | None = None
    head_dim: PositiveInt | None = None
    vocab_size: PositiveInt
    max_position_embeddings: PositiveInt
    sliding_window: PositiveInt | None = None
    tie_word_embeddings: bool = False
    torch_dtype: str | None = None
    model_type: str | None = None
    architectures: tuple[str, ...] | None = None
    num_experts: PositiveInt | None = Field(
        default=None, validation_alias=AliasChoices("num_experts", "num_local_experts")
    )
    num_experts_per_tok: PositiveInt | None = None
    moe_intermediate_size: PositiveInt | None = None  # of one expert; intermediate_size where absent


# Fields of models whose size isn't the sum of a decoder's layers.
_NOT_SIZED: Mapping[str, str] = {
    "text_config": "a model of text and images is not sized from its config.json",
    "is_encoder_decoder": "an encoder with a decoder is not sized from its config.json",
    "kv_lora_rank": "latent attention (MLA) is not sized from a config.json",
    "n_routed_experts": "experts together with dense layers are not sized from a config.json",
    "shared_expert_intermediate_size": "shared experts are not sized from a config.json",
    "linear_num_key_heads": "linear attention is not sized from a config.json",
    "mamba_num_heads": "state-space layers are not sized from a config.json",
}


class BadArchitecture(Exception):
    """Every mistake: (field or "", what was got)."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


def read_architecture(given: Mapping[str, Any] | str) -> Architecture:
    """The fields themselves, or the path of a config.json relative to the project's folder. Raises BadArchitecture."""
    text = _text(given) if isinstance(given, str) else json.dumps(given)
    not_sized = _not_sized(text)
    if not_sized:
        raise BadArchitecture(not_sized)
    try:
        architecture = Architecture.model_validate_json(text)
    except ValidationError as error:
        found = [(".".join(map(str, each["loc"])), _got(each["type"], each["input"])) for each in error.errors()]
        raise BadArchitecture(found) from None
    mistakes = _contradictions(architecture)
    if mistakes:
        raise BadArchitecture(mistakes)
    return architecture


def _not_sized(text: str) -> list[tuple[str, str]]:
    try:
        fields = json.loads(text)
    except ValueError:
        return []  # validation reports it
    if not isinstance(fields, dict):
        return []
    return [
        (name, f"{why}; like: a known model of the same shape is")
        for name, why in _NOT_SIZED.items()
        if fields.get(name)
    ]


def _text(path: str) -> str:
    try:
        return read_text(path)
    except UnreadableFile as unreadable:
        raise BadArchitecture([("", str(unreadable))]) from None


def _got(kind: str, value: Any) -> str:
    if kind == "missing":
        return "missing"
    return "not JSON" if kind == "json_invalid" else f"got {json.dumps(value)}"


def _contradictions(given: Architecture) -> list[tuple[str, str]]:
    mistakes = []
    heads, kv_heads = given.num_attention_heads, given.num_key_value_heads
    if kv_heads is not None and heads % kv_heads:
        mistakes.append(("num_key_value_heads", f"{kv_heads} key-value heads can't be shared by {heads} heads"))
    if given.head_dim is None and given.hidden_size % heads:
        mistakes.append(("head_dim", f"missing, and hidden_size {given.hidden_size} isn't a multiple of {heads} heads"))
    if given.num_experts is not None and given.num_experts_per_tok is None:
        mistakes.append(("num_experts_per_tok", f"missing, and there are {given.num_experts} experts"))
    elif (given.num_experts_per_tok or 0) > (given.num_experts or math.inf):
        mistakes.append(("num_experts_per_tok", f"{given.num_experts_per_tok} of {given.num_experts} experts"))
    return mistakes
