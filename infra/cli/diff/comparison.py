"""A comparison as a document, which is the comment of a pull request: verdict and money first, details last."""

from collections.abc import Iterator, Sequence

from infra.cli.diff import access_rows, tables
from infra.cli.diff.comparing import Compared
from infra.cli.diff.figures_table import figures_table
from infra.cli.diff.money import figures_note
from infra.cli.diff.resource_rows import resources, resources_title
from infra.cli.diff.values import names
from infra.cli.diff.verdict import headline, mark, reasons
from infra.cli.document import Document, Row, Section, columns
from infra.cli.document.marked import code, said
from infra.diff.advice import advice
from infra.diff.difference import Difference
from infra.plan.words import count
from infra.sides.types import Changes

# Old and new have no room side by side in a terminal.
_SETTING = "{0}", "{1} → {2}"
_FIGURE = "{0}", "{1}: {2} → {3}"
_RESOURCE = "{5} {1}", "{2}: {3} → {4}"
_ACCESS = "{2} {0}: {1}", "{3}"
_WORDS = {"❌": "FAILS", "⚠️": "LOOK", "✅": "OK"}


def as_document(compared: Compared) -> Document:
    difference = compared.difference
    first, line = mark(difference), headline(difference, _by_program(compared))
    sections = (
        _figures(difference),
        Section("Fails because", rows=[*reasons(difference)], kind="reasons"),
        *_open(compared),
        Section("How", rows=[("how", said(each)) for each in _advice(difference)], kind="advice"),
        *_folded(difference),
    )
    return Document(
        f"{difference.stack} · what changes",
        [(_WORDS[first], line.partition(": ")[2])],
        [section for section in sections if section.rows],
        _footer(compared),
        headline=f"{first} {line}",
        comment=difference.stack,
    )


def _by_program(compared: Compared) -> Changes:
    effect = compared.facts.effect if compared.facts else None
    return effect.cost if effect is not None else {}


def _figures(difference: Difference) -> Section:
    shown = columns("now", "after", "change", right=3)
    return Section("", shown, [*figures_table(difference)], figures_note(difference), names=difference.stack)


def _open(compared: Compared) -> Iterator[Section]:
    difference, facts = compared.difference, compared.facts
    yield Section("To do for this change", columns("what"), tables.to_do(difference), names="of")
    users = columns(f"during {code('up')}", "afterwards")
    yield Section("What users notice", users, tables.users(difference), names="model")
    yield _changes("What answers", ("as", "what", "now", "after"), tables.answers(difference), _FIGURE)
    yield Section("ACCESS", columns("what the change does"), access_rows.summary(difference), names="access")
    restarts = [("models", names(difference.restarts) or "none")]
    if difference.restarts_beside:
        restarts.append(("others", names(difference.restarts_beside)))
    yield Section("RESTARTS", columns(""), restarts, names="restarts")
    if facts is not None:
        titles, note = ("changed in the program", "old", "new"), tables.effect(difference, facts)
        yield _changes("Prices and facts", titles, tables.facts(facts), _SETTING, note=note)


def _folded(difference: Difference) -> Iterator[Section]:
    settings, titles = tables.settings(difference), ("setting", "old", "new")
    yield _changes(tables.settings_title(difference), titles, settings, _SETTING, folded=True)
    titles = ("", "resource", "property", "old", "new")
    yield _changes(resources_title(difference), titles, resources(difference), _RESOURCE, folded=True)
    titles = ("", "", "now", "after")
    yield _changes(tables.fit_title(difference), titles, tables.fit(difference), _FIGURE, folded=True, right=2)
    bill = columns("now", "after", right=2)
    yield Section("Bill, $ per month, minimum to maximum", bill, tables.bill(difference), folded=True)
    titles = ("", "what", "", "")
    yield _changes("ACCESS, each change", titles, access_rows.each(difference), _ACCESS, folded=True)
    yield Section("Warnings, and what is gone", columns(""), tables.notes(difference), folded=True)


def _changes(
    title: str,
    titles: Sequence[str],
    rows: Sequence[Row],
    in_lines: tuple[str, str],
    *,
    right: int = 0,
    folded: bool = False,
    note: str = "",
) -> Section:
    return Section(title, columns(*titles[1:], right=right), rows, note, folded, names=titles[0], in_lines=in_lines)


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
