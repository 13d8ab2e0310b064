"""Two servers under one name: which of them a request goes to, and how it is counted."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from infra.plan.gateway import ClientPlan, Next, Upstream
from infra.plan.versions import ALL, NEXT, PRESENT, VERSION
from infra.services.gateway.envoy.clusters import limited, of_model
from infra.services.gateway.envoy.log import OF_THE_GATEWAY, SERVED
from infra.services.gateway.envoy.messages import Message, header, is_


@dataclass(frozen=True)
class Way:
    """Where requests go that have these headers; the first way that matches is taken."""

    headers: Sequence[Message]
    action: Message  # of the route, with the cluster
    held_seconds: int
    request_headers: Sequence[Message] = ()
    of_answers: Message = field(default_factory=dict[str, object])  # what the route changes of an answer


def ways(upstream: Upstream, clients: Iterable[ClientPlan]) -> Iterator[Way]:
    """`clients`: whose requests may come. One that may fill only a part of the model has its clusters."""
    coming = tuple(clients)
    for client in limited(upstream, coming):
        alone = [_is_of([client.name])]
        for way in _ways(upstream, [client], client):
            yield replace(way, headers=[*alone, *way.headers])
    yield from _ways(upstream, [each for each in coming if upstream.model not in each.at_once_of])


def _ways(upstream: Upstream, clients: Iterable[ClientPlan], alone: ClientPlan | None = None) -> Iterator[Way]:
    coming = upstream.next
    if coming is None:
        action = {"cluster": of_model(upstream.model, alone)}
        yield Way((), action, upstream.held_seconds, of_answers=_of_answers())
        return
    if coming.weight < ALL:
        yield from _trials(upstream, coming, clients, alone)
    if coming.weight in (0, ALL):
        yield _to(coming.server, NEXT, alone) if coming.weight else _to(upstream, PRESENT, alone)
    else:
        yield _shared(upstream, coming, alone)


def _trials(upstream: Upstream, coming: Next, clients: Iterable[ClientPlan], alone: ClientPlan | None) -> Iterator[Way]:
    """Who asks for a version, and whose requests all go to the next one. The first tier says which client it is."""
    here = [each.name for each in clients if each.name in coming.clients]
    if coming.trials:
        yield _to(coming.server, NEXT, alone, [_asks_for(NEXT)])
    if here or coming.weight:
        yield _to(upstream, PRESENT, alone, [_asks_for(PRESENT)])
    if here:
        yield _to(coming.server, NEXT, alone, [] if alone else [_is_of(here)])


def _asks_for(version: str) -> Message:
    return {"name": VERSION, **is_(version)}


def _is_of(clients: Iterable[str]) -> Message:
    named = "|".join(map(re.escape, clients))
    return {"name": "x-llm-client", "string_match": {"safe_regex": {"regex": named}}}


def _to(server: Upstream, version: str, alone: ClientPlan | None, headers: Sequence[Message] = ()) -> Way:
    action = {"cluster": of_model(server.model, alone)}
    return Way(headers, action, server.held_seconds, [header(SERVED, version)], _of_answers(version))


def _of_answers(version: str | None = None) -> Message:
    """No server says who it is."""
    said = {"response_headers_to_add": [header(VERSION, version)]} if version is not None else {}
    return {"response_headers_to_remove": list(OF_THE_GATEWAY), **said}


def _shared(upstream: Upstream, coming: Next, alone: ClientPlan | None) -> Way:
    """Envoy draws a number for each request. A request that is tried again stays with the version that was drawn."""
    shares = [
        {
            "name": of_model(server.model, alone),
            "weight": weight,
            "request_headers_to_add": [header(SERVED, version)],
            **_of_answers(version),
        }
        for server, weight, version in (
            (upstream, ALL - coming.weight, PRESENT),
            (coming.server, coming.weight, NEXT),
        )
    ]
    held = max(upstream.held_seconds, coming.server.held_seconds)
    return Way((), {"weighted_clusters": {"clusters": shares}}, held)
