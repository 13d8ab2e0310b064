"""The engine's state of a stack: what it holds, and what it began to create without seeing the end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.live.commands import pulumi


@dataclass(frozen=True)
class Held:
    """One resource of the state; `id` is empty for a creation that was cut off."""

    urn: str
    type: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def logical_name(self) -> str:
        return self.urn.rpartition("::")[2]

    @property
    def name(self) -> str:
        """As the cluster or its cloud names it."""
        return str(self._metadata.get("name") or self.inputs.get("name") or "")

    @property
    def namespace(self) -> str | None:
        return self._metadata.get("namespace") or self.inputs.get("namespace")

    @property
    def _metadata(self) -> Mapping[str, Any]:
        found = self.inputs.get("metadata")
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True)
class State:
    """`resources`: what the stack manages. `cut_off`: creations that an `up` began, and whose end it couldn't write
    because it was cut off."""

    resources: tuple[Held, ...] = ()
    cut_off: tuple[Held, ...] = ()

    def holds(self, type_: str, name: str, namespace: str | None = None) -> bool:
        return any(each.name == name and each.namespace == namespace for each in self.of(type_))

    def of(self, type_: str) -> list[Held]:
        return [each for each in self.resources if each.type == type_]


def read_state(stack: str) -> State:
    """By the CLI that runs this program. Raises NotRead."""
    deployment = json.loads(pulumi("stack", "export", "--stack", stack)).get("deployment") or {}
    cut_off = (each["resource"] for each in deployment.get("pending_operations") or () if each["type"] == "creating")
    return State(
        tuple(_held(each) for each in deployment.get("resources") or () if not each.get("external")),
        tuple(_held(each) for each in cut_off if each.get("custom")),
    )


def _held(resource: Mapping[str, Any]) -> Held:
    inputs, outputs = resource.get("inputs") or {}, resource.get("outputs") or {}
    return Held(resource["urn"], resource["type"], resource.get("id") or "", inputs, outputs)
