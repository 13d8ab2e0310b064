"""CONTRIBUTING's recipe for a service names every hook, and the service of these tests has each of them."""

import tomllib
from pathlib import Path

from infra.registry import SERVICES
from infra.services.service import Service
from tests.services.search import SearchService

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "pyproject.toml"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPE = CONTRIBUTING.partition("**Add a service**")[2].partition("\n**")[0]
HOOKS = {name for name in vars(Service) if not name.startswith("_")} - {"in_allow"}  # which follows from the name


def test_the_recipe_names_every_hook() -> None:
    assert {hook for hook in HOOKS if f"`{hook}`" not in RECIPE} == set()


def test_the_service_of_these_tests_has_every_hook() -> None:
    assert HOOKS - vars(SearchService).keys() == set()


def test_each_service_has_a_folder_of_its_name() -> None:
    assert [type(each).__module__ for each in SERVICES] == [f"infra.services.{each.name}.service" for each in SERVICES]


def test_components_and_pulumi_are_imported_by_the_file_that_the_recipe_names() -> None:
    contracts = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (protected,) = (each for each in contracts if "pulumi" in each.get("protected_modules", ()))
    of_services = [each for each in protected["allowed_importers"] if each.startswith("infra.services")]
    assert of_services == ["infra.services.*.make", "infra.services.serving.make_weights"]
    assert "`make.py` of the folder imports it and is the only file of the folder that may" in RECIPE
    assert "`make_weights.py` of `serving`" in RECIPE
