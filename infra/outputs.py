"""The stack's outputs: what application teams build on. `llm-platform schema outputs` prints their JSON Schema.

They are a promise with a version. A field may be added; a field that is removed or changes its type needs a new
`version`.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.engines import ENGINES
from infra.plan.labels import CLIENT_LABEL
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.registry import services
from infra.services.gateway.abilities import abilities_of
from infra.settings.types import EngineName

VERSION = 1
API_KEY_FIELD = "api-key"  # the key inside the Secret


class _Promise(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeySecret(_Promise):
    """The Kubernetes Secret that holds a model's API key."""

    namespace: str
    name: str
    key: str


class SmallerVectors(_Promise):
    """The sizes for which `dimensions` of a request may ask."""

    min: int
    max: int
    only: list[int] | None = Field(description="the only sizes; null: each from min to max")


class ModelEndpoint(_Promise):
    """One model, OpenAI-compatible under its base URL."""

    model: str = Field(description="send this as `model`; it stays when engine or weights change")
    kind: Literal["chat", "embed", "rerank"]
    engine: EngineName
    base_url: str | None = Field(description="from outside the cluster; null without a gateway")
    base_url_in_cluster: str = Field(description=f"for pods of namespaces labelled {CLIENT_LABEL}=true")
    max_model_len: int = Field(description="tokens of prompt and answer together")
    embedding_size: int | None = Field(description="numbers in a vector; null where not known, and of other kinds")
    dimensions: SmallerVectors | None = Field(
        default=None, description="what `dimensions` of a request may ask for; null: such a request is refused"
    )
    api_key_secret: KeySecret | None = Field(description="null where the engine checks no key")
    timeout_seconds: int = Field(description="seconds after which the gateway ends a request")
    paused: bool = Field(description="true: no pod runs, the URL answers 503")
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


class PlatformOutputs(_Promise):
    """Every output of the stack. Pulumi leaves out an output that is null.

    In the cluster, `platform.json` of the ConfigMap `llm-platform` has all of them except `gateway_address` and
    `api_key`.
    """

    version: Literal[1]
    cluster_name: str
    namespace: str
    region: str | None = Field(default=None, description="of the cloud; absent where the stack names none")
    gateway_address: str | None = Field(default=None, description="what DNS has to point at; absent without a gateway")
    api_key: str | None = Field(default=None, description="secret; absent where no engine checks one")
    models: dict[str, ModelEndpoint]


def api_key_secret_name(model: str) -> str:
    return f"{model}-api-key"


def checks_key(model: ModelPlan) -> bool:
    return ENGINES[model.engine].checks_key


def known_outputs(plan: Plan) -> dict[str, Any]:
    """The outputs that are known before anything is made and that are no secret: pods read them in the cluster.

    Each service may add one output, by its name.
    """
    said = PlatformOutputs(
        version=VERSION,
        cluster_name=plan.cluster.name,
        namespace=plan.settings.namespace.name,
        region=plan.cluster.region,
        models={name: _endpoint(plan, model) for name, model in plan.models.items()},
    )
    own = {service.name: dict(found) for service in services() if (found := service.outputs(plan))}
    return {**said.model_dump(exclude={"gateway_address", "api_key"}), **own}


def _endpoint(plan: Plan, model: ModelPlan) -> ModelEndpoint:
    namespace, gateway, wanted = plan.settings.namespace.name, plan.gateway, plan.settings.gateway
    scheme = "https" if wanted and (wanted.certificate_arn or wanted.tls_secret) else "http"
    return ModelEndpoint(
        model=model.name,
        kind=model.task,
        engine=model.engine,
        base_url=f"{scheme}://{model.name}.{gateway.domain}/v1" if gateway else None,
        base_url_in_cluster=f"http://{model.name}.{namespace}.svc.cluster.local/v1",
        max_model_len=model.max_model_len,
        embedding_size=model.embedding_size,
        dimensions=_smaller(model),
        api_key_secret=(
            KeySecret(namespace=namespace, name=api_key_secret_name(model.name), key=API_KEY_FIELD)
            if checks_key(model)
            else None
        ),
        timeout_seconds=plan.traffic.total_seconds,
        paused=model.paused,
        **abilities_of(model),
        vision=model.vision,
        adapters=[each.name for each in model.adapters] or None,
        truncates_prompts=ENGINES[model.engine].limits.truncates_prompts,
    )


def _smaller(model: ModelPlan) -> SmallerVectors | None:
    found = model.dimensions
    if found is None:
        return None
    largest = (model.embedding_size or found.sizes[-1]) if found.every else found.sizes[-1]
    return SmallerVectors(min=found.sizes[0], max=largest, only=None if found.every else list(found.sizes))
