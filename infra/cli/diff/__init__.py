"""`diff`: what the working tree changes, against a base."""

import json

from infra.cli.diff.comparing import STACKS, Compared, compare_with
from infra.cli.terminal import printable, terminal_width
from infra.diff.difference import document
from infra.sides.types import Change
from infra.stack_file import stack_path


def run(stack: str, base: str, format_: str) -> tuple[str, list[str], int]:
    """What to print, what to say beside it, and the exit code. Raises BadBase and BadStackFile."""
    stack_path(STACKS, stack)  # a path for a name is refused as `plan` refuses it
    compared = compare_with(stack, base)
    notes = [f"{name}: {_versions(change)}" for name, change in compared.requirements.items()]
    if notes:
        notes.insert(0, f"{compared.base} was planned with the packages that are installed here; it asks for others:")
    if not compared.difference and format_ != "json":
        notes.append(f"{stack}: nothing changes against {compared.base}")
        return "", notes, 0
    return _render(compared, format_), notes, 1 if compared.difference.fails else 0


def _render(compared: Compared, format_: str) -> str:
    if format_ == "json":
        content = document(compared.difference, compared.facts, compared.requirements)
        return json.dumps(content, indent=2, ensure_ascii=True) + "\n"
    from infra.cli.diff.told import tell

    told = tell(compared)
    if format_ == "markdown":
        from infra.cli.diff.markdown import to_markdown

        text = to_markdown(told)
        # Where only ASCII can be printed, GitHub shows character references all the same.
        return text if printable(text) == text else text.encode("ascii", "xmlcharrefreplace").decode()
    from infra.cli.diff.text import to_text

    return to_text(told, terminal_width())


def _versions(change: Change) -> str:
    return f"{change.old or 'none'} there, {change.new or 'none'} here"
