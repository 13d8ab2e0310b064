"""A company's own prices: all mistakes are named, they override list prices, the discount is on list prices only."""

from pathlib import Path

import pytest

from infra.catalog import load_catalog, read_price_table
from infra.clouds.aws.prices import priced_types, with_prices
from infra.settings.platform import Prices

CATALOG = load_catalog()


def _table(folder: Path, text: str) -> Path:
    path = folder / "prices.csv"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes_of(table: Path) -> list[str]:
    """The value that was found and what to write instead, in one text."""
    return [f"{got} - {write}" for got, write in read_price_table(table, priced_types(CATALOG))[1]]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "the first line must be"),
        ("type,price\ng6.xlarge,1\n", "the first line must be"),
        ("instance_type,usd_per_hour\ng9.xlarge,1\n", "line 2: unknown instance type 'g9.xlarge'"),
        ("instance_type,usd_per_hour\ng6e.xlarg,1\n", "did you mean g6e.xlarge?"),
        ("instance_type,usd_per_hour\nmainframe,1\n", "leave the line out"),
        ("instance_type,usd_per_hour\ng6.xlarge,1,25\n", "write g6.xlarge,1.25 with a decimal point"),
        ('instance_type,usd_per_hour\ng6.xlarge,"1,25"\n', "write g6.xlarge,1.25 with a decimal point"),
        ("instance_type,usd_per_hour\ng6.xlarge,free\n", "write a line such as g6.xlarge,0.80"),
        ("instance_type,usd_per_hour\ng6.xlarge,-1\n", "line 2: the price of g6.xlarge"),
        ("instance_type,usd_per_hour\ng6.xlarge,nan\n", "line 2: the price of g6.xlarge"),
        ("instance_type,usd_per_hour\ng6.xlarge,cheap\n", "line 2: the price of g6.xlarge"),
        ("instance_type,usd_per_hour\ng6.xlarge,1,2\n", "line 2: the price of g6.xlarge"),
        ("instance_type,usd_per_hour\ng6.xlarge,1\ng6.xlarge,2\n", "line 3: g6.xlarge has a price already"),
    ],
)
def test_a_bad_table_is_named_with_its_line(tmp_path: Path, text: str, mistake: str) -> None:
    (found,) = mistakes_of(_table(tmp_path, text))
    assert mistake in found


def test_a_missing_table_is_a_mistake(tmp_path: Path) -> None:
    (found,) = mistakes_of(tmp_path / "none.csv")
    assert f"{tmp_path / 'none.csv'}: no such file" in found
    assert "write the path of a file that is there; a relative one begins at the project's folder" in found


def test_a_table_beside_the_stack_file_is_found_for_the_path() -> None:
    (found,) = mistakes_of(Path("Pulumi.prod.yaml"))  # any file of that folder
    assert "write table: stacks/Pulumi.prod.yaml; a relative one begins at the project's folder" in found


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    table = _table(tmp_path, "instance_type,usd_per_hour\nx.y,1\ng6.xlarge,0\n\nm7i.large,1\n")
    assert len(mistakes_of(table)) == 2


def test_own_prices_come_first_and_the_discount_is_on_the_list_alone(tmp_path: Path) -> None:
    table = _table(tmp_path, "instance_type,usd_per_hour\ng6.xlarge,0.5\np5e.48xlarge,40\n")
    priced = with_prices(CATALOG, "us-east-1", table, 10)
    assert priced.instances["g6.xlarge"].usd_per_hour == 0.5
    assert priced.instances["p5e.48xlarge"].left_out is None  # it had no price
    assert priced.instances["g6.2xlarge"].usd_per_hour == pytest.approx(0.9776 * 0.9)
    assert priced.aws.prices.eks_hour == pytest.approx(0.09)


def test_the_page_says_what_the_discount_is_not_on() -> None:
    said = Prices.model_fields["discount_percent"].description or ""
    assert said.startswith("percent taken off each price of the cloud's list")
    assert "but not off prices of `table`" in said


@pytest.mark.parametrize(
    ("region", "instance", "usd", "whose"),
    [
        ("eu-central-1", "g6.xlarge", 1.0064, "eu-central-1"),
        ("us-east-1", "g6.xlarge", 0.8048, "us-east-1"),
        ("eu-south-2", "g7e.12xlarge", 8.2856, "us-east-1"),  # offered there, and no price of it is known
        (None, "g6.xlarge", 0.8048, "us-east-1"),
    ],
)
def test_a_price_is_the_regions_or_says_whose_it_is(region: str | None, instance: str, usd: float, whose: str) -> None:
    priced = with_prices(CATALOG, region).instances[instance]
    assert (priced.usd_per_hour, priced.priced_by) == (pytest.approx(usd, abs=0.001), whose)


def test_own_prices_are_nobodys_region_and_hold_for_spot(tmp_path: Path) -> None:
    table = _table(tmp_path, "instance_type,usd_per_hour\ng6.xlarge,0.5\nm7i.xlarge,0.1\n")
    priced = with_prices(CATALOG, "eu-central-1", table)
    own, listed = priced.instances["g6.xlarge"], priced.instances["g6.2xlarge"]
    assert (own.usd_per_hour, own.priced_by, own.spot_usd) == (0.5, None, None)
    assert (listed.priced_by, priced.aws.cpu_instances["m7i.xlarge"].priced_by) == ("eu-central-1", None)
    assert listed.spot_usd is not None


def test_every_price_of_us_east_1_is_that_of_the_newer_table() -> None:
    """The two tables agree, so that a figure doesn't depend on which one was read."""
    for (name, region), price in CATALOG.aws.region_prices.items():
        known = CATALOG.instances.get(name) or CATALOG.aws.cpu_instances.get(name)
        if region == "us-east-1" and known is not None and price.usd_per_hour is not None:
            assert known.usd_per_hour == pytest.approx(price.usd_per_hour, abs=0.002), name
