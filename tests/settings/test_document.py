"""YAML is read as the engine reads it: each value is what Pulumi's Go SDK 3.250 (LoadProjectStackBytes) made of it."""

from typing import Any

import pytest

from infra.config_keys import PLATFORM
from infra.settings.document import read_document

READ: list[tuple[str, Any]] = [
    ("off", "off"),
    ("yes", "yes"),
    ("y", "y"),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("", None),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("tRue", "tRue"),
    ("22:00", "22:00"),
    ("1:30:45", "1:30:45"),
    ("010", 8),
    ("0o10", 8),
    ("0x1F", 31),
    ("0b101", 5),
    ("1_000", 1000),
    ("1_0.5", 10.5),
    ("1e3", 1000),
    ("1.", 1),
    ("..5", "..5"),
    (".5", 0.5),
    ("+1", 1),
    ("-1", -1),
    ("2026-01-02", "2026-01-02 00:00:00 +0000 UTC"),
    ("2026-01-02T03:04:05Z", "2026-01-02 03:04:05 +0000 UTC"),
    ("2026-01-02 03:04:05", "2026-01-02 03:04:05 +0000 UTC"),
    ("!!str 5", "5"),
    ('!!int "5"', 5),
    ("!!float 5", 5),
    ("1.30", 1.3),
    ("0.1e1", 1),
    ("18446744073709551615", 18446744073709551615),
    ("123456789012345678901234567890", 1.2345678901234568e29),
    ("=", "="),
    ("<<", "<<"),
    ("'x'", "x"),
    ('"\\u00e9"', "é"),
    ("[1, two]", [1, "two"]),
    ("{b: 1, 2: x}", {"2": "x", "b": 1}),
    ("{1: a}", {"1": "a"}),
    ("{true: a}", {"true": "a"}),
    ("{1.5: a}", {"1.5": "a"}),
    ("{null: x}", {"<nil>": "x"}),
    ("1e400", "1e400"),
    ("0o18", "0o18"),
    ("0x", "0x"),
    ("-0x10", -16),
    ("-010", -8),
    ("08", 8),
    ("1__0", 10),
    ("_1", "_1"),
    ("!!set {a, b}", {"a": None, "b": None}),
    ("1.0", 1),
    ("3.0", 3),
    ("-0.0", 0),
    ("1E+3", 1000),
    ("0.", 0),
    ("-.5", -0.5),
    ("{? a}", {"a": None}),
    ("{2026-01-02: x}", {"2026-01-02 00:00:00 +0000 UTC": "x"}),
    ("|\n      hi\n      there", "hi\nthere\n"),
    (">\n      hi\n      there", "hi there\n"),
    ("{x: 1,}", {"x": 1}),
    ('0777\n    b: 0o777\n    c: "é"\n    d: 12e03', 511),
]

REFUSED = [
    ".inf",
    "-.inf",
    ".nan",
    "!!null x",
    "*nothing",
    "{a: 1, a: 2}",
    "{? [a] : b}",
    "'no end",
    '"\\z"',
    "@at",
]


def _platform(text: str) -> Any:
    document = read_document(text)
    assert document.config is not None
    assert not document.mistakes
    return document.config[PLATFORM]


def test_each_value_is_what_the_engine_makes_of_it() -> None:
    read = [(text, _platform(f"config:\n  llm-platform:platform:\n    a: {text}\n")["a"]) for text, _ in READ]
    assert [(text, value, type(value)) for text, value in read] == [(text, value, type(value)) for text, value in READ]


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_engine_refuses_is_refused(text: str) -> None:
    assert read_document(f"config:\n  llm-platform:platform:\n    a: {text}\n").mistakes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("    x: &x {a: 1, b: 2}\n    y: {<<: *x, b: 3}\n", {"a": 1, "b": 3}),
        (
            "    x: &x {a: 1, b: 2}\n    z: &z {b: 5, c: 5}\n    y:\n      b: 3\n      <<: [*x, *z]\n",
            {"a": 1, "b": 3, "c": 5},
        ),
        ("    x: &x {a: 1, b: 2}\n    z: &z {b: 5}\n    y: {<<: [*x, *z]}\n", {"a": 1, "b": 2}),
        ("    x: &x {a: 1}\n    y: {'<<': *x, b: 3}\n", {"a": 1, "b": 3}),
        ("    x: &x [1]\n    y: *x\n", [1]),
    ],
)
def test_anchors_and_merges(text: str, value: Any) -> None:
    assert _platform(f"config:\n  llm-platform:platform:\n{text}")["y"] == value


@pytest.mark.parametrize(
    "text",
    [
        "---\nconfig:\n  llm-platform:platform: 1\n...\n",
        "\ufeffconfig:\n  llm-platform:platform: 1\n",
        "%YAML 1.1\n---\nconfig:\n  llm-platform:platform: 1\n",
        "config:\n  platform: 1\n",
    ],
)
def test_around_the_config(text: str) -> None:
    assert _platform(text) == 1


def test_lines_are_those_of_the_keys() -> None:
    lines = read_document("config:\n  platform:\n    tags:\n      a: b\n    zones:\n    - x\n    - y\n").lines
    assert lines[()] == 2
    assert (lines["tags",], lines["tags", "a"], lines["zones", 1]) == (3, 4, 7)


def test_a_merged_key_has_the_line_where_it_is_written() -> None:
    text = "config:\n  platform:\n    x: &x\n      a: 1\n      b: 1\n    y:\n      <<: *x\n      b: 2\n"
    lines = read_document(text).lines
    assert (lines["y", "a"], lines["y", "b"]) == (4, 8)
