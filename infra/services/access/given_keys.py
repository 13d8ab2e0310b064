"""Keys that the stack gives as secrets. A plan looks at their names, and `up` at their values: it says what is wrong
without showing one."""

from collections.abc import Iterable, Iterator, Mapping

from infra.config_keys import (
    API_KEY,
    HUGGING_FACE_TOKEN,
    client_of,
    config_key,
    is_alert_key,
    is_external_key,
    is_trace_key,
)
from infra.services.gateway.clients import DEFAULT
from infra.services.gateway.section import Client
from infra.services.monitoring.alerts.receivers import secrets_of
from infra.services.tracing.plan import header_secrets
from infra.settings.mistakes import Report, did_you_mean
from infra.settings.platform import Settings

SHORTEST = 16  # characters of a client's key: about 95 bits where they are random letters and digits


def check_given_keys(settings: Settings, secrets: Iterable[str], stack: str, report: Report) -> None:
    """A key whose client is mistyped would be read by nobody, and the client would have a random one."""
    gateway = settings.gateway
    named = gateway.clients if gateway is not None else {}
    clients = {**({DEFAULT: Client()} if gateway is None or gateway.default_client else {}), **named}
    of_providers = {each.key_secret for each in settings.external.values()}
    for secret in sorted(secrets):
        of = client_of(secret)
        wrong = _wrong_name(*of, clients, stack) if of is not None else None
        if is_external_key(secret) and secret not in of_providers:
            wrong = _unread(secret, of_providers, stack, "external")
        if is_alert_key(secret) and secret not in secrets_of(settings):
            wrong = _unread(secret, secrets_of(settings), stack, "receiver")
        if is_trace_key(secret) and secret not in header_secrets(settings):
            wrong = _unread(secret, header_secrets(settings), stack, "header of monitoring.traces")
        if wrong is not None:
            got, write = wrong
            report.always((config_key(secret),), got, write, path=secret)


def _unread(secret: str, known: Iterable[str], stack: str, of: str) -> tuple[str, str]:
    close = did_you_mean(secret, known)
    got = f"no {of} has this keySecret" + (f"; did you mean {close}?" if close else "")
    return got, f"pulumi config rm {secret} -s {stack}"


def _wrong_name(name: str, number: int, clients: Mapping[str, Client], stack: str) -> tuple[str, str] | None:
    remove = f"pulumi config rm clientKey-{name}-{number} -s {stack}"
    if name not in clients:
        close = did_you_mean(name, clients)
        return f"gateway.clients has no {name}" + (f"; did you mean {close}?" if close else ""), remove
    if (name, number) == (DEFAULT, 1):
        return f"the first key of {DEFAULT} is another secret", f"pulumi config set --secret {API_KEY} -s {stack}"
    keys = clients[name].keys
    if number in keys or number == keys[-1] + 1:  # the next one is set before the rotation
        return None
    valid = " and ".join(map(str, keys))
    return f"not valid: gateway.clients.{name}.keys has {valid}, and the next is {keys[-1] + 1}", remove


def wrong_secrets(values: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the values of secrets, by their names, and the command that sets each again."""
    for name, value in sorted(values.items()):
        inside = value.replace(" ", "") if is_trace_key(name) else value  # `Bearer KEY`
        if not inside or any(letter.isspace() for letter in inside):
            # A secret that was set from a file can end with a line break, and no HTTP header may hold one.
            yield (
                f"{name} is empty, or has a space or a line break in it (value not shown); set it again:\n"
                f"  tr -d '[:space:]' < FILE | {_set(name)}"
            )
        elif (client_of(name) or is_external_key(name) or is_trace_key(name)) and not (
            value.isascii() and value.isprintable()
        ):
            yield f"{name} has letters that no HTTP header may hold (value not shown); set it again:\n  {_set(name)}"
        elif client_of(name) and len(value) < SHORTEST:
            yield f"{name} has fewer than {SHORTEST} characters (value not shown); set it again:\n  {_set(name)}"
    yield from _twice(values)


def _twice(values: Mapping[str, str]) -> Iterator[str]:
    """A request with such a key would be counted for one of them, and nobody could revoke the other's alone."""
    names: dict[str, list[str]] = {}
    for name, value in sorted(values.items()):
        if name != HUGGING_FACE_TOKEN and not (is_external_key(name) or is_alert_key(name) or is_trace_key(name)):
            names.setdefault(value, []).append(name)
    for first, *others in names.values():
        if others:
            yield f"{', '.join((first, *others))} are the same (value not shown); set another:\n  {_set(others[-1])}"


def _set(name: str) -> str:
    return f"pulumi config set --secret {config_key(name)}"
