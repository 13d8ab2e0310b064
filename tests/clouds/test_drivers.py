"""Nodes have a driver that runs the CUDA of the engines: the table of AMI releases says which."""

import pytest

from infra.catalog import load_catalog
from infra.engines import ENGINES

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("release", "driver"),
    [
        ("1.33.5-20251002", "570.195.03"),
        ("1.33.5-20251028", "570.195.03"),
        ("1.33.5-20251029", "580.95.05"),
        ("1.34.2-20251023", "580.95.05"),  # the same day had another driver for 1.33
        ("1.33.2-20251023", "570.195.03"),
        ("1.36.2-20260714", "580.159.03"),
        ("1.36.9-20270101", "580.159.03"),  # newer than the table: no older driver than the newest that was seen
        ("1.33.0-20250101", None),
        ("1.37.0-20270101", None),
    ],
)
def test_the_driver_of_a_release(release: str, driver: str | None) -> None:
    assert CATALOG.aws.driver_of(release) == driver


@pytest.mark.parametrize("version", CATALOG.aws.versions)
def test_the_pinned_images_run_every_pinned_engine(version: str) -> None:
    driver = CATALOG.aws.driver_of(CATALOG.aws.versions[version].ami_release)
    built = [engine.cuda for engine in ENGINES.values() if engine.cuda is not None]
    assert driver is not None
    assert built
    assert all(int(driver.split(".")[0]) >= CATALOG.cuda_drivers[cuda.split(".")[0]] for cuda in built)
