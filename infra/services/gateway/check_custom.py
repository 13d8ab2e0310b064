"""Rules for `gateway.custom`, and for the clients that name its servers."""

from infra.services.gateway.check_clients import SYSTEM, names
from infra.services.gateway.exposed import GATEWAY
from infra.services.gateway.section import Custom, Gateway
from infra.services.gateway.token_limits import NAME as TOKENS
from infra.services.tracing.plan import NAME as TRACES
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key, did_you_mean

_CUSTOM: Key = (*GATEWAY, "custom")


def check_custom(scope: Scope, gateway: Gateway) -> None:
    for name, server in gateway.custom.items():
        _check_server(scope, (*_CUSTOM, name), name, server)
    for client, wanted in gateway.clients.items():
        key: Key = (*GATEWAY, "clients", client)
        for index, name in enumerate(wanted.custom):
            _check_named(scope, (*key, "custom", index), name, gateway, wanted.custom[:index])
        if not wanted.models and not wanted.custom:
            write = f"write models: [{names(scope)[0]}], or custom with a server of yours"
            scope.report.wrong((*key, "models"), "empty: this client could call nothing", write)


def _check_server(scope: Scope, key: Key, name: str, server: Custom) -> None:
    if name in names(scope):
        got = f"{name} is a model, adapter or external, too: the header x-llm-model would mean two servers"
        scope.report.wrong(key, got, f"give the server another name, such as {name}-server")
    own = scope.settings.namespace.name
    namespace = server.namespace or own
    where: Key = (*key, "service")
    if namespace in SYSTEM or (namespace, server.service) == ("default", "kubernetes"):
        got = f"{server.service} of {namespace} is Kubernetes' own"
        scope.report.wrong(where, got, "write a Service with a server of yours", reads=[where, (*key, "namespace")])
    elif namespace == own and server.service in _own_services(scope):
        got = f"{server.service} of {own} is the platform's: its paths are those under /v1"
        scope.report.wrong(where, got, "write a Service with a server of yours", reads=[where, (*key, "namespace")])


def _own_services(scope: Scope) -> set[str]:
    models = {each for name in scope.settings.models for each in (name, f"{name}-next")}
    return {"gateway", "gateway-outside", "gateway-pods", TOKENS, TRACES, *models, *(f"{name}-pods" for name in models)}


def _check_named(scope: Scope, key: Key, name: str, gateway: Gateway, before: tuple[str, ...]) -> None:
    known = sorted(gateway.custom)
    if name in before:
        scope.report.wrong(key, f"{name} twice", "leave one of them out")
    elif name not in known:
        there = f"there are {', '.join(known)}" if known else "gateway.custom has none"
        close = did_you_mean(name, known)
        sample = f"gateway.custom: {{{name}: {{service: {name}, port: 80}}}}"
        scope.report.wrong(key, f"no server {name}; {there}", f"write {close}" if close else f"write {sample}")
