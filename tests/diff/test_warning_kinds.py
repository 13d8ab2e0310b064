"""A base that was planned by older code has warnings without a kind."""

from infra.diff.findings import compare_findings
from infra.diff.types import Side

OLD = {"path": "models.chat.revision", "message": "none is given"}


def test_a_warning_that_only_gained_its_kind_is_not_new() -> None:
    old, new = Side({"warnings": [OLD]}), Side({"warnings": [OLD | {"kind": "no-revision"}]})
    assert not compare_findings(old, new, "warnings")


def test_another_message_is_new() -> None:
    new = {**OLD, "message": "another", "kind": "no-revision"}
    found = compare_findings(Side({"warnings": [OLD]}), Side({"warnings": [new]}), "warnings")
    assert (found.introduced, found.mended) == ([new], [OLD])
