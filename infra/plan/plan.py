"""The plan: what the program decided, each decision with its reason. Plain frozen data, no behavior beyond sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.plan.cluster import AddonPlan, CachePlan, ClusterPlan, GatewayPlan, Monitoring, PoolPlan, Quota
from infra.plan.models import ModelPlan
from infra.plan.money import Cheaper, Cost, Remedy
from infra.plan.notes import Assumption, Chosen, ToDo, Violation, Warned
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
    monitoring: Monitoring | None  # None: nothing to scrape with, and so no scaler
    gateway: GatewayPlan | None
    cost: Cost
    remedies: Mapping[str, tuple[Remedy, ...]]  # by model; its neighbours count: they fill the nodes of a pool
    cheaper: Mapping[str, tuple[Cheaper, ...]]  # by model; its neighbours count here too
    while_paused: tuple[Cheaper, ...]  # of a stack whose models are all paused
    chosen: Mapping[str, Chosen]  # dotted path of a stack-file key -> what was chosen
    quotas: tuple[Quota, ...] = field(default=())
    violations: tuple[Violation, ...] = field(default=())
    warnings: tuple[Warned, ...] = field(default=())
    to_do: tuple[ToDo, ...] = field(default=())
    assumptions: tuple[Assumption, ...] = field(default=())
    parts: Mapping[str, Any] = field(default_factory=dict)  # by service: what it decided, a dataclass
