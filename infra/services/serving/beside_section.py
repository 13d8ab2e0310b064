"""What a model has beside its weights: longer contexts, adapters, and a draft model."""

from typing import Literal

from pydantic import Field

from infra.settings.types import (
    ModelId,
    Revision,
    Section,
)


class RopeScaling(Section):
    """Positions that are stretched for a context that is longer than the model's own."""

    type: Literal["yarn"] = Field(default="yarn", description="how they are stretched", examples=["yarn"])
    factor: float = Field(
        gt=1, le=64, description="how many times the tokens that the model was trained for", examples=[4]
    )
    original: int | None = Field(
        default=None,
        ge=1,
        le=10_485_760,
        description="tokens that it was trained for: original_max_position_embeddings of its config.json; known of"
        " Qwen2.5 and Qwen3",
        examples=[32768],
    )
    theta: float | None = Field(
        default=None,
        gt=0,
        le=1e12,
        description="rope_theta of its config.json; known of Qwen2.5 and Qwen3",
        examples=[1000000],
    )


class Adapter(Section):
    """A LoRA adapter of a model; its key in the file is the name that applications send as `model`."""

    model: ModelId = Field(description="Hugging Face repository of the adapter", examples=["acme/qwen3-8b-sql-lora"])
    revision: Revision | None = Field(default=None, description="commit or tag of the repository; main when absent")
    rank: int | None = Field(
        default=None,
        ge=1,
        le=512,
        description="`r` of its adapter_config.json; 64 is assumed when absent",
        examples=[16],
    )


class Speculative(Section):
    """What proposes tokens, so that the model checks several at once: another model, or a method."""

    model: ModelId | None = Field(
        default=None,
        description="a small model of the same vocabulary, which is downloaded too",
        examples=["Qwen/Qwen3-0.6B"],
    )
    revision: Revision | None = Field(
        default=None, description="commit or tag of its repository; when absent, the commit of models.lock, else main"
    )
    method: Literal["ngram", "mtp"] | None = Field(
        default=None,
        description="without another model. ngram: what the prompt says after the same words; mtp: layers of the model"
        " that predict several tokens",
        examples=["ngram"],
    )
    tokens: int = Field(ge=1, le=32, description="how many are proposed at once", examples=[5])
