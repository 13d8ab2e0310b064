"""A service: something that a stack can have beside its models. A small one overrides two or three of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.owner import Owner, Part

if TYPE_CHECKING:
    from infra.catalog import Catalog
    from infra.plan.cluster import AddonPlan, ClusterPlan
    from infra.plan.findings import Decided
    from infra.plan.gateway import TrafficPlan
    from infra.plan.models import ModelPlan
    from infra.plan.money import CostItem
    from infra.plan.monitoring import MonitoringPlan
    from infra.plan.notes import Finding
    from infra.plan.plan import Plan
    from infra.plan.way_in import GatewayPlan
    from infra.settings.checks.scope import Scope
    from infra.settings.platform import Settings
    from infra.settings.sections import OwnSection


@dataclass(frozen=True)
class Around:
    """What is decided before a service is planned: where it runs, and beside what."""

    settings: Settings
    catalog: Catalog
    cluster: ClusterPlan
    models: Mapping[str, ModelPlan]
    addons: Mapping[str, AddonPlan]
    monitoring: MonitoringPlan | None
    gateway: GatewayPlan | None
    traffic: TrafficPlan


@dataclass(frozen=True)
class Made:
    """What the program made before a service. Any: this room imports no Pulumi."""

    opts: Any  # ResourceOptions with the Kubernetes provider
    after: tuple[Any, ...]  # resources that have to be there first: nodes, operators, the namespace
    nodes: Mapping[str, Sequence[Any]]  # what makes the nodes of each pool


@dataclass(frozen=True)
class Table:
    """A section of the report: rows whose first cell names the row, below a header of as many cells."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


class Service(Owner):
    """It owns its components, and says what it adds to the plan. What it doesn't override adds nothing.

    What every stack has (weights, serving, gateway, ...) has typed fields of the plan, decided in the order in which
    one needs another (`infra/planning/draft.py`), and is made in the order that `infra/program.py` says.
    """

    section: OwnSection | None = None  # its key of the stack file; those that every stack knows are in `Settings`

    @property
    def in_allow(self) -> tuple[str, ...]:
        """What `allow` may name of it; of a part of the platform that is in `GUARDED`."""
        return () if isinstance(self, Part) else (self.name,)

    def check(self, scope: Scope) -> None:
        """Reports the rules that join several values of the stack file."""

    def plan(self, around: Around) -> Decided[Any]:
        """Yields what it chooses, refuses, warns of and assumes; returns its part of the plan, which is a dataclass of
        plain data: `plan.parts` under its name, and a key below `services` in the plan's JSON. None: it has none."""
        yield from ()

    def to_dos(self, around: Around) -> Iterable[Finding]:
        """What a person has to do before or after the first `pulumi up`; `Step` says when."""
        return ()

    def bill(self, settings: Settings, catalog: Catalog) -> Iterable[CostItem]:
        """Items of the bill."""
        return ()

    def make(self, plan: Plan, made: Made) -> None:
        """Its components. It imports Pulumi and `components` inside."""

    def outputs(self, plan: Plan) -> Mapping[str, Any]:
        """What applications need to know, and no secret: the output of its name."""
        return {}

    def files(self, plan: Plan) -> Mapping[str, str]:
        """What `plan --out DIR` writes besides: a path below DIR, and the text."""
        return {}

    def report(self, plan: Plan) -> Iterable[Table]:
        """Sections of what `plan` prints."""
        return ()
