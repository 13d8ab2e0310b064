"""A number as a person types it, and the number that is proposed for what YAML makes of it."""

import pytest

from infra.settings.document import read_document
from infra.settings.numbers import number_meant, of_octal


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1,000,000", "1000000"),
        ("45,000", "45000"),
        ("8,050", "8050"),
        ("1,5", "1.5"),
        ("1.000,50", "1000.50"),
        ("1,000.50", "1000.50"),
        ("1,000,5", "1000.5"),
    ],
)
def test_a_comma_in_a_number_is_one_mistake_with_the_number_that_is_meant(typed: str, meant: str) -> None:
    first, *keys = typed.split(",")
    assert number_meant(first, keys) == meant
    found = read_document(f"config:\n  llm-platform:platform: {{budget: {{usdPerMonth: {typed}, of: max}}}}\n")
    assert [(each.path, each.line) for each in found.mistakes] == [("budget.usdPerMonth", 2)]
    assert f"usdPerMonth: {meant}" in found.mistakes[0].write
    assert found.config is not None
    assert [*found.config["llm-platform:platform"]["budget"]] == ["usdPerMonth", "of"]


@pytest.mark.parametrize(
    "text", ["{a: 1, b: 2}", "{a: 1, b: }", "{a: x, 000: 1}", "\n    a: 1\n    '000':\n", "{a: 1, '000'}"]
)
def test_other_keys_are_not_taken_for_the_rest_of_a_number(text: str) -> None:
    assert not read_document(f"config:\n  llm-platform:platform: {text}\n").mistakes


@pytest.mark.parametrize(("text", "digits"), [("017", "17"), ("0o17", "17"), ("007", "7"), ("00", "0")])
def test_a_leading_zero_makes_a_number_octal(text: str, digits: str) -> None:
    got, write = of_octal(text, 0) or ("", "")
    assert text in got
    assert write.startswith(f"write {digits},")


@pytest.mark.parametrize("text", ["0", "10", "0x10", "018", "0.5", "1e3", "x"])
def test_other_numbers_are_not_octal(text: str) -> None:
    assert of_octal(text, 0) is None
