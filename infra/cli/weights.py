"""`weights`: what the cache holds, what still needs it, and what a removal did, as JSON or for a person to read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from infra.cli.layout import Column, table, wrapped
from infra.on_cache.job import CLAIM
from infra.on_cache.look import Held, Removed, Stored
from infra.plan.plan import Plan
from infra.plan.words import count, memory, usd

_WHOM = 2  # names of what needs a directory


@dataclass(frozen=True)
class Priced:
    """`usd`: of a GiB per month; 0: the cache is billed by its size; None: nobody knows."""

    held: Held
    usd: float | None


def chosen(held: Held, paths: Sequence[str]) -> tuple[list[Stored], list[str]]:
    """What to remove: all that nothing needs, or those of it that are named; and what is wrong with the names."""
    if not paths:
        return held.unneeded, []
    there = {each.path: each for each in held.stored}
    wrong = [f"{path}: the cache has no such directory of a model" for path in paths if path not in there]
    wrong += [f"{path} is needed: {whom(there[path])}" for path in paths if path in there and there[path].kept]
    return [there[path] for path in dict.fromkeys(paths) if path in there and not there[path].kept], wrong


def whom(stored: Stored) -> str:
    more = len(stored.kept) - _WHOM
    return "; ".join(stored.kept[:_WHOM]) + (f" and {more} more" if more > 0 else "")


def data(plan: Plan, priced: Priced, removed: Removed | None) -> dict[str, Any]:
    held = priced.held
    return {
        "stack": plan.stack,
        "claim": {"namespace": plan.settings.namespace.name, "name": CLAIM},
        "usd_per_gib_month": priced.usd,
        "weights": [
            {
                "path": each.path,
                "gib": round(each.gib, 3),
                "usd_per_month": _rounded(each.gib, priced.usd),
                "changed": each.day,
                "unfinished": each.partial,
                "needed_by": list(each.kept),
            }
            for each in held.stored
        ],
        "unneeded_gib": round(_unneeded(held), 3),
        "unneeded_usd_per_month": _rounded(_unneeded(held), priced.usd),
        "others": [{"name": name, "gib": round(gib, 3)} for name, gib in held.others.items()],
        "half_removed_gib": round(held.half_removed_gib, 3),
        "cannot_tell": list(held.unknown),
        "removed": list(removed.paths) if removed else [],
        "not_removed": dict(removed.left) if removed else {},
    }


def _rounded(gib: float, usd_per_gib: float | None) -> float | None:
    return None if usd_per_gib is None else round(gib * usd_per_gib, 2)


def _unneeded(held: Held) -> float:
    return sum(each.gib for each in held.unneeded) + held.half_removed_gib


def lines(plan: Plan, priced: Priced, width: int) -> Iterator[str]:
    held = priced.held
    yield f"{plan.stack} · claim {CLAIM} of namespace {plan.settings.namespace.name} · {memory(_used(held))}"
    yield ""
    needed = [each for each in held.stored if each.kept]
    for title, rows in (("NEEDED BY NOTHING", held.unneeded), ("NEEDED", needed)):
        if rows:
            yield from _table(title, rows, priced.usd, width)
            yield ""
    for each in _notes(priced):
        yield from wrapped(each, width)


def _used(held: Held) -> float:
    return sum(each.gib for each in held.stored) + sum(held.others.values()) + held.half_removed_gib


def _table(title: str, rows: Sequence[Stored], usd_per_gib: float | None, width: int) -> list[str]:
    columns = (Column("size", right=True), Column("$ per month", right=True), Column("changed"), Column(""))
    return table(title, columns, [_row(each, usd_per_gib) for each in rows], width)


def _row(each: Stored, usd_per_gib: float | None) -> tuple[str, ...]:
    month = "-" if not usd_per_gib else f"{each.gib * usd_per_gib:,.2f}"
    unfinished = ["a download that isn't finished"] if each.partial else []
    return each.path, memory(each.gib), month, each.day, "; ".join([*unfinished, *([whom(each)] if each.kept else [])])


def _notes(priced: Priced) -> Iterator[str]:
    held = priced.held
    for each in held.unknown:
        yield f"{each} has the claim and names no directory of it: nobody can tell what it reads, so nothing is removed"
    for name, gib in held.others.items():
        if gib:
            yield f"left alone: {name} ({memory(gib)}) isn't the platform's"
    if held.half_removed_gib:
        yield f"{memory(held.half_removed_gib)} of a removal that was cut off: the next removal ends it"
    yield said(held.unneeded, priced) if held.unneeded else "Everything is needed: there is nothing to remove."
    if priced.usd == 0:
        yield "The cache is a disk, which is billed by its size: a removal makes room, and the bill stays as it is."
    if priced.usd is None:
        yield "What the cache's storage costs isn't known here."


def said(wanted: Sequence[Stored], priced: Priced) -> str:
    """How much would be removed, and what that saves."""
    gib = sum(each.gib for each in wanted)
    saved = f", {usd(gib * priced.usd)} per month" if priced.usd else ""
    directories = "1 directory" if len(wanted) == 1 else f"{len(wanted)} directories"
    return f"Needed by nothing: {directories}, {memory(gib)}{saved}."


def outcome(wanted: Sequence[Stored], removed: Removed) -> Iterator[str]:
    gib = sum(each.gib for each in wanted if each.path in removed.paths)
    yield f"Removed: {count(len(removed.paths), 'model')}, {memory(gib)}." if removed.paths else "Nothing was removed."
    yield from (f"left: {path}: {why}" for path, why in removed.left.items())
