"""A service's key of the stack file is read, refused and documented like every other key."""

import json

import jsonschema
import pytest

from docs import keys
from infra.registry import added
from infra.services.service import Service
from infra.settings.document import read_document
from infra.settings.mistakes import BadStackFile
from infra.settings.sections import OwnSection
from infra.stack_file import stack_file_schema
from tests.example_stacks import plan_text
from tests.services.search import SECTION, SearchSection
from tests.services.test_added_service import FILE, SEARCH, STACK, WITHOUT, with_service

LINE = WITHOUT.count("\n") + 1  # of `search`
WRONG = {
    "a wrong value": (
        "search: {size: big}",
        ("search.size", 'got "big"; allowed: a size in Gi or Ti', 'write, for example, size: "100Gi"'),
    ),
    "a wrong range": (
        "search: {replicas: 9}",
        ("search.replicas", "got the number 9; allowed: a whole number from 1 to 3", "write replicas: 3"),
    ),
    "a mistyped key": ("search: {sise: 20Gi}", ("search.sise", "unknown key; did you mean size?", "")),
    "no section": (
        "search: big",
        ("search", 'got "big"; allowed: a mapping with size, replicas', 'write, for example, search: {size: "20Gi"}'),
    ),
    "a mistyped section": ("serach: {size: 20Gi}", ("serach", "unknown key; did you mean search?", "")),
    "its own rule": (
        "search: {replicas: 2}",
        ("search.replicas", "2 pods, and a volume has one reader", "write replicas: 1"),
    ),
}


def mistakes(written: str) -> list[tuple[str, int | None, str, str]]:
    with pytest.raises(BadStackFile) as caught:
        with_service(SEARCH, f"{WITHOUT}        {written}\n")
    return [(each.path, each.line, each.got, each.write) for each in caught.value.mistakes]


@pytest.mark.parametrize(("written", "says"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_named(written: str, says: tuple[str, str, str]) -> None:
    path, got, write = says
    assert mistakes(written) == [(path, LINE, got, write)]


def test_its_mistakes_stand_beside_all_others() -> None:
    found = mistakes("search: {size: big}\n        protect: perhaps")
    assert [path for path, *_ in found] == ["search.size", "protect"]


def test_without_its_key_nothing_of_it_is_there() -> None:
    assert with_service(SEARCH, WITHOUT).recording == plan_text(STACK, WITHOUT).recording


def test_without_the_service_its_key_is_unknown() -> None:
    with pytest.raises(BadStackFile, match="unknown key"):
        plan_text(STACK, FILE)


def test_its_default_holds() -> None:
    default = with_service(SEARCH, f"{WITHOUT}        search: {{}}\n")
    assert default.recording == with_service().recording


def test_the_schema_and_the_page_of_keys_have_it() -> None:
    file = {"config": read_document(FILE).config}
    with added(SEARCH):
        schema, page = stack_file_schema(), keys.page()
    jsonschema.Draft202012Validator(schema).validate(file)
    assert not jsonschema.Draft202012Validator(stack_file_schema()).is_valid(file)
    assert '| `search` | [a section](#search) |  | `{size: "20Gi"}` | a search engine beside the models |' in page
    assert "## search\n" in page
    assert '| `size` | a size in Gi or Ti | `"20Gi"` | `"100Gi"` | of its volume |' in page
    assert "search" not in keys.page()
    assert json.dumps(schema)


def test_a_key_that_is_taken_is_refused() -> None:
    class Second(Service):
        name, section = "second", OwnSection("gateway", SearchSection, SECTION.description, SECTION.example)

    with pytest.raises(ValueError, match="has a key gateway already"), added(Second()):
        pass
