"""`diff`: what the working tree changes, against a base."""

from pathlib import Path

from infra.cli.diff.comparing import compare_with
from infra.cli.diff.comparison import as_document
from infra.cli.document import rendered
from infra.diff.difference import document
from infra.sides.types import Change
from infra.stack_file import stack_path


def run(stack: str, base: str, format_: str, stacks: Path) -> tuple[str, list[str], int]:
    """What to print, what to say beside it, and the exit code. Raises BadBase and BadStackFile."""
    stack_path(stacks, stack)  # a path for a name is refused as `plan` refuses it
    compared = compare_with(stack, base, stacks)
    difference = compared.difference
    notes = [f"{name}: {_versions(change)}" for name, change in compared.requirements.items()]
    if notes:
        notes.insert(0, f"{compared.base} was planned with the packages that are installed here; it asks for others:")
    if not difference and format_ != "json":
        notes.append(f"{stack}: nothing changes against {compared.base}")
        return "", notes, 0
    text = rendered(
        format_, lambda: document(difference, compared.facts, compared.requirements), lambda: as_document(compared)
    )
    return text, notes, 1 if difference.fails else 0


def _versions(change: Change) -> str:
    return f"{change.old or 'none'} there, {change.new or 'none'} here"
