"""Rules for `gateway.clients`: what a client may call is there, and its keys and its Secret are of one kind only."""

from collections.abc import Mapping, Sequence

from infra.services.gateway.clients import ALL, DEFAULT
from infra.services.gateway.exposed import GATEWAY
from infra.services.gateway.section import Client, Gateway
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key, did_you_mean

_NAMESPACE: Key = ("namespace", "name")
SYSTEM = ("kube-system", "kube-public", "kube-node-lease")
_FEW = 8  # names that a message lists
# The routes of all keys are one file in a Secret, of 1 MiB at most; hosted models have some of it too.
_SECRET = 1_000_000
_KEY, _LETTER_OF_NAME, _LETTER_OF_TEAM = 1_350, 6, 2  # bytes of the two routes of a key, which has up to 64 letters


def check_clients(scope: Scope, gateway: Gateway) -> None:
    known = names(scope)
    key_of_all: Key = (*GATEWAY, "defaultClient")
    if not gateway.default_client and not gateway.clients:
        scope.report.wrong(key_of_all, "no clients: nobody could call a model", "leave it out, or write clients")
    if scope.written(key_of_all) and DEFAULT in gateway.clients:
        got = f"clients has {DEFAULT}, which says itself what it may do"
        scope.report.wrong(key_of_all, got, "leave one of them out")
    if len(set(gateway.engine_keys)) < len(gateway.engine_keys):
        got = f"got {list(gateway.engine_keys)}: one number twice"
        scope.report.wrong((*GATEWAY, "engineKeys"), got, f"write engineKeys: [{gateway.engine_keys[0]}]")
    _check_size(scope, gateway)
    for name, client in gateway.clients.items():
        key: Key = (*GATEWAY, "clients", name)
        _check_models(scope, key, client, known)
        _check_keys(scope, (*key, "keys"), client.keys)
        if client.namespace == scope.settings.namespace.name:
            got = "the namespace of the models, which has every client's Secret"
            scope.report.wrong((*key, "namespace"), got, "leave namespace out", reads=[(*key, "namespace"), _NAMESPACE])
        elif client.namespace in SYSTEM:
            got = f"{client.namespace} is Kubernetes' own: its pods are no application"
            scope.report.wrong((*key, "namespace"), got, "write the namespace of the client's pods, or leave it out")


def bytes_of(clients: Mapping[str, Client]) -> int:
    """What their keys take of the Secret, at most."""
    return sum(
        len(client.keys) * (_KEY + _LETTER_OF_NAME * len(name) + _LETTER_OF_TEAM * len(client.team or "-"))
        for name, client in clients.items()
    )


def _check_size(scope: Scope, gateway: Gateway) -> None:
    needed = bytes_of({**({DEFAULT: Client()} if gateway.default_client else {}), **gateway.clients})
    if needed > _SECRET:
        keys = sum(len(client.keys) for client in gateway.clients.values())
        allowed = keys * _SECRET // needed
        got = f"{keys} keys, whose routes take about {needed:,} bytes; the one Secret that has them holds about"
        write = f"write clients with about {allowed} keys in all: one client per team, and one key for each"
        scope.report.wrong((*GATEWAY, "clients"), f"{got} {_SECRET:,}", write)


def names(scope: Scope) -> list[str]:
    """What a request can name: models, adapters, and models elsewhere."""
    here = {each for name, model in scope.settings.models.items() for each in (name, *(model.adapters or {}))}
    return sorted(here | scope.settings.external.keys())


def _check_models(scope: Scope, key: Key, client: Client, known: Sequence[str]) -> None:
    if client.models == "all":
        return
    for index, name in enumerate(client.models):
        where: Key = (*key, "models", index)
        if name in client.models[:index]:
            scope.report.wrong(where, f"{name} twice", "leave one of them out")
        elif name in (scope.settings.gateway or Gateway()).custom:
            own = f"write {'.'.join(map(str, key[1:]))}.custom: [{name}] and leave it out here"
            scope.report.wrong(where, f"{name} is a server of gateway.custom, and no model", own)
        elif name not in known and name != ALL:
            some = ", ".join(known[:_FEW]) + (", ..." if len(known) > _FEW else "")
            close = did_you_mean(name, known)
            own = next(each for each in known if each not in scope.settings.external)
            write = f"write {close}" if close else f"write {own}, or models: all, or leave the client out"
            scope.report.wrong(where, f"no model or adapter {name}; there are {some}", write)


def _check_keys(scope: Scope, key: Key, keys: Sequence[int]) -> None:
    """A number that comes back would be a key that was revoked."""
    if list(keys) != sorted(set(keys)):
        right = sorted(set(keys))
        got = f"got {list(keys)}; allowed: rising numbers, the newest key last"
        scope.report.wrong(key, got, f"write keys: {right}")
