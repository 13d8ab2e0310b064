"""A plan in the format that was asked for, as wide as the terminal and in characters that it has."""

from infra.cli.as_json import to_json
from infra.cli.report import report
from infra.cli.terminal import printable, terminal_width
from infra.offline import Planned


def render(planned: Planned, format_: str) -> str:
    if format_ == "json":
        return to_json(planned)
    if format_ == "markdown":
        from infra.cli.as_markdown import to_markdown

        return printable(to_markdown(report(planned)))
    from infra.cli.as_text import to_text

    return to_text(report(planned), terminal_width())
