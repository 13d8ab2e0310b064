"""The stack's outputs: what application teams build on. `llm-platform schema outputs` prints their JSON Schema.

They are a promise with a version. A field may be added; a field that is removed or changes its type needs a new
`version`. A release serves the version that goes beside the version that comes: `version` is the older one, `versions`
are both.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.plan.labels import CLIENT_LABEL
from infra.settings.types import EngineName

VERSION = 1  # the oldest that these outputs keep
VERSIONS = (1, 2)  # 2: one URL for all models, and clients; without the addresses and keys of each model


class _Promise(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeySecret(_Promise):
    """A Kubernetes Secret, and the key in it that holds an API key."""

    namespace: str
    name: str
    key: str


class SmallerVectors(_Promise):
    """The sizes for which `dimensions` of a request may ask."""

    min: int
    max: int
    only: list[int] | None = Field(description="the only sizes; null: each from min to max")


class AwakeHours(_Promise):
    """Hours of the week in which a model that may sleep has a replica."""

    days: list[str] = Field(description="mon to sun: the days on which they begin")
    begins: str = Field(description="HH:MM")
    ends: str = Field(description="HH:MM, up to 24:00; on the next day where it isn't after `begins`")
    timezone: str


class ModelEndpoint(_Promise):
    """One model, OpenAI-compatible under its base URL."""

    model: str = Field(description="send this as `model`; it stays when engine or weights change")
    kind: Literal["chat", "embed", "rerank"]
    engine: EngineName
    base_url: str | None = Field(description="from outside the cluster, until version 1 goes; null without a way in")
    base_url_in_cluster: str = Field(description=f"for pods of namespaces labelled {CLIENT_LABEL}=true")
    max_model_len: int = Field(description="tokens of prompt and answer together")
    embedding_size: int | None = Field(description="numbers in a vector; null where not known, and of other kinds")
    dimensions: SmallerVectors | None = Field(
        default=None, description="what `dimensions` of a request may ask for; null: such a request is refused"
    )
    api_key_secret: KeySecret | None = Field(description="with the key of the client `default`")
    timeout_seconds: int = Field(description="seconds after which the gateway ends a request")
    paused: bool = Field(description="true: no pod runs, the URL answers 503")
    held_seconds: int | None = Field(
        default=None,
        description="how long a request is held while the model wakes up, before it is answered 503; null: it never"
        " sleeps",
    )
    awake: list[AwakeHours] | None = Field(
        default=None, description="hours in which it never sleeps; null: it has none, or it never sleeps at all"
    )
    tools: bool | None = Field(
        default=None, description="true: `tools` of a request are answered with tool calls; null where not known"
    )
    reasoning: bool | None = Field(
        default=None,
        description="true: the model's thoughts are in the field `reasoning` of an answer, not in `content`; null"
        " where not known",
    )
    vision: bool = Field(default=False, description="true: a message may hold images")
    json_schema: bool | None = Field(
        default=None,
        description="true: every answer follows the JSON schema of a request's `response_format`; null where not known",
    )
    adapters: list[str] | None = Field(
        default=None, description="LoRA adapters: send one of these names as `model` to the same URL; null: it has none"
    )
    truncates_prompts: bool = Field(
        default=False,
        description="true: the engine leaves out a part of a prompt that is too long, and answers the rest with 200;"
        " false: it refuses the request",
    )


class GatewayClient(_Promise):
    """An application that may call the gateway, by its own keys."""

    secret: KeySecret = Field(description="its newest key; pods of the Secret's namespace can use it")
    models: list[str] = Field(description="what it may send as `model`: models and adapters")
    team: str | None
    requests_per_minute: int = Field(description="more are answered with 429")
    concurrent_requests: int = Field(description="more at once are answered with 429")
    concurrent_requests_of: dict[str, int] | None = Field(
        default=None,
        description="by model, how many of them may be for that one, so that other clients have a part of it; null: of"
        " each model all of them",
    )
    tokens_per_minute: int | None = Field(
        description="of prompts and answers, counted once an answer has ended; null: not limited"
    )
    custom: list[str] | None = Field(
        default=None, description="servers of `gateway.custom` that it may call; null: none"
    )


class CustomEndpoint(_Promise):
    """A server beside the models, with the same keys."""

    base_url: str | None = Field(description="from outside the cluster; null where the gateway is in the cluster only")
    base_url_in_cluster: str = Field(description="what stands behind it is the path that the server is asked for")
    audio: bool = Field(
        description="true: it answers /v1/audio/transcriptions and translations of the gateway, where the header"
        " `x-llm-model` has its name"
    )


class GatewayEndpoint(_Promise):
    """One URL for all models: a request's `model` says which answers."""

    base_url: str | None = Field(description="from outside the cluster; null where it is in the cluster only")
    base_url_in_cluster: str = Field(description=f"for pods of namespaces labelled {CLIENT_LABEL}=true")
    timeout_seconds: int = Field(
        description="how long an answer may come without a byte, the wait for the first one included; it may take as"
        " long again from its first byte on"
    )
    largest_request_mib: int = Field(description="a larger one is answered with 413")
    clients: dict[str, GatewayClient]
    custom: dict[str, CustomEndpoint] | None = Field(
        default=None, description="servers beside the models, by name; null: there are none"
    )


class ExternalEndpoint(_Promise):
    """A model that somebody else hosts: prompts for it leave the network."""

    host: str = Field(description="of the provider")
    provider_model: str = Field(description="the provider's name of it")
    kind: Literal["chat", "embed"]
    context_length: int | None = Field(description="tokens of prompt and answer together; null where not known")
    fallback_of: list[str] = Field(description="models whose requests go there that their own servers don't answer")


class PlatformOutputs(_Promise):
    """Every output of the stack. Pulumi leaves out an output that is null.

    In the cluster, `platform.json` of the ConfigMap `llm-platform` has all of them except `gateway_address` and
    `api_key`.
    """

    version: Literal[1]
    versions: list[int] | None = Field(
        default=None, description="the versions of this contract that the outputs keep; absent: only `version`"
    )
    cluster_name: str
    namespace: str
    region: str | None = Field(default=None, description="of the cloud; absent where the stack names none")
    gateway: GatewayEndpoint | None = Field(default=None, description="of version 2; absent in version 1 alone")
    gateway_address: str | None = Field(default=None, description="what DNS has to point at; absent without a gateway")
    api_key: str | None = Field(default=None, description="secret: the newest key of the client `default`")
    models: dict[str, ModelEndpoint]
    external: dict[str, ExternalEndpoint] | None = Field(
        default=None,
        description="models that somebody else hosts, by the name to send; null: nothing leaves the network",
    )
