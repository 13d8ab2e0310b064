"""Which gateway is called, as which client, with which key."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.live.commands import NotRead, pulumi
from infra.plan.plan import Plan
from infra.services.gateway.clients import DEFAULT

KEY_VARIABLE = "LLM_PLATFORM_KEY"


class BadTarget(Exception):
    """What is wrong with what was given, and what to write."""


@dataclass(frozen=True)
class Given:
    """On the command line and in the environment."""

    url: str | None
    client: str | None
    key_file: Path | None
    key: str | None


@dataclass(frozen=True)
class Target:
    base_url: str
    client: str
    key: str


def target_of(plan: Plan, given: Given) -> Target:
    """Raises BadTarget and NotRead."""
    client, key = _client(plan, given.client), _given_key(given)
    if given.url is not None and not _is_url(given.url):
        raise BadTarget(f"--url {given.url}: not an address; write such as https://llm.example.com/v1")
    missing = [
        *(["--url"] if given.url is None else []),
        *([f"the key into {KEY_VARIABLE} or --key-file"] if key is None else []),
    ]
    outputs = _outputs(plan.stack, missing) if missing else {}
    return Target(given.url or _url(plan, outputs), client, key or _key(plan, outputs, client))


def _client(plan: Plan, wanted: str | None) -> str:
    known = list(plan.traffic.clients)
    if wanted is None and DEFAULT not in known and len(known) > 1:
        raise BadTarget(f"{plan.stack} has {len(known)} clients; write --client with one of {', '.join(known)}")
    if wanted is not None and wanted not in known:
        raise BadTarget(f"--client {wanted}: {plan.stack} has no such client; it has {', '.join(known)}")
    return wanted or (DEFAULT if DEFAULT in known else known[0])


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        return False


def _given_key(given: Given) -> str | None:
    """Without the line break at the end of a file."""
    if given.key_file is None:
        return _one_key(given.key, KEY_VARIABLE) if given.key else None
    where = f"--key-file {given.key_file}"
    try:
        return _one_key(given.key_file.read_text(encoding="utf-8").strip(), where)
    except (OSError, UnicodeDecodeError) as error:
        raise BadTarget(f"{where}: {getattr(error, 'strerror', None) or 'not a text file'}") from None


def _one_key(key: str, where: str) -> str:
    """What an HTTP header may hold."""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise BadTarget(f"{where}: it has to hold one key and nothing else (value not shown)")
    return key


def _outputs(stack: str, missing: Sequence[str]) -> Mapping[str, Any]:
    try:
        return json.loads(pulumi("stack", "output", "--json", "--show-secrets", "--stack", stack))
    except NotRead as error:
        raise NotRead(f"the outputs of {stack}: {error}; else write {', and '.join(missing)}") from None


def _url(plan: Plan, outputs: Mapping[str, Any]) -> str:
    url = _gateway(plan, outputs).get("base_url")
    if url is None:
        raise BadTarget(
            f"{plan.stack} has no address from outside the cluster; write --url, for example after"
            f" `kubectl port-forward -n {plan.settings.namespace.name} service/gateway 8080:80`:"
            " --url http://127.0.0.1:8080/v1"
        )
    return url


def _key(plan: Plan, outputs: Mapping[str, Any], client: str) -> str:
    """The stack says the key of one client; those of the others are in their Secrets."""
    key = outputs.get("api_key")
    if client == DEFAULT and isinstance(key, str):
        return key
    secret = _gateway(plan, outputs).get("clients", {}).get(client, {}).get("secret")
    if secret is None:
        raise BadTarget(f"no key of the client {client}: write it into {KEY_VARIABLE}, or name a file with --key-file")
    read = f"kubectl get secret {secret['name']} -n {secret['namespace']} -o 'jsonpath={{.data.{secret['key']}}}'"
    raise BadTarget(
        f"no key of the client {client}. Its Secret has it: {KEY_VARIABLE}=$({read} | base64 -d) llm-platform smoke"
        f" {plan.stack} --client {client}"
    )


def _gateway(plan: Plan, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    found = outputs.get("gateway")
    if not isinstance(found, dict):
        raise BadTarget(
            f"the outputs of {plan.stack} name no gateway: was `pulumi up -s {plan.stack}` run with this release? Else"
            f" write --url, and the key into {KEY_VARIABLE}"
        )
    return found
