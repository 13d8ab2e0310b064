"""A number as a person types it, and the number that is proposed for what YAML makes of it."""

import pytest

from infra.settings.decimals import with_thousands
from infra.settings.document import read_document
from infra.settings.mistakes import Report
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


def _with_thousands(text: str) -> tuple[object, list[tuple[str, str]]]:
    """The platform as it is meant, and what is said of its numbers."""
    document = read_document(f"config:\n  llm-platform:platform: {text}\n")
    report = Report(document.lines)
    platform = with_thousands((document.config or {})["llm-platform:platform"], document.dotted, report)
    return platform, [(each.path, each.write) for each in report.mistakes]


@pytest.mark.parametrize(
    ("section", "key", "typed", "meant", "write"),
    [
        ("budget", "usdPerMonth", "9.000", 9000, "write usdPerMonth: 9000, or 9 if that was meant"),
        ("budget", "usdPerMonth", "9.500", 9500, "write usdPerMonth: 9500, or 9.5 if that was meant"),
        ("models.a", "maxModelLen", "32.000", 32000, "write maxModelLen: 32000, or 32 if that was meant"),
        ("models.a", "maxModelLen", "32.768", 32768, "write maxModelLen: 32768"),
        ("external.a", "contextLength", "128.000", 128000, "write contextLength: 128000, or 128 if that was meant"),
    ],
)
def test_a_dot_before_three_digits_is_asked_about_where_thousands_are_likely(
    section: str, key: str, typed: str, meant: float, write: str
) -> None:
    first, _, name = section.partition(".")
    entry = f"{{{key}: {typed}}}"
    platform, said = _with_thousands(f"{{{first}: {f'{{{name}: {entry}}}' if name else entry}}}")
    assert said == [(f"{section}.{key}", write)]
    assert str(meant) in str(platform)


@pytest.mark.parametrize(
    "text",
    [
        "{budget: {usdPerMonth: 9.00}}",
        "{budget: {usdPerMonth: 0.900}}",
        "{budget: {usdPerMonth: '9.000'}}",
        "{budget: {usdPerMonth: 9000.000}}",
        "{models: {a: {gpuMemoryUtilization: 0.900}}}",
        "{models: {a: {scaling: {ttftP95Seconds: 1.500}}}}",
        "{gpuPools: {a: {existing: {gpuMemoryGib: 79.647}}}}",
        "{gpuPools: {a: {existing: {usdPerGpuHour: 1.250}}}}",
        "{external: {a: {usdPerMillionTokens: {in: 2.500, out: 10.000}}}}",
        "{prices: {discountPercent: 12.500}}",
    ],
)
def test_decimals_stay_what_they_are(text: str) -> None:
    platform, said = _with_thousands(text)
    assert not said
    document = read_document(f"config:\n  llm-platform:platform: {text}\n")
    assert platform == (document.config or {})["llm-platform:platform"]


def test_a_section_that_is_one_number_is_proposed_as_it_is_meant() -> None:
    assert _with_thousands("{budget: 9.000}") == ({"budget": "9.000"}, [])
