"""What each client of the gateway loses: a key that stops, a model that it may no longer call, lower limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.config_keys import API_KEY, client_key, config_key
from infra.diff.names import ADAPTER_OF, behind, custom_of, is_there, path_of, said
from infra.engines import ENGINES
from infra.services.gateway.clients import DEFAULT
from infra.sides.types import Side

_GONE = "it is gone: its keys answer 401"
LIMITS = {
    "concurrent_requests": "requests at once",
    "requests_per_minute": "requests per minute",
    "tokens_per_minute": "tokens per minute",
}


def is_lower(now: Mapping[str, Any], was: Mapping[str, Any], key: str) -> bool:
    """Whether a client may have less than before. No number: there is no limit; an older program says none."""
    after = now.get(key)
    return key in was and after is not None and (was[key] is None or after < was[key])


@dataclass(frozen=True)
class ClientNotice:
    """What the applications of one client notice."""

    client: str
    loses: tuple[str, ...]
    stops: bool  # a key that works today is refused
    calls_less: bool = False  # a name or a path that it may call today is refused
    lower: bool = False  # its limits
    moves: bool = False  # its Secret is no longer where it was


def clients_of(side: Side) -> Mapping[str, Mapping[str, Any]]:
    """An older program has none: all its callers have the key that is today's first one of the client `default`."""
    found = side.plan.get("gateway") or {}
    if "clients" in found or not any(side.endpoint(name).get("api_key_secret") for name in side.models):
        return found.get("clients", {})
    return {DEFAULT: {"keys": [1], "models": []}}


def asks_for_a_key_now(name: str, old: Side, new: Side) -> bool:
    """The gateway asks every caller; with an older program, an engine may have taken requests without a key."""
    there = name in old.models and name in new.models
    return there and _has_gateway(new) and not _has_gateway(old) and not old.endpoint(name).get("api_key_secret")


def key_changed(name: str, old: Side, new: Side) -> Iterator[str]:
    """Of the callers of a model that an older program served; with the gateway a key is the client's."""
    was, now = (side.endpoint(name).get("api_key_secret") for side in (old, new))
    if asks_for_a_key_now(name, old, new):
        which = f"the key in {_secret(now)}" if now else "the key of a client"
        yield f"requests without {which} are answered with 401; until now no key is asked for"
    elif not _has_gateway(old) and was != now:
        yield f"its key is in {_secret(now)}, was in {_secret(was)}"
    if _accepts_one_key_of_another(name, old, new):
        yield "callers get 401 from when its new pods are ready until the gateway answers: it accepts one key alone"


def _accepts_one_key_of_another(name: str, old: Side, new: Side) -> bool:
    """With an older program its callers sent the key of the engine themselves."""
    engine = ENGINES.get(new.endpoint(name).get("engine", ""))
    one = engine is not None and engine.checks_key and engine.keys_file is None
    return one and _has_gateway(new) and not _has_gateway(old) and old.endpoint(name).get("engine") is not None


def _has_gateway(side: Side) -> bool:
    return "clients" in (side.plan.get("gateway") or {})


def _secret(secret: Mapping[str, str] | None) -> str:
    return f"Secret {secret['namespace']}/{secret['name']}" if secret else "no Secret"


def given(side: Side, secret: str) -> object:
    """The encrypted text of a secret of the stack file; None: there is none."""
    written = side.config.get(config_key(secret))
    return written if isinstance(written, Mapping) else None


def name_of_key(client: str, number: int) -> str:
    """Of the secret that may give it."""
    return API_KEY if (client, number) == (DEFAULT, 1) else client_key(client, number)


def client_notices(old: Side, new: Side) -> list[ClientNotice]:
    """Of clients that lose something, where the stack stays."""
    if not (old.exists and new.exists):
        return []
    found = (_notice(name, old, new) for name in sorted(clients_of(old)))
    return [each for each in found if each.loses]


def _notice(name: str, old: Side, new: Side) -> ClientNotice:
    if name not in clients_of(new):
        return ClientNotice(name, (_GONE,), stops=True)
    keys = list(_keys(name, old, new))
    less = [*_models(name, old, new), *_own_servers(name, old, new)]
    lower, moves = [*_limits(name, old, new)], [*_secret_of(name, old, new)]
    loses = (*keys, *less, *_by_others(name, old, new), *lower, *moves)
    return ClientNotice(name, loses, bool(keys), bool(less), bool(lower), bool(moves))


def _keys(name: str, old: Side, new: Side) -> Iterator[str]:
    left = clients_of(new)[name]["keys"]
    for number in clients_of(old)[name]["keys"]:
        if number not in left:
            yield f"key {number} answers 401: use key {left[-1]}"
        elif given(old, secret := name_of_key(name, number)) != given(new, secret):
            yield f"key {number} is another one: the old one answers 401"


def _models(name: str, old: Side, new: Side) -> Iterator[str]:
    """Of a model that is gone, its own users notice more."""
    was, now = (clients_of(side)[name]["models"] for side in (old, new))
    lost = [each for each in was if each not in now and (is_there(each, new) or each not in old.models)]
    yield from _refused({each: is_there(each, new) for each in lost})


def _own_servers(name: str, old: Side, new: Side) -> Iterator[str]:
    mine, kept = (clients_of(side)[name].get("custom") or [] for side in (old, new))
    yield from _refused({path_of(each): each in custom_of(new) for each in mine if each not in kept})
    for each in mine:
        heard = (custom_of(old).get(each) or {}).get("audio")
        if each in kept and heard and not (custom_of(new).get(each) or {}).get("audio"):
            yield f"{each} no longer answers requests of audio: 404"


def _refused(lost: Mapping[str, bool]) -> Iterator[str]:
    """By what it may no longer call: whether others still may."""
    for there, answer in ((True, ": 403"), (False, ", as nothing is there any more: 404")):
        if found := [each for each, stays in lost.items() if stays is there]:
            yield f"may no longer call {', '.join(found)}{answer}"


def _by_others(name: str, old: Side, new: Side) -> Iterator[str]:
    """Of names and paths that stay; what differs of a model, or of its adapter, is said of the model."""
    was, now = behind(old), behind(new)
    for each in sorted(_called(name, old) & _called(name, new)):
        before, after = was.get(each), now.get(each)
        own = each in old.models and each in new.models
        alike = before and after and ADAPTER_OF in before and before[ADAPTER_OF] == after.get(ADAPTER_OF)
        if before and after and before != after and not own and not alike:
            yield f"{each} is answered by {said(after)}, was by {said(before)}"


def _called(name: str, side: Side) -> set[str]:
    client = clients_of(side)[name]
    return {*client["models"], *map(path_of, client.get("custom") or ())}


def _limits(name: str, old: Side, new: Side) -> Iterator[str]:
    was, now = (clients_of(side)[name] for side in (old, new))
    for key, words in LIMITS.items():
        if is_lower(now, was, key):
            before = f"{was[key]:,}" if was[key] is not None else "not limited"
            yield f"at most {now[key]:,} {words}, was {before}; more answer 429"


def _secret_of(name: str, old: Side, new: Side) -> Iterator[str]:
    was, now = (clients_of(side)[name] for side in (old, new))
    if (namespace := was.get("namespace")) and namespace != now["namespace"]:
        yield f"its Secret is no longer kept in namespace {namespace}"
