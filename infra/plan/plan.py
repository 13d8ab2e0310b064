"""The plan: what the program decided, and the reason for each decision. It is frozen data that adds up numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.plan.cache import CachePlan
from infra.plan.cluster import AddonPlan, ClusterPlan, Quota
from infra.plan.definitions import Definitions
from infra.plan.gateway import TrafficPlan
from infra.plan.labels import in_metrics
from infra.plan.models import ModelPlan, Spare
from infra.plan.money import Cheaper, Cost, Morning, Night, Remedy
from infra.plan.monitoring import MonitoringPlan
from infra.plan.notes import Assumption, Chosen, ToDo, Violation, Warned
from infra.plan.pools import PoolPlan
from infra.plan.way_in import GatewayPlan
from infra.settings.platform import Settings


@dataclass(frozen=True)
class Plan:
    stack: str
    settings: Settings
    cluster: ClusterPlan
    pools: Mapping[str, PoolPlan]
    models: Mapping[str, ModelPlan]
    addons: Mapping[str, AddonPlan]  # keys as in the stack file: nvidiaDevicePlugin, ...
    cache: CachePlan
    monitoring: MonitoringPlan | None  # None: nothing scrapes the models, so none can scale
    gateway: GatewayPlan | None  # how callers outside the cluster reach it; None: they don't
    traffic: TrafficPlan
    cost: Cost
    spares: Mapping[str, Spare]  # by model; they depend on the other models of its pool
    remedies: Mapping[str, tuple[Remedy, ...]]  # the same
    cheaper: Mapping[str, tuple[Cheaper, ...]]  # by model; they depend on the other models of its pool
    while_paused: tuple[Cheaper, ...]  # where all models of the stack are paused
    nights: Mapping[str, Night]  # by model that has a schedule and isn't paused
    mornings: Mapping[str, Morning]  # by model that sleeps at all hours
    chosen: Mapping[str, Chosen]  # dotted path of a key of the stack file -> what was chosen
    quotas: tuple[Quota, ...] = field(default=())
    violations: tuple[Violation, ...] = field(default=())
    warnings: tuple[Warned, ...] = field(default=())
    to_do: tuple[ToDo, ...] = field(default=())
    assumptions: tuple[Assumption, ...] = field(default=())
    kinds_of_others: tuple[Definitions, ...] = field(default=())  # that no chart of the plan brings
    parts: Mapping[str, Any] = field(default_factory=dict)  # name of a service -> what it decided, a dataclass

    @property
    def gpus_in_metrics(self) -> str:
        """The label that selects the GPUs of its pools in metrics of kube-state-metrics."""
        return in_metrics(pool.resource for pool in self.pools.values())

    @property
    def measured(self) -> tuple[str, ...]:
        return scaled_by_use(self.models, self.traffic)

    @property
    def named(self) -> Mapping[str, ModelPlan]:
        """By the names that requests send. `models` are all servers: a next version is one without such a name."""
        return {name: model for name, model in self.models.items() if model.next_of is None}


def scaled_by_use(models: Mapping[str, ModelPlan], traffic: TrafficPlan) -> tuple[str, ...]:
    """What scales, in number or in size, by what metrics-server measures."""
    by_use = {name for name, model in models.items() if model.pods or (model.scaling and model.scaling.cpu)}
    names = sorted(by_use | {name for name, model in models.items() if model.vertical})
    return (*names, *(("the gateway",) if traffic.scaling or traffic.vertical else ()))
