"""Logs of the platform's pods in CloudWatch: the rule, the log group and its price."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.plan.money import EXPECTED_LOAD, CostItem
from infra.services.gateway.token_limits import gateway_pods
from infra.services.monitoring.own_section import monitoring_of
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.platform import Settings

if TYPE_CHECKING:
    from infra.planning.cost import Billed

# Per pod and month, of lines that come without a request; and per million requests. Estimates, from lines of 600 bytes
# (the gateway's) and 250 (an engine's) per request, and one of an engine every ten seconds.
GIB_PER_POD, GIB_PER_MILLION = 0.1, 0.8


def check_logs(scope: Scope) -> None:
    if monitoring_of(scope.settings).logs is not None and not scope.on_aws:
        got = "cloudwatch, and the cluster is a kubeconfig context"
        write = "leave logs out: what collects logs there reads those of the models' namespace too"
        scope.report.wrong(("monitoring", "logs", "to"), got, write, reads=CLUSTER_KIND)


def group_of(settings: Settings, cluster: str) -> str:
    return f"/llm-platform/{cluster}/{settings.namespace.name}"


def logs_item(billed: Billed) -> Iterator[CostItem]:
    logs = monitoring_of(billed.settings).logs
    if logs is None:
        return
    price, replicas = billed.catalog.aws.prices.log_gib_month, [model.replicas for model in billed.models.values()]
    gateway, low = len(gateway_pods(billed.traffic)), sum(each.min for each in replicas)
    high = sum(each.max for each in replicas)
    per_pod, middle = GIB_PER_POD * price, low + (high - low) * EXPECTED_LOAD
    usd = [per_pod * (gateway + number) for number in (low, middle, high)]
    yield CostItem(
        "logs",
        usd[0],
        usd[1],
        usd[2],
        f"CloudWatch, kept {logs.retention_days} days: about {GIB_PER_POD:g} GiB per pod and month, an estimate; a"
        f" million requests add ${GIB_PER_MILLION * price:.2f}",
    )
