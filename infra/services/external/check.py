"""Rules for `external` and `models.NAME.fallback`."""

from ipaddress import IPv4Address, ip_address
from urllib.parse import SplitResult, urlsplit

from infra.services.external.section import External, Fallback
from infra.services.serving.family import task_of
from infra.services.serving.next import next_of
from infra.services.serving.section import Model
from infra.settings.addresses import private
from infra.settings.checks.cluster import read_cidr
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key, did_you_mean

_OWN_ENDINGS = (".svc", ".local", ".localhost", ".internal")
_ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/models", "/responses")
SHORTEST_HOLD = 30  # seconds: two scrapes of Prometheus, so that it sees a held request and the model wakes


def check_external(scope: Scope) -> None:
    for name, external in scope.settings.external.items():
        key: Key = ("external", name)
        _check_name(scope, key, name)
        _check_url(scope, (*key, "baseUrl"), external)
        for index, cidr in enumerate(external.cidrs):
            read_cidr(scope, (*key, "cidrs", index), cidr)
    _check_used(scope)
    for name, model in scope.settings.models.items():
        if model.fallback is not None:
            _check_fallback(scope, name, model, model.fallback)


def _check_name(scope: Scope, key: Key, name: str) -> None:
    owner = _owner(scope, name)
    if owner is not None:
        scope.report.wrong(key, f"a request could mean {owner} too", f"write {name}-external", reads=())
    if name == "all":
        scope.report.wrong(key, "all means every model, where a client's models are listed", "write another name")


def _owner(scope: Scope, name: str) -> str | None:
    if name in scope.settings.models:
        return f"the model {name}"
    of = next((each for each, model in scope.settings.models.items() if name in (model.adapters or {})), None)
    return f"the adapter {name} of {of}" if of is not None else None


def _check_url(scope: Scope, key: Key, external: External) -> None:
    wrong = _wrong_url(external.base_url, scope.settings.gateway.domain if scope.settings.gateway else None)
    if wrong is not None:
        scope.report.wrong(key, *wrong)


def _wrong_url(url: str, domain: str | None) -> tuple[str, str] | None:
    """What is wrong with it, without showing what may be a password in it; and what to write."""
    example = "write https://HOST/v1, as the provider's page for OpenAI's clients says"
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        port = parts.port
    except ValueError:
        return "not a URL (not shown)", example
    if parts.username is not None or parts.password is not None:
        return "has a user or a password in it (not shown): revoke it", "write the URL without, and keySecret"
    if parts.scheme != "https":
        got = f"{parts.scheme}://: prompts and the provider's key would leave the network unencrypted"
        return got, f"write https://{host or 'HOST'}{parts.path}"
    if parts.query or parts.fragment:
        return "has a part behind ? or #, which no request would have", f"write {_plain(parts, host, port)}"
    if ending := next((each for each in _ENDPOINTS if parts.path.rstrip("/").endswith(each)), None):
        whole = _plain(parts, host, port)
        return f"ends with {ending}, which the gateway adds", f"write {whole.rstrip('/').removesuffix(ending)}"
    return _wrong_host(host, domain, example)


def _plain(parts: SplitResult, host: str, port: int | None) -> str:
    return f"https://{host}{f':{port}' if port else ''}{parts.path}"


def _wrong_host(host: str, domain: str | None, example: str) -> tuple[str, str] | None:
    own = "serve it by models"
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    if address is not None:
        near = isinstance(address, IPv4Address) and private([f"{address}/32"])
        said = "a private address: a server of your network isn't external" if near else "an address"
        return f"{said}; a certificate is for a name", own if near else example
    if "." not in host or host.endswith(_OWN_ENDINGS):
        return f"{host or 'no host'}: a name that only your network knows isn't external", own
    if domain is not None and (host == domain or host.endswith(f".{domain}")):
        return f"{host} is this platform's own gateway: a request would go in a circle", example
    return None


def _check_used(scope: Scope) -> None:
    """By name: `all` are the models of the platform. One client's list for all that are unused, since each is written
    into the same place."""
    clients = scope.settings.gateway.clients if scope.settings.gateway is not None else {}
    unused = [name for name in scope.settings.external if not _is_used(scope, name)]
    client, found = next(iter(clients.items()), ("web-shop", None))
    own = ("all",) if found is None or found.models == "all" else found.models
    for name in unused:
        write = (
            f"write gateway.clients.{client}.models: [{', '.join((*own, *unused))}], or models.NAME.fallback: {name}"
        )
        got = "no client may use it, and no model falls back to it"
        scope.report.wrong(("external", name), got, write, reads=[("gateway",)])


def _is_used(scope: Scope, name: str) -> bool:
    settings = scope.settings
    clients = settings.gateway.clients.values() if settings.gateway is not None else ()
    by_client = any(name in each.models for each in clients if each.models != "all")
    return by_client or any(each.fallback is not None and each.fallback.to == name for each in settings.models.values())


def _check_fallback(scope: Scope, name: str, model: Model, fallback: Fallback) -> None:
    key: Key = ("models", name, "fallback")
    to = (*key, "to") if scope.written((*key, "to")) else key
    if not scope.written(("external", fallback.to)) or fallback.to == name:
        scope.report.wrong(to, *_wrong_fallback(scope, name, fallback.to))
    elif fallback.to not in scope.settings.external:
        return
    elif task_of(scope.catalog, model) != "chat" or scope.settings.external[fallback.to].task != "chat":
        got = "only chats go elsewhere: vectors and scores of another model can't be compared with this one's"
        scope.report.wrong(key, got, "leave fallback out")
    _check_after(scope, (*key, "afterSeconds"), model, fallback.after_seconds)


def _check_after(scope: Scope, key: Key, model: Model, after: int | None) -> None:
    if after is None:
        return
    timeout = scope.settings.gateway.timeout_seconds if scope.settings.gateway is not None else None
    coming = [("its next version", next_of(model))] if model.next is not None else []
    asleep = next((said for said, each in (("the model", model), *coming) if each.replicas.min == 0), None)
    if asleep is not None and after < SHORTEST_HOLD:
        got = f"{after} s: {asleep} sleeps while nobody asks, and would never see why to wake up"
        scope.report.wrong(key, got, f"write at least {SHORTEST_HOLD}")
    if timeout is not None and after >= timeout:
        got = f"{after} s: the gateway ends an answer that sends nothing for {timeout} s"
        scope.report.wrong(key, got, f"write less than {timeout}, or leave it out", reads=[key, ("gateway",)])


def _wrong_fallback(scope: Scope, name: str, to: str) -> tuple[str, str]:
    known = list(scope.settings.external)
    write = f"write {known[0]}" if known else "write a key of external, or leave fallback out"
    if to == name:
        return "the model itself", write
    model = scope.settings.models.get(to)
    if model is not None and (model.replicas.min == 0 or model.paused):
        return f"{to} {'is paused' if model.paused else 'sleeps while nobody asks'}: it couldn't answer at once", write
    if owner := _owner(scope, to):
        return f"{owner} of this platform; a fallback is a key of external", write
    close = did_you_mean(to, known)
    there = f"there are {', '.join(known)}" if known else "there is no section external"
    return f"no external {to}; {there}", f"write {close}" if close else write
