"""Text and tables at every width: no line too long, no word split, no header of three lines, no cell lost."""

import re
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.cli.diff.comparing import Compared
from infra.cli.diff.comparison import as_document
from infra.cli.document.text import to_text
from infra.cli.layout import Column, cells_of, table, wrapped, wrapped_title
from infra.cli.report import report
from infra.cli.terminal import terminal_width
from infra.diff.difference import Difference, compare
from infra.sides.types import Side
from tests.cli.running import run
from tests.diff.sides import compared, side
from tests.example_stacks import ALL_STACKS, CREATED, plan_text, planned

WIDTHS = (60, 80, 100, 110, 120, 160, 200)
WIDEST = max(WIDTHS)
INDENT = 4
TWICE = re.compile(r"(?<![\d.,$])(\$?\d[\d,.]*)(?:(?: to |–)\1| / \1 / \1)(?![\d.,])")  # a range of one figure
FIGURES_ALONE = re.compile(r" +[-+$]?[\d,.]+( {2,}[-+$]?[\d,.]+)+")  # their name is on another line

LONG_NAMES = f"""config:
  aws:region: us-east-1
  llm-platform:platform:
    {CREATED}
    gpuPools: {{{"p" * 30}: {{instanceTypes: [g6.2xlarge]}}}}
    models:
      {"m" * 40}: {{model: Qwen/Qwen3-8B, pool: {"p" * 30}, maxModelLen: 8192, replicas: {{min: 1, max: 3}}}}
      large: {{model: meta-llama/Llama-3.3-70B-Instruct, quantization: fp8, maxModelLen: 8192}}
"""
TEXTS = (
    "",
    *(" ".join(["word" * n] * n) for n in range(1, 10)),
    "1 x RTX-PRO-6000-SE",
    "g6e.12xlarge",
    "日本語 モデル",
)


def words(text: str) -> set[str]:
    """Without bars, whose length depends on the width, and without what joins titles and cells below a row."""
    return {word.rstrip(":;") for word in text.split() if "##" not in word}


def check(shown: str, all_of_it: Iterable[str], width: int) -> None:
    """`all_of_it`: what must be printed completely."""
    assert [line for line in shown.splitlines() if cells_of(line) > width] == []
    whole = {word for text in all_of_it for word in words(text) if cells_of(word) < width - INDENT}
    assert whole - words(shown) == set()
    assert [line for line in shown.splitlines() if FIGURES_ALONE.fullmatch(line)] == []
    assert [match[0] for match in TWICE.finditer(shown)] == []


@pytest.mark.searches
@pytest.mark.parametrize("stack", [*ALL_STACKS, "long names"])
def test_a_plan(stack: str, subtests: pytest.Subtests) -> None:
    of = report(plan_text("dev", LONG_NAMES) if stack == "long names" else planned(stack))
    cells = [cell for section in of.sections for row in section.rows for cell in row]
    titles = [column.title for section in of.sections for column in section.columns if any(section.rows)]
    notes = [section.note for section in of.sections]
    verdict = [cell for row in of.verdict for cell in row]
    for width in WIDTHS:
        with subtests.test(width=width):
            check(to_text(of, width), [of.title, *verdict, *cells, *notes, *filter(None, titles)], width)


BIGGER = (("g6.2xlarge", "g6.xlarge"), ("max: 5", "max: 9"), ("40000", "30000"))
DIFFS: dict[str, Callable[[], Difference]] = {
    "bigger": lambda: compared("many", *BIGGER),
    "another model": lambda: compared("zonal", ("Qwen/Qwen3-8B", "Qwen/Qwen3-4B")),
    "new": lambda: compare("prod", Side(), side("prod")),
    "gone": lambda: compare("guide", side("guide"), Side()),
}


@pytest.mark.searches
@pytest.mark.parametrize("change", DIFFS)
def test_a_diff(change: str, subtests: pytest.Subtests) -> None:
    page = as_document(Compared(DIFFS[change](), None, {}, "main (9f8e7d6)", "a1b2c3d"))
    widest = to_text(page, WIDEST)
    for width in WIDTHS:
        with subtests.test(width=width):
            check(to_text(page, width), [widest], width)


