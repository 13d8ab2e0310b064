"""What answers a request by the name that it sends, or by its path: models, their adapters, models elsewhere and own
servers."""

from collections.abc import Mapping
from typing import Any

from infra.sides.types import Side

OWN = "its own servers"
# What is compared of a name.
MODEL, PROVIDER, TASK, SERVER = "model", "provider", "task", "server"
ADAPTER_OF, ADAPTED = "adapter of", "revision of the adapter"


def adapters_of(side: Side, model: str) -> Mapping[str, Any]:
    """As the stack file says."""
    models = side.platform.get("models")
    found = models.get(model) if isinstance(models, Mapping) else None
    adapters = found.get("adapters") if isinstance(found, Mapping) else None
    return adapters if isinstance(adapters, Mapping) else {}


def externals_of(side: Side) -> Mapping[str, Mapping[str, Any]]:
    """An older program has none."""
    return side.plan.get("external") or {}


def custom_of(side: Side) -> Mapping[str, Mapping[str, Any]]:
    return (side.plan.get("gateway") or {}).get("custom") or {}


def path_of(server: str) -> str:
    return f"/custom/{server}/"


def is_there(name: str, side: Side) -> bool:
    """As a model, an adapter or a model elsewhere."""
    adapted = any(name in (side.endpoint(model).get("adapters") or ()) for model in side.models)
    return name in side.models or adapted or name in externals_of(side)


def behind(side: Side) -> dict[str, dict[str, Any]]:
    """What answers by each name; a name that isn't there has nothing. Own models are compared in more detail."""
    found: dict[str, dict[str, Any]] = {}
    for model, said in side.models.items():
        found[model] = {MODEL: said.get("model"), PROVIDER: OWN}
        for name, adapter in adapters_of(side, model).items():
            given = adapter if isinstance(adapter, Mapping) else {}
            of = {ADAPTER_OF: model, ADAPTED: given.get("revision")}
            found[name] = {MODEL: given.get("model"), PROVIDER: OWN, **of}
    written = side.platform.get("external") or {}
    for name, external in externals_of(side).items():
        task = (written.get(name) or {}).get("task")
        found[name] = {MODEL: external["model"], PROVIDER: external["base_url"], TASK: task or "chat"}
    for name, server in custom_of(side).items():
        found[path_of(name)] = {SERVER: f"{server['host']}:{server['port']}"}
    return found


def said(of: Mapping[str, Any]) -> str:
    """Who answers, in the words of a sentence."""
    if SERVER in of:
        return of[SERVER]
    if of[PROVIDER] != OWN:
        return f"{of[MODEL]} at {of[PROVIDER]}{' (embeddings)' if of[TASK] == 'embed' else ''}"
    return f"adapter {of[MODEL]} of {of[ADAPTER_OF]}" if ADAPTER_OF in of else f"{of[MODEL]} on its own servers"


def said_by(name: str, side: Side) -> str | None:
    """None: nothing answers by that name."""
    return said(of) if (of := behind(side).get(name)) else None
