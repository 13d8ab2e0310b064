"""A stack with all add-ons, and the charts of all stacks."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from infra.cli.files import charts
from infra.offline import Planned
from tests.example_stacks import ALL_STACKS, plan_text, planned
from tests.planning.stacks import PROD, changed

_RECEIVERS = {"receivers": {"a": {"webhook": {"keySecret": "alertKey-a"}}}, "route": {"critical": "a"}}
EVERYTHING = "everything"
SCALERS = ("clusterAutoscaler", "karpenter")


def everything(system_nodes: int = 3, scaler: str = "clusterAutoscaler") -> dict[str, Any]:
    """The settings of a stack with all add-ons."""
    return changed(
        PROD,
        cluster__create__systemNodes={"count": system_nodes},
        cluster__create__nodeScaler=scaler,
        gateway__verticalScaling="Initial",
        monitoring={"grafana": True, "logs": {"to": "cloudwatch"}, "traces": {}, "alerts": _RECEIVERS},
    )


@cache
def planned_everything(scaler: str) -> Planned:
    config = {"aws:region": "us-east-1", "llm-platform:platform": everything(scaler=scaler)}
    return plan_text(EVERYTHING, json.dumps({"config": config}))


def releases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Of all stacks."""
    for stack in ALL_STACKS:
        for release in charts(planned(stack).recording):
            yield stack, release
    for scaler in SCALERS:
        for release in charts(planned_everything(scaler).recording):
            yield EVERYTHING, release
