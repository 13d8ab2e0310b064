"""The user's own price stands for spot and on demand: a diff of the capacity says so where it shows no dollars."""

from pathlib import Path
from typing import Any

import pytest

from infra.cli.diff.comparing import Compared
from infra.cli.diff.comparison import as_document
from infra.cli.diff.verdict import headline
from infra.cli.document.markdown import to_markdown
from infra.cli.document.marked import plain
from infra.diff.difference import Difference, compare, document
from tests.diff.stacks import edited, side

SPOT, ON_DEMAND = "spot", "on-demand"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prices") / "own.csv"
    path.write_text("instance_type,usd_per_hour\ng6.2xlarge,0.60\n", encoding="utf-8")
    return path


def changed(before: str, after: str, table: Path | None, types: tuple[str, ...] = ("g6.2xlarge",)) -> Difference:
    def of(capacity: str) -> dict[str, Any]:
        pool = {"instanceTypes": types, "capacity": capacity}
        return {"gpuPools.l4": pool, **({"prices": {"table": str(table)}} if table else {})}

    old, new = (side("cloud", edited("cloud", of(each))) for each in (before, after))
    return compare("cloud", old, new)


@pytest.mark.parametrize(("before", "after"), [(SPOT, ON_DEMAND), (ON_DEMAND, SPOT)])
def test_the_own_price_is_named_where_it_stands_for_both(before: str, after: str, table: Path) -> None:
    change = changed(before, after, table)
    assert "the bill stays (your own price of l4 stands for spot and on demand)" in plain(headline(change))
    figures = as_document(Compared(change, None, {}, "main", None)).sections[0]
    assert "l4: your own price stands for spot and on demand, so these figures don't show" in plain(figures.note)
    assert figures.note
    assert "`l4`: your own price stands" in to_markdown(as_document(Compared(change, None, {}, "main", None)))
    assert document(change, None, {})["priced_alike"] == ["l4"]


def test_nothing_is_said_of_it_where_the_bill_shows_the_capacity(table: Path) -> None:
    listed = changed(SPOT, ON_DEMAND, None)
    one_of_two = changed(SPOT, ON_DEMAND, table, ("g6.xlarge",))
    same = changed(SPOT, SPOT, table)
    for change in (listed, one_of_two, same):
        assert document(change, None, {})["priced_alike"] == []
        assert "own price" not in plain(headline(change))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (SPOT, ON_DEMAND, "its nodes are no longer spot nodes"),
        (ON_DEMAND, SPOT, "the cloud takes spot nodes away with two minutes'"),
    ],
)
def test_users_see_the_other_capacity_afterwards(before: str, after: str, says: str, table: Path) -> None:
    (chat,) = [each for each in changed(before, after, table).notices if each.model == "chat"]
    assert any(says in each for each in chat.afterwards)
