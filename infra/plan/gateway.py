"""What was decided for the gateway: which clients may call which models, and where each model's server is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from infra.plan.external import External, Fallback
from infra.plan.notes import Write
from infra.plan.pods import PodScaling, VerticalScaling

Affinity = Literal["session", "user"]  # the header x-llm-session, or `user` of the body
SESSION = "x-llm-session"


@dataclass(frozen=True)
class ClientPlan:
    """One client: a team's application with keys and limits that no other client shares."""

    name: str
    team: str | None
    models: tuple[str, ...]  # names that it may send as `model`, sorted: models, adapters and externals
    namespace: str | None  # where a Secret with its newest key is put besides the models' namespace
    requests_per_minute: int
    concurrent_requests: int
    tokens_per_minute: int | None  # of prompts and answers, counted once an answer has ended; None: not limited
    keys: tuple[int, ...]  # numbers of its keys that are valid, at least one; the last is the newest
    custom: tuple[str, ...] = ()  # own servers that it may call, sorted
    # By model, how many of its requests at once may be for that one; of a model that isn't here, all of them.
    at_once_of: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class Next:
    """The next version of a model, and who is answered by it."""

    server: Upstream
    weight: int  # percent of the requests that name no version
    clients: tuple[str, ...]  # whose requests all go there
    trials: bool = True  # whether a request may ask for it


@dataclass(frozen=True)
class Upstream:
    """One model behind the gateway."""

    model: str
    names: tuple[str, ...]  # that a request may send as `model`: its own name first, then its adapters
    host: str  # a DNS name with the addresses of all pods that are ready
    port: int
    paths: Mapping[str, str]  # path of a request -> the path that the engine serves
    max_model_len: int  # tokens of prompt and answer together
    abilities: Mapping[str, bool | None]  # tools, reasoning, vision, json_schema; None: not known
    paused: bool
    start_seconds: int  # of a cold start: what a caller is asked to wait
    held_seconds: int  # how long a request is held while no server is ready; 0: it is answered at once
    fallback: Fallback | None
    counts_streams: bool  # a stream says how many tokens it has, whether or not the caller asked
    next: Next | None = None  # a second server under the same names
    affinity: Affinity | None = None  # what requests have in common that go to one server
    always: Write = ()  # what is written so that one replica always runs

    @property
    def wait_seconds(self) -> int:
        """The longest that its own servers may take until a request goes elsewhere, or is refused. Envoy draws the
        pauses between the tries of a held request, so that its wait may be a quarter longer."""
        late = (self.fallback.after_seconds or 0) if self.fallback is not None else 0
        held = max(each.held_seconds for each in servers_of([self]))
        return held + held // 4 + late


def servers_of(upstreams: Iterable[Upstream]) -> Iterator[Upstream]:
    """Next versions too."""
    for each in upstreams:
        yield each
        if each.next is not None:
            yield each.next.server


@dataclass(frozen=True)
class TokenLimits:
    """The counter of tokens that all Envoys share: one pod with envoyproxy/ratelimit, and with the store of its
    counters, which only this pod reaches."""

    host: str  # a DNS name with the address of the pod that is ready
    port: int
    image: str
    store_image: str


@dataclass(frozen=True)
class Traces:
    """Where spans are sent, in the cluster."""

    host: str  # a DNS name with the address of the pod that is ready
    port: int  # of OTLP over gRPC
    sample: float  # the share of requests that have spans, above 0 and up to 1


@dataclass(frozen=True)
class CustomServer:
    """A server beside the models, behind the gateway: `/custom/NAME/x` is `/x` of a Service of the cluster."""

    name: str
    host: str  # DNS name of the Service
    port: int  # of the Service
    namespace: str
    audio: bool  # it answers OpenAI's paths of audio


def silence(idle_seconds: int, upstreams: Iterable[Upstream]) -> int:
    """The longest time without a byte. One that goes elsewhere may wait there as long again."""
    waits = (each.wait_seconds + (idle_seconds if each.fallback is not None else 0) for each in upstreams)
    return max(idle_seconds, *waits, 0)


def longest(total_seconds: int, upstreams: Iterable[Upstream]) -> int:
    """From when a request came to its end: it may first wait for a model that sleeps, or until it goes elsewhere."""
    return total_seconds + max((each.wait_seconds for each in upstreams), default=0)


@dataclass(frozen=True)
class TrafficPlan:
    """Envoy, and what it does with a request. Times in seconds."""

    clients: Mapping[str, ClientPlan]
    upstreams: Mapping[str, Upstream]
    externals: Mapping[str, External]
    replicas: int  # at least
    image: str
    idle_seconds: int  # the longest pause between two bytes of an answer
    total_seconds: int  # the longest answer, from when its request came
    keep_alive_seconds: int  # how long an idle connection of a caller stays open: longer than the load balancer's
    engine_idle_seconds: int  # how long Envoy keeps an idle connection to an engine: shorter than the engine does
    dns_refresh_seconds: int  # how often the addresses of a model's pods are read
    pre_stop_seconds: int  # until the load balancer sends nothing more to an Envoy that ends
    connection_seconds: int  # after this age a caller's connection is closed behind its next answer
    drain_seconds: int  # that an answer may take whose request came last to an Envoy that ends
    body_mib: int  # the largest request
    held_requests: int  # of each model, in each Envoy, at most
    trusted_hops: int  # load balancers in front, whose X-Forwarded-For is believed
    tls_secret: str | None  # Secret with the certificate, where callers reach Envoy itself by TLS; None: they do not
    contact: str | None  # in every error: whom to ask
    token_limits: TokenLimits | None  # None: no client has a limit of tokens, so nothing counts them for that
    custom: Mapping[str, CustomServer] = field(default_factory=dict[str, CustomServer])
    scaling: PodScaling | None = None  # None: there are always as many
    vertical: VerticalScaling | None = None  # None: its pods ask for the same all the time
    traces: Traces | None = None  # None: no request has a span

    @property
    def max_replicas(self) -> int:
        return self.scaling.max if self.scaling is not None else self.replicas

    @property
    def servers(self) -> tuple[Upstream, ...]:
        return tuple(servers_of(self.upstreams.values()))

    @property
    def silence_seconds(self) -> int:
        """The longest time in which no byte is sent: between two bytes of an answer, or while a request is held."""
        return silence(self.idle_seconds, self.upstreams.values())

    @property
    def longest_seconds(self) -> int:
        """The longest time from when a request came to its end."""
        return longest(self.total_seconds, self.upstreams.values())

    @property
    def permissions(self) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
        """The distinct sets of models, with own servers, that clients may use, sorted."""
        return tuple(sorted({(client.models, client.custom) for client in self.clients.values()}))
