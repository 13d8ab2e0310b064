"""What was decided for models that somebody else hosts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CHAT = ("/v1/chat/completions", "/v1/completions")
EMBED = ("/v1/embeddings",)


@dataclass(frozen=True)
class External:
    """One model at a provider, under a separate name."""

    name: str  # that a request sends as `model`
    host: str
    port: int
    prefix: str  # of the provider's paths, in place of /v1; without a slash at its end
    model: str  # the provider's name of it
    secret: str  # the name of the secret with the provider's key
    paths: tuple[str, ...]  # of requests that it answers
    context_length: int | None  # tokens of prompt and answer together; None: not known
    usd_per_million: Mapping[str, float] | None  # in, out: list price of tokens; None: not known
    cidrs: tuple[str, ...]  # addresses at which it is reached; none: any public one
    encrypted: bool = True  # only a stand-in on loopback isn't

    @property
    def authority(self) -> str:
        return self.host if self.port == 443 else f"{self.host}:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{'https' if self.encrypted else 'http'}://{self.authority}{self.prefix}"

    @property
    def kind(self) -> Literal["chat", "embed"]:
        return "embed" if self.paths == EMBED else "chat"

    def path(self, asked: str) -> str:
        """Where a request for this path goes at the provider."""
        return self.prefix + asked.removeprefix("/v1")


@dataclass(frozen=True)
class Fallback:
    """Where a model's requests go that its own servers don't answer."""

    to: str  # the name of an external
    after_seconds: int | None  # without a byte of an answer; None: only where they are refused
