"""A report as GitHub-flavoured Markdown: the verdict first, details folded."""

from infra.cli.report import Report, Section


def to_markdown(report: Report) -> str:
    lines = [f"### {report.title}", ""]
    lines += [f"- **{row[0]}** {_cell(row[1])}" for row in report.verdict]
    for section in report.sections:
        lines += ["", *_section(section)]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> list[str]:
    table = _table(section)
    if section.note:
        table += ["", "<br>".join(_cell(line) for line in section.note.splitlines())]
    if section.detail:
        return [f"<details><summary>{section.title}</summary>", "", *table, "", "</details>"]
    return [f"**{section.title}**", "", *table]


def _table(section: Section) -> list[str]:
    header = ["", *(column.title for column in section.columns)]
    rule = ["---", *("--:" if column.right else "---" for column in section.columns)]
    fixed = [False, *(column.fixed for column in section.columns)]
    rows = ([_cell(cell, code) for cell, code in zip(row, fixed, strict=True)] for row in section.rows)
    return [_line(header), _line(rule), *(_line(row) for row in rows)]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str, code: bool = False) -> str:
    """Text that a table cell can hold and that can't turn into markup of its own."""
    if code and text:
        return f"`{text}`"
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
