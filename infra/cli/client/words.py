"""What a change of a client was, for people and for programs. A key is never shown: only where it is."""

import difflib
import json
import shlex
from collections.abc import Iterator
from typing import Any

from components.client_keys import KEY_FIELD, URL_FIELD
from infra.cli.client import Changed, NotApplied
from infra.plan.gateway import ClientPlan
from infra.plan.labels import CLIENT_LABEL
from infra.plan.notes import Step
from infra.services.access.client_secrets import secret_name, secrets_of

# kubelet looks at each of its pods every 60 to 90 s (syncFrequency 1 min, with a jitter of half of it:
# pkg/kubelet/pod_workers.go); Envoy took at most 0.3 s with 200 clients (tests/gateway/test_rotation.py).
LAG = (
    "A key that was taken out still passes until the gateway's pods have the change: at most 90 seconds until kubelet"
    " copies the Secret to them, and less than one until Envoy reads it. An answer that has begun ends by itself."
)


def as_text(changed: Changed, not_applied: NotApplied | None) -> str:
    parts = [
        [str(changed.path), *(f"  {line}" for line in _diff(changed))],
        [*_said(changed, applied=not_applied is None), *_limits(changed)],
    ]
    if to_do := _to_do(changed):
        parts.append(["To do:", *(f"  {each}" for each in to_do)])
    if not_applied is not None:
        parts.append(
            [f"Not applied: {not_applied}. The file is changed; to apply it:", f"  {shlex.join(not_applied.run)}"]
        )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def as_json(changed: Changed, not_applied: NotApplied | None) -> str:
    client = _client(changed)
    said: dict[str, Any] = {
        "stack": changed.stack,
        "client": changed.client,
        "action": changed.action,
        "file": str(changed.path),
        "diff": _diff(changed),
        "keys": list(client.keys) if client else [],
        "secret": {"name": secret_name(changed.client), "namespaces": _namespaces(changed, client), "key": KEY_FIELD}
        if client
        else None,
        "applied": not_applied is None,
        "not_applied": {"why": str(not_applied), "run": list(not_applied.run)} if not_applied else None,
        "to_do": _to_do(changed),
        "limits_of_others": {name: {"before": list(was), "after": list(now)} for name, was, now in _others(changed)},
        "version": 1,
    }
    return json.dumps(said, indent=2) + "\n"


def _diff(changed: Changed) -> list[str]:
    lines = difflib.unified_diff(changed.old.splitlines(), changed.new.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _client(changed: Changed) -> ClientPlan | None:
    return changed.after.plan.traffic.clients.get(changed.client)


def _namespaces(changed: Changed, client: ClientPlan) -> list[str]:
    plan = changed.after.plan
    return list(secrets_of(client, plan.settings.namespace.name, plan.cluster, ()).values())


def _said(changed: Changed, *, applied: bool) -> Iterator[str]:
    client = _client(changed)
    if client is None:
        yield f"{_after(applied)}{changed.client} is no client any more. {LAG}"
        yield from _at_once(changed)
        if not applied:
            yield f"Until then its keys are valid, also for a client {changed.client} that is added before."
        return
    newest, *older = reversed(client.keys)
    plan, name = changed.after.plan, secret_name(client.name)
    where = " and ".join(_namespaces(changed, client))
    fields = f"as {KEY_FIELD} beside {URL_FIELD}"
    yield f"{_after(applied)}key {newest} is in the Secret {name} of {where}, {fields}. To see it:"
    read = f"{plan.cluster.kubectl} get secret {name} -n {plan.settings.namespace.name}"
    yield f"  {read} -o jsonpath='{{.data.{KEY_FIELD}}}' | base64 -d"
    if older:
        again = f"llm-platform client rotate {changed.stack} {client.name}"
        yield f"Key {older[0]} is valid too. Once every application has taken key {newest}, run again: {again}"
    elif changed.action == "rotate":
        yield f"Key {newest} alone is valid. {LAG}"
        yield from _at_once(changed)


def _at_once(changed: Changed) -> Iterator[str]:
    """kubelet looks at a pod at once when its annotations change; nothing restarts."""
    plan = changed.after.plan
    command = f"{plan.cluster.kubectl} annotate pods -n {plan.settings.namespace.name}"
    yield "Once it is applied, this makes it seconds:"
    yield f'  {command} -l app.kubernetes.io/component=gateway --overwrite llm-platform/look-again="$(date +%s)"'


def _after(applied: bool) -> str:
    return "Applied: " if applied else "Once it is applied: "


def _limits(changed: Changed) -> Iterator[str]:
    found = [
        f"{name} {_both(was[0], now[0])} at once, {_both(was[1], now[1])} per minute"
        for name, was, now in _others(changed)
    ]
    if found:
        yield f"Chosen limits of others change: {'; '.join(found)}. What the stack file says of a client stays."


def _both(was: int, now: int) -> str:
    return f"{was:,} -> {now:,}" if was != now else f"{now:,}"


def _others(changed: Changed) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Clients whose limits follow from how many share a model: their limits at once and per minute."""
    before, after = changed.before.plan.traffic.clients, changed.after.plan.traffic.clients
    for name in sorted((set(before) & set(after)) - {changed.client}):
        was, now = ((each.concurrent_requests, each.requests_per_minute) for each in (before[name], after[name]))
        if was != now:
            yield name, was, now


def _to_do(changed: Changed) -> list[str]:
    """A rotation leaves the namespace as it is: its label was put on when the client was added."""
    path = f"gateway.clients.{changed.client}."
    found = [
        each.message
        for each in changed.after.plan.to_do
        if each.path.startswith(path) and not (changed.action == "rotate" and each.step == Step.CLIENT_NAMESPACES)
    ]
    return [*found, *_copies(changed), *_label(changed)]


def _label(changed: Changed) -> Iterator[str]:
    """Of a revoked client's namespace, where no other client is said to be."""
    plan, clients = changed.before.plan, changed.after.plan.traffic.clients
    gone = changed.before.plan.traffic.clients.get(changed.client)
    if changed.action != "revoke" or gone is None or gone.namespace is None:
        return
    if gone.namespace not in {each.namespace for each in clients.values()}:
        command = f"{plan.cluster.kubectl} label namespace {gone.namespace} {CLIENT_LABEL}-"
        yield f"`{command}`: its pods reach the gateway no more; leave it out where other callers run there"


def _copies(changed: Changed) -> Iterator[str]:
    """What a person put into a client's namespace goes by hand too."""
    plan, gone = changed.before.plan, changed.before.plan.traffic.clients.get(changed.client)
    if changed.action == "revoke" and gone is not None and gone.namespace and not plan.cluster.made:
        yield f"`{plan.cluster.kubectl} delete secret {secret_name(gone.name)} -n {gone.namespace}`: its key is void"
