"""Whom a cause is about: a model's server or the gateway, with all that the plan says of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from infra.engines.last_words import LastWords
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.status.seen import Pod, Seen

Refusal = Literal["no-capacity", "quota"]


def _no_command(group: str) -> str:
    return ""


@dataclass(frozen=True)
class CloudWords:
    """What a cloud says when it makes no node, and the command that asks it why a group of nodes doesn't grow."""

    refusals: Mapping[str, Refusal] = field(default_factory=dict[str, Refusal])
    command: Callable[[str], str] = _no_command


@dataclass(frozen=True)
class Subject:
    name: str
    component: str
    path: str  # of its settings in the stack file
    plan: Plan
    seen: Seen
    model: ModelPlan | None  # None: the gateway
    cloud: CloudWords = field(default_factory=CloudWords)
    last_words: tuple[LastWords, ...] = ()  # of its engine

    @property
    def pool(self) -> PoolPlan | None:
        return self.plan.pools.get(self.model.pool) if self.model is not None and self.model.pool else None

    @property
    def kubectl(self) -> str:
        return f"{self.plan.cluster.kubectl} -n {self.plan.settings.namespace.name}"

    @property
    def pods(self) -> list[Pod]:
        return self.seen.pods_of(self.name, self.component)

    def describe(self, pod: Pod) -> str:
        return f"{self.kubectl} describe pod {pod.name}"

    def logs(self, pod: Pod, *, before: bool = False) -> str:
        return f"{self.kubectl} logs {pod.name}{' --previous' if before else ''}"
