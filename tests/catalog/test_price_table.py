"""A company's own prices: every mistake named, own prices before the list's, the discount on the list alone."""

from pathlib import Path

import pytest

from infra.catalog import load_catalog, price_table_mistakes, with_prices

CATALOG = load_catalog()


def _table(folder: Path, text: str) -> Path:
    path = folder / "prices.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "the first line must be"),
        ("type,price\ng6.xlarge,1\n", "the first line must be"),
        ("instance_type,usd_per_hour\ng9.xlarge,1\n", "line 2: unknown instance type 'g9.xlarge'"),
        ("instance_type,usd_per_hour\ng6.xlarge,-1\n", "line 2: the price of g6.xlarge"),
        ("instance_type,usd_per_hour\ng6.xlarge,nan\n", "line 2: the price of g6.xlarge"),
        ("instance_type,usd_per_hour\ng6.xlarge,cheap\n", "line 2: the price of g6.xlarge"),
        ("instance_type,usd_per_hour\ng6.xlarge,1,2\n", "line 2: the price of g6.xlarge"),
        ("instance_type,usd_per_hour\ng6.xlarge,1\ng6.xlarge,2\n", "line 3: g6.xlarge has a price already"),
    ],
)
def test_a_bad_table_is_named_with_its_line(tmp_path: Path, text: str, mistake: str) -> None:
    (found,) = price_table_mistakes(_table(tmp_path, text), CATALOG)
    assert mistake in found


def test_a_missing_table_is_a_mistake(tmp_path: Path) -> None:
    (found,) = price_table_mistakes(tmp_path / "none.csv", CATALOG)
    assert found == f"{tmp_path / 'none.csv'}: no such file"


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    table = _table(tmp_path, "instance_type,usd_per_hour\nx.y,1\ng6.xlarge,0\n\nm7i.large,1\n")
    assert len(price_table_mistakes(table, CATALOG)) == 2


def test_own_prices_come_first_and_the_discount_is_on_the_list_alone(tmp_path: Path) -> None:
    table = _table(tmp_path, "instance_type,usd_per_hour\ng6.xlarge,0.5\np5e.48xlarge,40\n")
    priced = with_prices(CATALOG, table, 10)
    assert priced.instances["g6.xlarge"].usd_per_hour == 0.5
    assert priced.instances["p5e.48xlarge"].left_out is None  # it had no price
    assert priced.instances["g6.2xlarge"].usd_per_hour == pytest.approx(0.9776 * 0.9)
    assert priced.prices.eks_hour == pytest.approx(0.09)


def test_without_either_nothing_changes() -> None:
    assert with_prices(CATALOG, None, 0) is CATALOG
