"""One document, and what each writer makes of it: Markdown in which text stays text, tables without empty columns."""

import json
import re
from collections.abc import Callable

import pytest

from infra.cli.document import Column, Document, Section, columns, rendered
from infra.cli.document.markdown import to_markdown
from infra.cli.document.marked import code, html, markdown, plain, said, strong
from infra.cli.document.text import to_text
from infra.cli.report import report
from tests.example_stacks import plan_text, text

HOSTILE = (
    "x</details><img src=//e.vil> @octocat [a](//e.vil) `code` | cell \\| ![i](//e.vil) #1 www.e.vil https://e.vil $x$"
    " ~~y~~ **z** $`m`$ \x02"
)
MARKUP = re.compile(
    r"<(?!/?(?:code|details|summary|br|sub)>)|\]\(|@\w|(?<!&)#\d|www\.|://|\$[^\d ]|~~|\*\*z|[\x02-\x05]"
)


def bare(shown: str) -> str:
    """The text without code, in which nothing is markup, and without the characters that escape."""
    return re.sub(r"`[^`]*`|<code>[^<]*</code>|&#\d+;", "", shown)


@pytest.mark.parametrize("mark", [code, strong, said, str])
def test_what_an_author_writes_stays_text(mark: Callable[[str], str]) -> None:
    shown = bare(markdown(mark(HOSTILE)))
    assert not MARKUP.search(shown)
    assert not re.search(r"[|`\\]", shown)
    assert not re.search(r"[<|`*\[@\x02-\x05]", re.sub(r"&#\d+;", "", html(mark(HOSTILE))))


@pytest.mark.parametrize("form", [{}, {"folded": True}, {"kind": "reasons"}, {"kind": "advice"}], ids=str)
@pytest.mark.parametrize("comment", ["", HOSTILE])
def test_it_stays_text_wherever_it_stands(form: dict, comment: str) -> None:
    columns, rows = (Column(HOSTILE),), ((HOSTILE, HOSTILE),)
    section = Section(HOSTILE, columns, rows, f"{HOSTILE}\n{HOSTILE}", names=HOSTILE, **form)
    document = Document(HOSTILE, rows, [section, Section("", rows=[(HOSTILE,)])], HOSTILE, HOSTILE, comment)
    shown = re.sub(r"^<!-- llm-platform diff: [\w.-]+ -->$", "", to_markdown(document), flags=re.MULTILINE)
    assert not MARKUP.search(bare(shown))
    assert shown.count("</details>") == (1 if form.get("folded") else 0)
    tables = [line for line in bare(shown).splitlines() if line.startswith("|")]
    assert all(line.count("|") == 3 for line in tables)


def test_the_plan_of_a_stack_file_with_markup_has_none_of_it() -> None:
    evil = "x</details><img src=x> @octocat [a](b) ~~c~~"
    stack = text("shared").replace("{eks: shared-prod}", f"{{context: '{evil}'}}")
    shown = to_markdown(report(plan_text("shared", stack)))
    assert "octocat" in shown
    assert not MARKUP.search(bare(shown))
    assert bare(shown).count("<details>") == bare(shown).count("</details>") > 2


@pytest.mark.parametrize("start", ["* a", "- a", "+ a", "1. a", "2) a", "# a", "> a", "    a", "\u202e- a", "\x04- a"])
def test_a_note_starts_no_list_title_quote_or_block_of_code(start: str) -> None:
    *_, note = to_markdown(Document("t", sections=[Section("s", (Column(""),), [("a", "b")], start)])).splitlines()
    assert re.fullmatch(r"(&#\d+;)* ?a", note)


@pytest.mark.parametrize(
    "ours",
    ["$ per month, maximum", "expected +$16 per month; maximum -$20", "~", "±", "-", "+", "4.6 (4.0–5.0)", "1 x L4"],
)
def test_what_can_be_no_markup_is_left_as_it_is(ours: str) -> None:
    assert markdown(ours) == ours


def test_a_value_in_a_terminal_is_text_alone() -> None:
    assert plain(f"a {code('b')}{strong('c')} \x1b[31m\x02d\u202e") == "a bc  [31m d "
    assert plain(said("write `a: 1`")) == "write a: 1"


def test_a_column_without_title_and_cells_is_left_out() -> None:
    section = Section("POOLS", (Column("a node"), Column("", right=True)), [("l4", "g6", ""), ("t4", "g4", "")])
    assert to_markdown(Document("t", sections=[section])).splitlines()[-4:] == [
        "|  | a node |",
        "| --- | --- |",
        "| l4 | g6 |",
        "| t4 | g4 |",
    ]


def test_a_terminal_has_a_row_in_lines_where_markdown_has_its_cells() -> None:
    rows = [("chat", "gpus", "1", "2"), ("", "max", "3", "4"), ("chat", "min", "1", "2"), ("new", "", "", "")]
    section = Section("s", columns("", "now", "after", right=2), rows, in_lines=("{0}", "{1}: {2} → {3}"))
    document = Document("t", sections=[section])
    assert to_text(document, 60).splitlines()[2:] == [
        "s",
        "  chat  gpus: 1 → 2",
        "        max: 3 → 4",
        "        min: 1 → 2",  # its name stands above
        "  new",
    ]
    assert to_markdown(document).splitlines()[-6:] == [
        "|  |  | now | after |",
        "| --- | --- | --: | --: |",
        "| chat | gpus | 1 | 2 |",
        "|  | max | 3 | 4 |",
        "| chat | min | 1 | 2 |",
        "| new |  |  |  |",
    ]


def test_what_has_no_columns_is_a_paragraph() -> None:
    document = Document("t", sections=[Section("RESOURCES", rows=[("Cluster 27",)], note="n", folded=True)])
    assert "<details><summary>RESOURCES</summary>\n\nCluster 27\n\nn\n\n</details>" in to_markdown(document)
    assert to_text(document, 80) == "t\n\nRESOURCES\n  Cluster 27\nn\n"


def test_a_comment_that_nothing_makes_short_enough_is_its_verdict_and_is_found_again() -> None:
    long = [(f"{number} {'x' * 300}",) * 40 for number in range(60)]
    section = Section("s", [Column("c")] * 39, long, folded=True, note="y" * 60_000)
    shown = to_markdown(Document("t", sections=[section], headline="❌ many: no", comment="many"))
    assert shown == "<!-- llm-platform diff: many -->\n### ❌ many: no\n"


def test_each_format_is_asked_for_what_it_shows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    document = Document("a → b")
    assert json.loads(rendered("json", lambda: {"a": "→"}, lambda: pytest.fail("no document"))) == {"a": "→"}
    assert rendered("markdown", lambda: pytest.fail("no data"), lambda: document).startswith("### a &#8594; b")
    assert rendered("text", lambda: pytest.fail("no data"), lambda: document) == "a -> b\n"
