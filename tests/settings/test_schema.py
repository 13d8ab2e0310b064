"""The JSON Schema that editors use says what the loader says."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from infra.settings.document import read_document
from infra.settings.schema import example, forms, platform_schema, schema_at
from infra.stack_file import stack_file_schema
from tests.settings.bad_stacks.sections import SECTIONS
from tests.settings.bad_stacks.writing import Bad
from tests.settings.good_stacks import GOOD_STACKS

REPOSITORY = Path(__file__).parents[2]
STACKS = sorted((REPOSITORY / "stacks").glob("Pulumi.*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(stack_file_schema())


def _file(text: str, **more: Any) -> Any:
    return {"config": {**(read_document(text).config or {}), **more}}


def test_the_file_in_docs_is_current() -> None:
    written = (REPOSITORY / "docs/stack-file.schema.json").read_text(encoding="utf-8")
    current = json.dumps(stack_file_schema(), indent=2) + "\n"
    assert written == current, "llm-platform schema stack > docs/stack-file.schema.json"


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(stack_file_schema())


@pytest.mark.parametrize("text", GOOD_STACKS.values(), ids=GOOD_STACKS)
def test_a_good_stack_is_valid(text: str) -> None:
    VALIDATOR.validate(_file(text))


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.name)
def test_the_stacks_of_the_repository_are_valid(path: Path) -> None:
    VALIDATOR.validate(_file(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("bad", SECTIONS, ids=lambda bad: bad.name)
def test_what_is_wrong_in_one_place_is_invalid(bad: Bad) -> None:
    assert not VALIDATOR.is_valid(_file(bad.text))


@pytest.mark.parametrize(
    "config",
    [
        {"llm-platform:platfrom": {}},
        {"llm-platform:huggingFaceToken": "hunter2"},
        {"huggingFaceToken": {"secure": "v1:abc", "more": 1}},
        {"models": {}},
    ],
    ids=json.dumps,
)
def test_config_keys_are_checked(config: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(_file(GOOD_STACKS["laptop"]))
    assert not VALIDATOR.is_valid(_file(GOOD_STACKS["laptop"], **config))


def _keys() -> list[tuple[str, str, Any]]:
    sections = {"Settings": platform_schema(), **platform_schema()["$defs"]}
    return [
        (name, key, node) for name, section in sections.items() for key, node in section.get("properties", {}).items()
    ]


def test_every_key_is_described_with_an_example(subtests: pytest.Subtests) -> None:
    for section, key, node in _keys():
        with subtests.test(f"{section}.{key}"):
            assert "description" in node
            assert example(node) is not None or all(form.get("type") == "boolean" for form in forms(node))


def test_an_unknown_path_has_no_schema() -> None:
    assert schema_at(("models", "a", "nothing")) is None