LLAMA_70B = ("meta-llama/Llama-3.3-70B-Instruct", "--max-model-len", "16384")
FITS = {
    "everywhere": ("Qwen/Qwen3-8B", "--max-model-len", "8192", "--api-price", "0.4"),
    "nowhere": ("moonshotai/Kimi-K3", "--max-model-len", "1048576", "--concurrency", "4000"),
    "here": ("Qwen/Qwen3-8B", "--gpu", "L4", "--max-model-len", "8192", "--api-price", "0.4"),
    "not here": (*LLAMA_70B, "--quantization", "fp8", "--instance-type", "p5.4xlarge"),
    "an encoder": ("BAAI/bge-m3", "--gpu", "T4"),
    "a tag": ("llama3.1:8b", "--engine", "ollama", "--instance-type", "g4dn.xlarge"),
    "mistakes": ("no/model", "--gpu", "X9", "--max-model-len", "-1", "--quantization", "int3"),
}


@pytest.mark.parametrize("question", FITS)
def test_a_fit(question: str, subtests: pytest.Subtests) -> None:
    shown = {width: run("fit", *FITS[question], environment={"COLUMNS": str(width)}).output for width in WIDTHS}
    for width in WIDTHS:
        with subtests.test(width=width):
            check(shown[width], [shown[WIDEST]], width)


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_a_header_has_at_most_two_lines(stack: str) -> None:
    for section in report(planned(stack)).sections:
        if any(column.title for column in section.columns):
            for width in WIDTHS:
                lines = table(section.title, section.columns, section.rows, width)
                header = next(n for n, line in enumerate(lines) if line.startswith("  " + section.rows[0][0]))
                assert lines[:header][2:] == [], f"{section.title} in {width} columns"


@pytest.mark.parametrize("width", [WIDTHS[0], WIDEST])
def test_all_of_the_terminal_is_used(width: int) -> None:
    longest = max(len(line) for line in to_text(report(planned("prod")), width).splitlines())
    assert width - 10 <= longest <= width


