"""The clients of the gateway: those of the stack file, and the client that every caller was before there were any."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from infra.plan.findings import Decided, warned
from infra.plan.gateway import ClientPlan
from infra.plan.models import ModelPlan
from infra.plan.notes import Chosen, Finding
from infra.plan.words import count
from infra.services.gateway.limits import MIN_AT_ONCE, SHARED, Default, at_once, at_once_of, per_minute, places
from infra.services.gateway.section import Client

ALL = "all"  # the models of the platform, in a list of names; those elsewhere are there by name only
DEFAULT = "default"  # callers of all models, with the stack's one key: llm-platform:apiKey, or a random one

# Bytes of the file of a list: at most, of each model in it, and of each limit of a client and a model. 270 limits are
# as many names as DNS is asked for by each Envoy, every few seconds, and about 14 MiB of its memory.
_FILE, _OF_MODEL, _OF_LIMIT = 1_000_000, 4_700, 3_600
_FEW = 4  # models that a reason names


def plan_clients(
    named: Mapping[str, Client], models: Mapping[str, ModelPlan], *, default: bool
) -> Decided[dict[str, ClientPlan]]:
    """`default`: whether the client of that name stays beside those that are named. Then it shares the models with
    them, as any other client does."""
    wanted = {DEFAULT: Client(), **named} if default else named
    sharers = Counter(name for client in wanted.values() for name in _models_of(client, models))
    asked = [_Asked(name, client, models, sharers) for name, client in sorted(wanted.items())]
    plans = yield from _bounded({each.name: each.plan for each in asked}, len(models))
    if named:
        for each in asked:
            yield from each.explain(plans[each.name])
    if named and wanted.keys() != named.keys():
        yield warned(
            "gateway.clients",
            f"the client {DEFAULT}, with the one key that every caller had, stays for this release: it goes with the"
            " next one, so give each application a client and its key, and"
            " write gateway.defaultClient: false once none has the old one",
        )
    return plans


def max_limits(models: int) -> int:
    return max(0, (_FILE - models * _OF_MODEL) // _OF_LIMIT)


def _bounded(clients: dict[str, ClientPlan], models: int) -> Decided[dict[str, ClientPlan]]:
    """Each limit of a client and a model is a cluster of Envoy, of which there can't be any number."""
    limits, room = sum(len(each.at_once_of) for each in clients.values()), max_limits(models)
    if limits <= room:
        return clients
    yield warned(
        "gateway.clients",
        f"one client can fill a small model that it shares: {limits:,} limits by client and model would be needed, and"
        f" the gateway has room for {room:,}, so each client's limit holds for all its models together;"
        " name the models of each client, or write its concurrentRequests",
    )
    return {name: replace(each, at_once_of={}) for name, each in clients.items()}


def names_of(model: ModelPlan) -> tuple[str, ...]:
    """What a request for it may send as `model`."""
    return (model.name, *(each.name for each in model.adapters))


def _models_of(client: Client, models: Mapping[str, ModelPlan]) -> list[str]:
    """The models that answer it: an adapter's requests take places of its model."""
    wanted = _wanted(client, models)
    return sorted(name for name, model in models.items() if set(names_of(model)) & wanted)


def _wanted(client: Client, models: Mapping[str, ModelPlan]) -> set[str]:
    """What it may send as `model`."""
    named = {ALL} if client.models == ALL else set(client.models)
    if ALL not in named or ALL in models:
        return named
    return named - {ALL} | {name for model in models.values() for name in names_of(model)}


def _said(at_once_of: Mapping[str, int], models: Mapping[str, ModelPlan]) -> str:
    small = {name for name in at_once_of if places(models[name]) * SHARED < MIN_AT_ONCE}
    parts = [f"{limit:,} for {name}{' (the minimum)' * (name in small)}" for name, limit in at_once_of.items()]
    more = f" and {count(len(parts) - _FEW, 'more model')}" if len(parts) > _FEW else ""
    return f"; of them at most {', '.join(parts[:_FEW])}{more}" if parts else ""


@dataclass(frozen=True)
class _Asked:
    """A client as the stack file asks for it, beside others."""

    name: str
    wanted: Client
    models: Mapping[str, ModelPlan]
    sharers: Mapping[str, int]  # by model, how many clients may use it

    @property
    def plan(self) -> ClientPlan:
        return ClientPlan(
            name=self.name,
            team=self.wanted.team,
            models=tuple(sorted(_wanted(self.wanted, self.models))),
            namespace=self.wanted.namespace,
            requests_per_minute=self.wanted.requests_per_minute or self._per_minute.value,
            concurrent_requests=self._concurrent,
            tokens_per_minute=self.wanted.tokens_per_minute,
            keys=self.wanted.keys,
            custom=tuple(sorted(self.wanted.custom)),
            at_once_of=self._at_once_of,
        )

    def explain(self, planned: ClientPlan) -> Iterator[Finding]:
        path = f"gateway.clients.{self.name}"
        for key, given, found in (
            ("concurrentRequests", self.wanted.concurrent_requests, self._at_once),
            ("requestsPerMinute", self.wanted.requests_per_minute, self._per_minute),
        ):
            if given is None:
                parts = _said(planned.at_once_of, self.models) if key == "concurrentRequests" else ""
                yield Chosen(f"{path}.{key}", found.value, found.reason + parts)
        yield from self._warn_of_queue(f"{path}.concurrentRequests")

    def _warn_of_queue(self, path: str) -> Iterator[Finding]:
        """More than its models would be given alone; what models elsewhere take isn't known."""
        own = [self.models[name] for name in self._own]
        elsewhere = _wanted(self.wanted, self.models) - {name for model in own for name in names_of(model)}
        given, alone = self.wanted.concurrent_requests, at_once(own, {}).value
        if given is None or given <= alone or not own or elsewhere:
            return
        taken = sum(map(places, own))
        yield warned(
            path,
            f"{given:,} requests at once, and its models take {count(taken, 'request')} at once with all their"
            f" replicas: the others wait, and may reach the timeout; concurrentRequests: {alone} lets as many wait as"
            " are answered",
        )

    @cached_property
    def _concurrent(self) -> int:
        return self.wanted.concurrent_requests or self._at_once.value

    @cached_property
    def _at_once(self) -> Default:
        return at_once([self.models[name] for name in self._own], self.sharers)

    @cached_property
    def _own(self) -> list[str]:
        return _models_of(self.wanted, self.models)

    @property
    def _at_once_of(self) -> dict[str, int]:
        """Of shared models that are smaller than all its models together. A limit of the stack file is left alone,
        but for what would be chosen, as --pin writes it."""
        if self.wanted.concurrent_requests not in (None, self._at_once.value):
            return {}
        shared = [name for name in self._own if self.sharers[name] > 1]
        found = {name: at_once_of(self.models[name], self.sharers[name]) for name in shared}
        return {name: limit for name, limit in found.items() if limit < self._concurrent}

    @property
    def _per_minute(self) -> Default:
        return per_minute(self._concurrent)
