"""A comparison as blocks that Markdown and a terminal both show: verdict and money first, details last."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.cli.diff import access_rows, tables
from infra.cli.diff.comparing import Compared
from infra.cli.diff.marked import code, said
from infra.cli.diff.resource_rows import resources, resources_title
from infra.cli.diff.values import count, names
from infra.cli.diff.verdict import figures_table, headline, mark, reasons
from infra.diff.advice import advice
from infra.diff.difference import Difference

Row = tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A table, or sentences as rows of one cell. `folded`: a detail. `right`: columns of numbers."""

    title: str
    header: Row
    rows: Sequence[Row]
    folded: bool = False
    right: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Told:
    stack: str
    mark: str
    headline: str
    figures: Block
    reasons: Sequence[tuple[str, str]]
    advice: Sequence[str]
    blocks: Sequence[Block]
    footer: str


def tell(compared: Compared) -> Told:
    difference, facts = compared.difference, compared.facts
    blocks = [
        Block("To do for this change", ("of", "what"), tables.to_do(difference)),
        Block("What users notice", ("model", f"during {code('up')}", "afterwards"), tables.users(difference)),
        Block("What answers", ("as", "what", "now", "after"), tables.answers(difference)),
        Block("ACCESS", ("access", "what the change does"), access_rows.summary(difference)),
        Block("RESTARTS", ("restarts", ""), [("models", names(difference.restarts) or "none")]),
    ]
    if facts is not None:
        rows = tables.facts(facts)
        note = tables.effect(difference, facts)
        blocks.append(Block("Prices and facts", ("changed in the program", "old", "new"), rows, note=note))
    blocks += [
        Block(tables.settings_title(difference), ("setting", "old", "new"), tables.settings(difference), folded=True),
        Block(
            resources_title(difference),
            ("", "resource", "property", "old", "new"),
            resources(difference),
            folded=True,
        ),
        Block(tables.fit_title(difference), ("", "", "now", "after"), tables.fit(difference), True, (2, 3)),
        Block("Bill, $ per month, minimum to maximum", ("", "now", "after"), tables.bill(difference), True, (1, 2)),
        Block("ACCESS, each change", ("", "what", "", ""), access_rows.each(difference), True),
        Block("Warnings, and what is gone", ("", ""), tables.notes(difference), True),
    ]
    return Told(
        difference.stack,
        mark(difference),
        headline(difference),
        Block("", (said(difference.stack), "now", "after", "change"), list(figures_table(difference)), right=(1, 2, 3)),
        list(reasons(difference)),
        [said(each) for each in _advice(difference)],
        [block for block in blocks if block.rows],
        _footer(compared),
    )


def _footer(compared: Compared) -> str:
    difference = compared.difference
    tree = f"Planned from {code(compared.tree)}" if compared.tree else "Planned"
    parts = [
        f"{tree} against {code(compared.base)}, offline: no credentials, nothing read from a cloud.",
        _prices(compared),
    ]
    touched = {urn.split("::")[2].rpartition("$")[2] for urn in difference.resources.touched()}
    unknown = {urn.split("::")[2].rpartition("$")[2] for urn in difference.resources.unsure}
    if unknown:
        parts.append(
            f"Whether a change replaces is known for {len(touched - unknown)} of {count(len(touched), 'type')} that"
            f" change; not for {', '.join(code(each) for each in sorted(unknown))}."
        )
    if compared.requirements:
        asks = ", ".join(f"{code(name)} {code(change.old or 'none')}" for name, change in compared.requirements.items())
        parts.append(f"The base asks for other packages ({asks}) and was planned with those that are installed here.")
    return " ".join(part for part in parts if part)


def _prices(compared: Compared) -> str:
    difference = compared.difference
    old, new = (
        [n["message"] for n in s.plan.get("assumptions", []) if n["path"] == "prices"]
        for s in (difference.old, difference.new)
    )
    if not new:
        return ""
    same = ", the same on both sides" if old == new else ""
    return f"{said(new[0][:1].upper() + new[0][1:])}{same}."


def _advice(difference: Difference) -> list[str]:
    """None where an API refuses the change anyway: that says itself what to do instead."""
    if difference.in_place:
        return []
    return advice(difference.old, difference.new, difference.refused, difference.notices)
