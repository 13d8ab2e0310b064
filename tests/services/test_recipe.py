"""CONTRIBUTING's recipe for a service names every hook, and the service of these tests has each of them."""

from pathlib import Path

from infra.registry import SERVICES
from infra.services.service import Service
from tests.services.search import SearchService

CONTRIBUTING = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPE = CONTRIBUTING.partition("**Add a service**")[2].partition("\n**")[0]
HOOKS = {name for name in vars(Service) if not name.startswith("_")} - {"in_allow"}  # which follows from the name


def test_the_recipe_names_every_hook() -> None:
    assert {hook for hook in HOOKS if f"`{hook}`" not in RECIPE} == set()


def test_the_service_of_these_tests_has_every_hook() -> None:
    assert HOOKS - vars(SearchService).keys() == set()


def test_each_service_has_a_folder_of_its_name() -> None:
    assert [type(each).__module__ for each in SERVICES] == [f"infra.services.{each.name}.service" for each in SERVICES]
