"""`external`: models that somebody else hosts, and `models.NAME.fallback`, which leads to them."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from infra.config_keys import EXTERNAL_KEY
from infra.settings.types import Cidr, ModelName, Section, Short, pattern

Url = Annotated[str, pattern(r"^[a-z]+://\S+$", "https://api.openai.com/v1", "URL", max_length=500)]
KeySecret = Annotated[
    str, pattern(f"^{EXTERNAL_KEY}$", "externalKey-openai", "name of a secret, externalKey-NAME", max_length=60)
]
TheirName = Annotated[str, pattern(r"^[!-~]+$", "gpt-4.1-mini", "name without spaces", max_length=200)]


class ListPrice(Section):
    """What the provider takes per million tokens, in US dollars."""

    in_: float = Field(alias="in", ge=0, description="of prompts", examples=[0.4])
    out: float = Field(ge=0, description="of answers", examples=[1.6])


class External(Section):
    """One hosted model with an OpenAI-compatible API; its key in the file is the name that applications send."""

    base_url: Url = Field(description="the provider's URL before /chat/completions")
    model: TheirName = Field(description="the provider's name of the model")
    key_secret: KeySecret = Field(
        description="the secret of the stack with the provider's key: pulumi config set --secret externalKey-NAME"
    )
    task: Literal["chat", "embed"] = Field(default="chat", description="what it does")
    context_length: int | None = Field(
        default=None, ge=1, description="tokens of prompt and answer together; it is listed", examples=[128000]
    )
    usd_per_million_tokens: ListPrice | None = Field(
        default=None,
        description="the provider's list price; with it, usage says what the tokens cost",
        examples=[{"in": 0.4, "out": 1.6}],
    )
    cidrs: tuple[Cidr, ...] = Field(
        default=(),
        description="addresses at which the provider is reached, where they are known or private, such as those of an"
        " endpoint in your VPC; when absent, every public address",
        examples=[["10.0.0.0/16"]],
    )


class Fallback(Section):
    """Where a model's requests go that its own servers don't answer."""

    to: ModelName = Field(description="a key of external", examples=["gpt"])
    after_seconds: int | None = Field(
        default=None,
        ge=1,
        le=3600,
        description="also requests of which no byte of an answer came in this time; when absent, only those that would"
        " be answered with 503",
        examples=[30],
    )


def _only_a_name(value: Any) -> Any:
    """`fallback: gpt` means `{to: gpt}`."""
    return {"to": value} if isinstance(value, str) else value


OneFallback = Annotated[Fallback, BeforeValidator(_only_a_name), Short({"type": "string"})]
