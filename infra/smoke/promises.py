"""What the plan promises a client, model by model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.engines import ENGINES
from infra.plan.gateway import Upstream, silence
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.plan.versions import ALL, NEXT, PRESENT
from infra.sizing.estimates import Estimate

_PATIENCE, _MARGIN = 120, 10  # seconds: a short answer of a slow model begins by then


@dataclass(frozen=True)
class Promise:
    """Of one model, or of one of its two versions."""

    model: str  # the server
    version: str | None  # that is asked for; None: there is one
    asked: str  # what is sent as `model`: its own name, or an adapter where the client may use only that
    adapters: Sequence[str]  # other names
    kind: str  # chat, embed or rerank
    paused: bool
    sleeps: bool  # while nobody asks; the first request is held until it has started
    max_model_len: int
    listed_len: int  # in the list of models: of two versions the shorter one
    truncates: bool
    abilities: Mapping[str, bool | None]
    size: int | None  # numbers per vector; None: not known
    smaller: int | None  # that a request may ask for; None: none
    first_token: Estimate | None  # seconds, of one request; None: no estimate
    prompt_tokens: int  # for which it is estimated


@dataclass(frozen=True)
class Promises:
    """To one client."""

    stack: str
    client: str
    listed: Sequence[str]  # what /v1/models names
    others: Mapping[str, Sequence[str]]  # what it names to each other client
    not_allowed: str | None  # a name that exists and that this client may not use
    custom: Sequence[str]  # own servers that this client may call
    not_custom: Sequence[str]  # and those that it may not
    models: Sequence[Promise]
    patience: int  # seconds without a byte after which there is no answer


def promises(plan: Plan, client: str) -> Promises:
    traffic = plan.traffic
    allowed = traffic.clients[client].models
    own = traffic.clients[client].custom
    names = sorted(name for upstream in traffic.upstreams.values() for name in upstream.names)
    return Promises(
        stack=plan.stack,
        client=client,
        listed=sorted(allowed),
        others={name: sorted(each.models) for name, each in traffic.clients.items() if name != client},
        not_allowed=next((name for name in names if name not in allowed), None),
        custom=own,
        not_custom=[name for name in traffic.custom if name not in own],
        models=[
            promise
            for name in plan.named
            if set(traffic.upstreams[name].names) & set(allowed) and not _elsewhere_alone(traffic.upstreams[name])
            for promise in _promises(plan, traffic.upstreams[name], allowed)
        ],
        patience=silence(_PATIENCE, traffic.upstreams.values()) + _MARGIN,
    )


def _elsewhere_alone(upstream: Upstream) -> bool:
    """A provider would take money for an answer that says nothing of the platform."""
    return upstream.paused and upstream.fallback is not None


def _promises(plan: Plan, upstream: Upstream, allowed: Sequence[str]) -> Iterator[Promise]:
    """Of each server that a request can ask for. What both versions hold is said of the model."""
    coming = upstream.next
    if coming is None or coming.weight < ALL:
        version = PRESENT if coming is not None else None
        yield _promise(plan.models[upstream.model], version, upstream.held_seconds, upstream, allowed)
    if coming is not None and (coming.weight == ALL or coming.trials):
        yield _promise(plan.models[coming.server.model], NEXT, coming.server.held_seconds, upstream, allowed)


def _promise(
    model: ModelPlan, version: str | None, held_seconds: int, upstream: Upstream, allowed: Sequence[str]
) -> Promise:
    """`upstream`: of the model, with what holds for both versions."""
    names = [name for name in upstream.names if name in allowed]
    alone = model.throughput.at[0] if model.throughput.full is not None else None
    return Promise(
        model=model.name,
        version=version,
        asked=names[0],
        adapters=names[1:],
        kind=model.task,
        paused=model.paused,
        sleeps=held_seconds > 0,
        max_model_len=model.max_model_len,
        listed_len=upstream.max_model_len,
        truncates=ENGINES[model.engine].limits.truncates_prompts,
        abilities=upstream.abilities,
        size=model.embedding_size,
        smaller=model.dimensions.sizes[0] if model.dimensions else None,
        first_token=alone.first_token if alone else None,
        prompt_tokens=model.throughput.request.prompt,
    )
