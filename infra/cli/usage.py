"""`usage`: who used what, as JSON or for a person to read."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from infra.cli.document import Column, Document, Row, Section
from infra.plan.plan import Plan
from infra.plan.words import number, usd
from infra.usage.measured import measure
from infra.usage.prometheus import Prometheus
from infra.usage.shares import Share, Usage, share

TOKEN = "LLM_PLATFORM_PROMETHEUS_TOKEN"  # environment variable with a bearer token, where Prometheus asks for one
_HOURS = {"h": 1, "d": 24, "w": 168}
_MAX_HOURS = 24 * 366
_WHOLE = 0.95  # of the hours that were asked for: a scrape or two may be missing
_COLUMNS = (
    Column("model"),
    Column("requests", right=True),
    Column("failed", right=True),
    Column("tokens in", right=True),
    Column("tokens out", right=True),
    Column("$", right=True),
    Column("$ per million out", right=True),
)


def prometheus_at(url: str) -> Prometheus:
    return Prometheus(url, os.environ.get(TOKEN))


def hours_of(since: str) -> int | None:
    """`7d` -> 168; None: not a period."""
    found = re.fullmatch(r"([1-9]\d*)([hdw])", since)
    hours = int(found[1]) * _HOURS[found[2]] if found else 0
    return hours if 0 < hours <= _MAX_HOURS else None


def usage_of(plan: Plan, prometheus: Prometheus, hours: int) -> Usage:
    """Raises NoAnswer."""
    return share(measure(prometheus, plan, hours), plan)


def reach(plan: Plan) -> str:
    """What to run so that the default address of --prometheus answers."""
    monitoring = plan.monitoring
    if monitoring is None:
        return "This stack has no Prometheus that it knows of: write addons.prometheus."
    service = monitoring.url.split("://", 1)[-1].split("/", 1)[0].split(".", 1)[0].split(":", 1)[0]
    if ".svc" not in monitoring.url:
        return f"This stack's Prometheus: --prometheus {monitoring.url}"
    return f"In another terminal: {plan.cluster.kubectl} -n {monitoring.namespace} port-forward svc/{service} 9090"


def data(usage: Usage, plan: Plan) -> dict[str, Any]:
    budget = plan.settings.budget
    return {
        "stack": plan.stack,
        "hours": usage.hours,
        "usage": [_share(each) for each in usage.shares],
        "elsewhere": [{**_share(each), "external": each.used.served_by} for each in usage.elsewhere],
        "elsewhere_usd": usage.elsewhere_usd,
        "idle": [{"model": each.of, "usd": each.usd} for each in usage.idle],
        "gpu_pools": [{"pool": each.pool, "node_hours": each.hours, "usd": each.usd} for each in usage.pools],
        "other_usd": usage.other_usd,
        "usd": usage.usd,
        "usd_per_month": usage.usd_per_month,
        "budget_usd_per_month": budget.usd_per_month if budget else None,
        "node_hours_without_price": usage.unknown_hours,
        "shared_by_tokens": list(usage.estimated),
    }


def _share(each: Share) -> dict[str, Any]:
    return {
        "client": each.used.client,
        "team": each.used.team or None,
        "model": each.used.model,
        "requests": round(each.used.requests),
        "failed": round(each.used.failed),
        "tokens_in": round(each.used.tokens_in),
        "tokens_out": round(each.used.tokens_out),
        "usd": each.usd,
    }


def document(usage: Usage, plan: Plan, asked: int) -> Document:
    return Document(
        title=f"{plan.stack} · the last {number(asked)} hours",
        sections=[
            Section("BY CLIENT", _COLUMNS, list(_clients(usage.shares)) or [("no request was counted", *("",) * 7)]),
            *_elsewhere(usage),
            *_by_team(usage),
            Section(
                "GPU NODES",
                (Column("hours", right=True), Column("$", right=True)),
                [
                    *_pools(usage),
                    *_idle(usage),
                    ("other costs, by the plan", "", number(usage.other_usd)),
                    ("sum", "", number(usage.usd)),
                ],
            ),
        ],
        footer="\n".join(_notes(usage, plan, asked)),
    )


def _elsewhere(usage: Usage) -> Iterator[Section]:
    columns = (Column("model, from"), *_COLUMNS[1:5], Column("$ at list price", right=True), _COLUMNS[6])
    if usage.elsewhere:
        yield Section("ELSEWHERE", columns, list(_clients(usage.elsewhere)))


def _clients(shares: Sequence[Share]) -> Iterator[Row]:
    for each in sorted(shares, key=lambda one: (one.used.client, -(one.usd or 0), one.used.model)):
        used = each.used
        figures = (used.requests, used.failed, used.tokens_in, used.tokens_out)
        model = f"{used.model}, {used.served_by}" if used.served_by not in ("", used.model) else used.model
        yield (used.client, model, *map(number, figures), _cents(each.usd), _per_million(each))


def _per_million(each: Share) -> str:
    return _cents(each.usd / each.used.tokens_out * 1e6) if each.usd is not None and each.used.tokens_out >= 1 else ""


def _cents(amount: float | None) -> str:
    return "" if amount is None else f"{amount:,.2f}" if amount < 100 else number(amount)


def _by_team(usage: Usage) -> Iterator[Section]:
    """Where no client has a team, there is nothing to add up."""
    teams = sorted({each.used.team for each in usage.shares})
    if any(teams):
        yield Section("BY TEAM", (Column("$", right=True),), [_team(usage, team) for team in teams])


def _team(usage: Usage, team: str) -> Row:
    spent = sum(each.usd or 0.0 for each in usage.shares if each.used.team == team)
    return (team or "(no team)", _cents(spent))


def _pools(usage: Usage) -> Iterator[Row]:
    for each in usage.pools:
        yield (each.pool, number(each.hours), number(each.usd))


def _idle(usage: Usage) -> Iterator[Row]:
    for each in usage.idle:
        if each.usd >= 0.5:
            share = f" ({each.usd / usage.nodes_usd:.0%})" if usage.nodes_usd else ""
            yield (f"of that, idle: {each.of or 'GPUs that no model had'}", "", f"{number(each.usd)}{share}")


def _notes(usage: Usage, plan: Plan, asked: int) -> Iterator[str]:
    if usage.hours < asked * _WHOLE:
        yield f"Prometheus has samples of {number(usage.hours)} of these {number(asked)} hours: the rest is in no sum."
    budget = plan.settings.budget
    pace = f"pace: {usd(usage.usd_per_month)} per month"
    if budget is not None:
        part = usage.usd_per_month / budget.usd_per_month
        pace += f", {part:.0%} of the budget of {usd(budget.usd_per_month)}"
    yield f"{pace}; not in it: traffic, tax"
    yield (
        "A client's dollars are its tokens' share of the nodes' measured hours, at the plan's estimate of a full"
        " replica's speed; what is left of the hours is idle. Requests that the gateway refused (wrong key, limits)"
        " aren't counted."
    )
    if usage.elsewhere:
        yield (
            f"ELSEWHERE is in no sum: {usd(usage.elsewhere_usd)} at the list prices that the stack file gives, and the"
            " provider's invoice counts. Tokens of a stream are counted where its caller asks for them:"
            " `stream_options: {include_usage: true}`."
        )
    if usage.estimated:
        yield f"No speed is known of {', '.join(usage.estimated)}: the hours are shared by tokens, and none is idle."
    if plan.pools and not usage.pools and not usage.unknown_hours:
        yield "No GPU node was seen: none was there, or this Prometheus doesn't scrape kube-state-metrics."
    if usage.unknown_hours >= 0.5:
        yield (
            f"{number(usage.unknown_hours)} hours of GPU nodes have no known pool or price and are in no sum: write"
            " usdPerGpuHour for nodes that exist, and let kube-state-metrics show the nodes' label llm-platform/pool."
        )