@pytest.mark.parametrize(("columns", "used"), [(None, 120), ("40", 60), ("60", 60), ("133", 133), ("300", 200)])
def test_as_wide_as_the_terminal(columns: str | None, used: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pipe the width is that of a log, independent of the terminal."""
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    assert terminal_width() == used


def test_ascii_is_longer_and_still_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """An arrow is one letter, and two in ASCII."""
    monkeypatch.setenv("LC_ALL", "C")
    page = as_document(Compared(DIFFS["bigger"](), None, {}, "main (9f8e7d6)", "a1b2c3d"))
    for width in WIDTHS:
        shown = to_text(page, width)
        assert shown.isascii()
        assert " -> " in shown
        check(shown, [to_text(page, WIDEST)], width)


CELLS = st.sampled_from(TEXTS)
COLUMNS = st.builds(Column, st.sampled_from(("", "one", "two words", "more than two words")), st.booleans())


@pytest.mark.searches
@given(st.data(), st.lists(COLUMNS, min_size=1, max_size=8), st.integers(WIDTHS[0], WIDEST))
def test_any_table(data: st.DataObject, columns: list[Column], width: int) -> None:
    rows = data.draw(st.lists(st.tuples(CELLS, *(CELLS for _ in columns)), min_size=1, max_size=5))
    titles = [column.title for n, column in enumerate(columns, 1) if any(row[n] for row in rows)]
    lines = table("TITLE", columns, rows, width)
    check("\n".join(lines), ["TITLE", *titles, *(cell for row in rows for cell in row)], width)


NAMES = st.sampled_from(("", " of several words", "-in-one-long-word", " of many" * 9))


@given(st.data(), st.lists(COLUMNS, min_size=1, max_size=8), st.integers(WIDTHS[0], WIDEST))
def test_each_row_stands_behind_its_name(data: st.DataObject, columns: list[Column], width: int) -> None:
    """The cells are next to the name, or below it with their titles."""
    rows = data.draw(st.lists(st.tuples(NAMES, *(CELLS for _ in columns)), min_size=1, max_size=5))
    rows = [(f"row{n}{name}", *cells) for n, (name, *cells) in enumerate(rows)]
    text = "\n".join(table("TITLE", columns, rows, width))
    for n, row in enumerate(rows):
        assert text.count(f"row{n}") == 1
        behind = text.partition(f"row{n}")[2].partition(f"row{n + 1}")[0]
        assert {word for cell in row[1:] for word in words(cell)} - words(behind) == set()


NOW, AFTER = Column("now", right=True), Column("after", right=True)
MANY = [Column(f"column {n}", right=True) for n in range(8)]


@pytest.mark.parametrize(
    ("title", "columns", "row", "lines"),
    [
        ("cost", [NOW, AFTER], ("nodes", "9,650", "12,988"), ["cost       now   after", "  nodes  9,650  12,988"]),
        ("cost", [NOW, AFTER], ("nodes of " * 4 + "l4", "1", "2"), ["  nodes of nodes of nodes of      1      2"]),
        ("", [NOW, AFTER], ("n" * 35, "9,650", "12,988"), [f"  {'n' * 35}", "    now: 9,650; after: 12,988"]),
        ("", [Column("")], ("p" * 35, "2 → 3"), [f"  {'p' * 35}: 2 → 3"]),
        ("", [Column("", right=True), Column("")], ("p" * 35, "128", "why " * 20), [f"  {'p' * 35}: 128"]),
    ],
)
def test_a_row_in_60_columns(title: str, columns: list[Column], row: tuple[str, ...], lines: list[str]) -> None:
    """Names in half of the width at most; figures whose names have no room there are below them."""
    shown = table(title, columns, [row], 60)
    assert [line for line in lines if line not in shown] == []


def test_the_last_of_many_columns_are_below_with_their_titles() -> None:
    lines = table("of", MANY, [("a", *(str(n) * 9 for n in range(8))), ("b", *(str(n) * 9 for n in range(8)))], 60)
    assert lines[0].split() == ["of", *(word for n in range(5) for word in ("column", str(n)))]
    for name, row in (("a", lines[1:4]), ("b", lines[4:7])):
        assert row[0].split() == [name, *(str(n) * 9 for n in range(5))]
        assert row[1:] == ["    column 5: 555555555; column 6: 666666666", "    column 7: 777777777"]
    assert len(lines) == 7


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("one two three four", ["one two", "three four"]),
        ("  one two three", ["  one two", "  three"]),
        ("containers[vllm].args", ["containers", "[vllm].", "args"]),
        ("abcdefghijklm", ["abcdefghij", "klm"]),
        ("日本語日本語", ["日本語日本", "語"]),
    ],
)
def test_wrapped(text: str, lines: list[str]) -> None:
    assert wrapped(text, 10) == lines


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("one · two · 107 of it", ["one · two ·", "107 of it"]),
        ("one · two", ["one · two"]),
        ("one · a part of many words", ["one · a part", "of many words"]),
        ("no part here", ["no part here"]),
    ],
)
def test_a_title_is_broken_between_its_parts(title: str, lines: list[str]) -> None:
    assert wrapped_title(title, 13, "·") == lines


def test_a_number_of_the_title_stands_with_what_it_counts() -> None:
    for width in (60, 80):
        assert re.search(r"^.*\b\d+ resources$", to_text(report(planned("prod")), width), re.MULTILINE)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("stack", ["dear", "prod", "dev"])
def test_the_three_figures_of_a_bill_stand_side_by_side(stack: str, width: int) -> None:
    shown = to_text(report(planned(stack)), width)
    assert "maximum: " not in re.sub(r"^maximum: in rollouts", "", shown, flags=re.MULTILINE)
