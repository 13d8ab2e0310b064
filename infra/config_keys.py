"""The keys of a stack's config: one for the platform, and one for each secret, which is never inside it."""

import re
from collections.abc import Iterable, Iterator

NAMESPACE = "llm-platform"  # of each key. It doesn't follow the project's name: a renamed project keeps its keys


def config_key(name: str) -> str:
    return f"{NAMESPACE}:{name}"


PLATFORM = config_key("platform")
HUGGING_FACE_TOKEN = "huggingFaceToken"  # for the downloads of gated models
API_KEY = "apiKey"  # of the client `default`; made at random when absent
SECRETS = (HUGGING_FACE_TOKEN, API_KEY)

CLIENT_KEY = r"clientKey-[a-z0-9-]+-[1-9][0-9]*"  # of a client, by its number; made at random when absent
CLIENT_KEY_EXAMPLE = "clientKey-NAME-1"
EXTERNAL_KEY = r"externalKey-[a-z0-9]([a-z0-9-]*[a-z0-9])?"  # of a provider; `external.NAME.keySecret` names it
EXTERNAL_KEY_EXAMPLE = "externalKey-NAME"

ALERT_KEY = (
    r"alertKey-[a-z0-9]([a-z0-9-]*[a-z0-9])?"  # URL or key of a receiver; `monitoring.alerts.receivers` names it
)


TRACE_KEY = r"traceKey-[a-z0-9]([a-z0-9-]*[a-z0-9])?"  # value of a header; `monitoring.traces.otlp.headers` names it


def client_key(client: str, number: int) -> str:
    return f"clientKey-{client}-{number}"


def client_of(secret: str) -> tuple[str, int] | None:
    """The client whose key a secret is, and the key's number."""
    if not re.fullmatch(CLIENT_KEY, secret):
        return None
    client, _, number = secret.removeprefix("clientKey-").rpartition("-")
    return client, int(number)


def is_external_key(secret: str) -> bool:
    return re.fullmatch(EXTERNAL_KEY, secret) is not None


def is_alert_key(secret: str) -> bool:
    return re.fullmatch(ALERT_KEY, secret) is not None


def is_trace_key(secret: str) -> bool:
    return re.fullmatch(TRACE_KEY, secret) is not None


def is_secret(name: str) -> bool:
    others = (is_external_key, is_alert_key, is_trace_key)
    return name in SECRETS or client_of(name) is not None or any(is_one(name) for is_one in others)


def secrets_among(keys: Iterable[str]) -> Iterator[str]:
    """The names of secrets among keys with their namespace."""
    for key in keys:
        namespace, _, name = key.partition(":")
        if namespace == NAMESPACE and is_secret(name):
            yield name
