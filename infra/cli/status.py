"""`status`: how each model is and why, as JSON or for a person to read."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from infra.cli.layout import wrapped
from infra.plan.plan import Plan
from infra.plan.words import minutes
from infra.status.findings import Cause, FirstToken, ServerStatus, Status
from infra.status.first_tokens import promises

_LONG = 90 * 60  # seconds, from which on hours are said


def only(status: Status, plan: Plan, model: str | None) -> Status:
    """A model and its next version; None: all."""
    if model is None:
        return status
    return replace(
        status, models=[each for each in status.models if model in (each.name, plan.models[each.name].next_of)]
    )


def exit_code(status: Status, plan: Plan, no_answer: str) -> int:
    if any(each.wrong for each in status.all):
        return 1
    promised = no_answer and {each.name for each in status.models} & {*promises(plan)}
    return 3 if promised or any(each.state == "UNKNOWN" for each in status.all) else 0


def data(status: Status, plan: Plan, no_answer: str) -> dict[str, Any]:
    return {
        "stack": status.stack,
        "at": status.at.isoformat(timespec="seconds"),
        "wrong": any(each.wrong for each in status.all),
        "models": [{**_server(each), "next_of": plan.models[each.name].next_of} for each in status.models],
        "gateway": _server(status.gateway),
        "not_checked": [*status.not_checked, *([f"time to first token: {no_answer}"] if no_answer else [])],
    }


def _server(each: ServerStatus) -> dict[str, Any]:
    first = each.first_token
    return {
        "name": each.name,
        "state": each.state,
        "ready": each.ready,
        "wanted": each.wanted,
        "since": each.since.isoformat(timespec="seconds") if each.since else None,
        "seconds": each.seconds,
        "planned_seconds": each.planned_seconds,
        "late": each.late,
        "wakes_seconds": each.wakes_seconds,
        "first_token": _first_token(first) if first else None,
        "causes": [
            {"kind": one.kind, "said": one.said, "fix": one.fix, "command": one.command, "stops": one.stops}
            for one in each.causes
        ],
    }


def _first_token(first: FirstToken) -> dict[str, Any]:
    return {
        "p95_seconds": first.seconds,
        "wanted_seconds": first.wanted,
        "promised": first.promised,
        "broken": first.broken,
    }


def lines(status: Status, plan: Plan, width: int, *, whole: bool) -> Iterator[str]:
    """`whole`: each cause, not only the first of a model."""
    yield f"{status.stack} · {plan.cluster.name} · {status.at:%Y-%m-%d %H:%M} UTC"
    yield ""
    names = max(len(each.name) for each in status.all)
    for each in status.all:
        start = f"  {each.name:<{names}}  "
        yield from _hanging(f"{start}{each.state:<8}  {_counted(each)}", _said(each), width)
        yield from _causes(each, plan, " " * len(start), width, whole=whole)


def notes(status: Status, no_answer: str, how: str, width: int) -> Iterator[str]:
    """What nobody could see from here, and how it is seen."""
    if no_answer or status.not_checked:
        yield ""
    for each in status.not_checked:
        yield from _hanging("not read: ", each, width)
    if no_answer:
        yield from _hanging("no time to first token: ", no_answer, width)
        yield f"  {how}"


def _counted(each: ServerStatus) -> str:
    return f"{f'{each.ready} of {each.wanted}' if each.state not in ('ASLEEP', 'PAUSED') else '':<8}  "


def _said(each: ServerStatus) -> str:
    parts = [_time(each), _waking(each), _measured(each.first_token)]
    return "; ".join(part for part in parts if part)


def _time(each: ServerStatus) -> str:
    if each.seconds is None:
        return ""
    since = f"for {_long(each.seconds)}"
    return f"{since}; planned {minutes(each.planned_seconds)}" if each.planned_seconds is not None else since


def _long(seconds: int) -> str:
    if seconds < _LONG:
        return minutes(seconds)
    days = timedelta(seconds=seconds).days
    return f"{days} days" if days > 1 else f"{round(seconds / 3600)} hours"


def _waking(each: ServerStatus) -> str:
    return f"a first call waits about {each.wakes_seconds} s" if each.wakes_seconds is not None else ""


def _measured(first: FirstToken | None) -> str:
    if first is None or first.seconds is None:
        return ""
    wanted = f" ({'promise' if first.promised else 'aim'} {first.wanted:.1f})" if first.wanted is not None else ""
    return f"p95 to first token {first.seconds:.1f} s{wanted}{', BROKEN' if first.broken else ''}"


def _causes(each: ServerStatus, plan: Plan, indent: str, width: int, *, whole: bool) -> Iterator[str]:
    shown: Sequence[Cause] = each.causes if whole else each.causes[:1]
    for cause in shown:
        yield from _hanging(indent, cause.said, width)
        if cause.fix:
            yield from _hanging(f"{indent}fix: ", cause.fix, width)
        if cause.command and (cause.stops or whole or each.late):
            yield f"{indent}next: {cause.command}"  # in one piece, to be copied
    more = len(each.causes) - len(shown)
    if more:
        yield f"{indent}{more} more: llm-platform status {plan.stack} {each.name}"


def _hanging(start: str, text: str, width: int) -> Iterator[str]:
    first, *others = wrapped(text, max(width - len(start), 20)) or [""]
    yield f"{start}{first}".rstrip()
    yield from (" " * len(start) + each for each in others)
