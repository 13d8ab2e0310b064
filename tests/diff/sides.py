"""A stack of the repository before and after an edit of its text, compared."""

from functools import cache

from infra.cli.as_json import document
from infra.diff.difference import Difference, compare
from infra.settings.document import read_document
from infra.sides.types import Side
from tests.example_stacks import plan_text, text

Edit = tuple[str, str]  # the old text, and the new text


@cache
def side(stack: str, *edits: Edit) -> Side:
    edited = text(stack)
    for old, new in edits:
        assert old in edited
        edited = edited.replace(old, new)
    return Side(document(plan_text(stack, edited)), read_document(edited).config or {})


@cache
def compared(stack: str, *edits: Edit) -> Difference:
    return compare(stack, side(stack), side(stack, *edits))
