"""The stack's outputs, as a plan has them."""

from typing import Any

from infra.engines import ENGINES
from infra.output_contract import (
    VERSION,
    VERSIONS,
    AwakeHours,
    CustomEndpoint,
    ExternalEndpoint,
    GatewayClient,
    GatewayEndpoint,
    KeySecret,
    ModelEndpoint,
    PlatformOutputs,
    SmallerVectors,
)
from infra.plan.external import External
from infra.plan.gateway import ClientPlan
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.plan.schedule import DAYS
from infra.registry import services
from infra.services.access.client_secrets import CLIENT_KEY_FIELD, base_url, secret_name
from infra.services.gateway.clients import DEFAULT
from infra.services.gateway.custom import custom_url

API_KEY_FIELD = "api-key"  # the key inside the Secret


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
        versions=list(VERSIONS),
        cluster_name=plan.cluster.name,
        namespace=plan.settings.namespace.name,
        region=plan.cluster.region,
        gateway=_gateway(plan),
        external={name: _external(plan, each) for name, each in plan.traffic.externals.items()} or None,
        models={name: _endpoint(plan, model) for name, model in plan.named.items()},
    )
    own = {service.name: dict(found) for service in services() if (found := service.outputs(plan))}
    return {**said.model_dump(exclude={"gateway_address", "api_key"}), **own}


def _external(plan: Plan, external: External) -> ExternalEndpoint:
    back = ((each.model, each.fallback) for each in plan.traffic.upstreams.values())
    return ExternalEndpoint(
        host=external.host,
        provider_model=external.model,
        kind=external.kind,
        context_length=external.context_length,
        fallback_of=[model for model, fallback in back if fallback is not None and fallback.to == external.name],
    )


def _gateway(plan: Plan) -> GatewayEndpoint:
    traffic, namespace = plan.traffic, plan.settings.namespace.name
    return GatewayEndpoint(
        base_url=plan.gateway.base_url if plan.gateway else None,
        base_url_in_cluster=base_url(namespace),
        timeout_seconds=traffic.idle_seconds,
        largest_request_mib=traffic.body_mib,
        clients={name: _client(client, namespace) for name, client in traffic.clients.items()},
        custom={name: _custom(plan, name, audio=each.audio) for name, each in traffic.custom.items()} or None,
    )


def _custom(plan: Plan, name: str, *, audio: bool) -> CustomEndpoint:
    return CustomEndpoint(
        base_url=custom_url(plan.gateway.base_url, name) if plan.gateway else None,
        base_url_in_cluster=custom_url(base_url(plan.settings.namespace.name), name),
        audio=audio,
    )


def _client(client: ClientPlan, namespace: str) -> GatewayClient:
    where = client.namespace or namespace
    return GatewayClient(
        secret=KeySecret(namespace=where, name=secret_name(client.name), key=CLIENT_KEY_FIELD),
        models=list(client.models),
        team=client.team,
        requests_per_minute=client.requests_per_minute,
        concurrent_requests=client.concurrent_requests,
        concurrent_requests_of=dict(client.at_once_of) or None,
        tokens_per_minute=client.tokens_per_minute,
        custom=list(client.custom) or None,
    )


def _endpoint(plan: Plan, model: ModelPlan) -> ModelEndpoint:
    namespace, gateway = plan.settings.namespace.name, plan.gateway
    upstream = plan.traffic.upstreams[model.name]
    return ModelEndpoint(
        model=model.name,
        kind=model.task,
        engine=model.engine,
        base_url=f"{gateway.scheme}://{model.name}.{gateway.domain}/v1" if gateway else None,
        base_url_in_cluster=f"http://{model.name}.{namespace}.svc.cluster.local/v1",
        max_model_len=upstream.max_model_len,
        embedding_size=model.embedding_size,
        dimensions=_smaller(model),
        api_key_secret=(
            None
            if DEFAULT not in plan.traffic.clients
            else KeySecret(namespace=namespace, name=api_key_secret_name(model.name), key=API_KEY_FIELD)
            if checks_key(model)
            else KeySecret(namespace=namespace, name=secret_name(DEFAULT), key=CLIENT_KEY_FIELD)
        ),
        timeout_seconds=plan.traffic.idle_seconds,
        paused=model.paused,
        held_seconds=upstream.held_seconds or None,
        awake=_awake(model),
        **{name: able for name, able in upstream.abilities.items() if able is not None},
        adapters=[each.name for each in model.adapters] or None,
        truncates_prompts=ENGINES[model.engine].limits.truncates_prompts,
    )


def _awake(model: ModelPlan) -> list[AwakeHours] | None:
    if model.schedule is None or not model.held_seconds:
        return None
    return [
        AwakeHours(days=[DAYS[day] for day in each.days], begins=begins, ends=ends, timezone=each.timezone)
        for each in model.schedule.windows
        for begins, ends in [each.hours]
    ]


def _smaller(model: ModelPlan) -> SmallerVectors | None:
    found = model.dimensions
    if found is None:
        return None
    largest = (model.embedding_size or found.sizes[-1]) if found.every else found.sizes[-1]
    return SmallerVectors(min=found.sizes[0], max=largest, only=None if found.every else list(found.sizes))
