"""The comment on a pull request: verdict and money first, nothing that didn't change, and no text becomes markup."""

import re
from dataclasses import replace
from functools import cache

import pytest

from infra.cli.diff.comparing import Compared
from infra.cli.diff.comparison import as_document
from infra.cli.diff.figures_table import figures_table
from infra.cli.diff.resource_rows import resources, resources_title
from infra.cli.diff.tables import answers, settings, settings_title
from infra.cli.diff.verdict import headline, mark
from infra.cli.document.markdown import to_markdown
from infra.cli.document.marked import code, markdown, said
from infra.cli.document.text import to_text
from infra.cli.terminal import printable
from infra.config_keys import PLATFORM
from infra.diff.answers import CERTAIN
from infra.diff.difference import compare
from infra.plan.words import count
from infra.sides.types import Side
from tests.diff.sides import Edit, compared, side

BIGGER = (("g6.2xlarge", "g6.xlarge"), ("max: 5", "max: 9"), ("40000", "20000"))
MANY_MODELS = "".join(f"          m{n}: {{model: Qwen/Qwen3-8B, pool: l4, maxModelLen: 8192}}\n" for n in range(60))


@cache
def comment(stack: str, *edits: Edit) -> str:
    return to_markdown(as_document(Compared(compared(stack, *edits), None, {}, "main (9f8e7d6)", "a1b2c3d")))


def test_the_title_is_a_verdict_with_the_money() -> None:
    lines = comment("many", *BIGGER).splitlines()
    assert lines[0] == "<!-- llm-platform diff: many -->"
    assert re.fullmatch(
        r"### ❌ many: expected \+\$[\d,]+ per month; maximum \+\$[\d,]+, \$[\d,]+ over budget; replaces .*`l4`; .*",
        lines[1],
    )


def test_what_matters_comes_first_and_details_are_folded() -> None:
    text = comment("many", *BIGGER)
    order = (
        "| $ per month, maximum |",
        "**Fails because**",
        "**What users notice**",
        "> [!TIP]",
        "<details>",
        "<sub>Planned",
    )
    assert [text.index(each) for each in order] == sorted(text.index(each) for each in order)
    assert text.count("<details>") == text.count("</details>") > 2
    assert "`gpuPools.l4.instanceTypes` | `g6.2xlarge` | `g6.xlarge`" in text
    assert "| ↳ `gpuPools.l4.max` (chosen) |" in text
    assert "| NodeGroup `l4-nodes` | **`instanceTypes`** | `g6.2xlarge` | `g6.xlarge` |" in text


def test_a_row_of_a_document_names_the_model_and_the_field() -> None:
    text = comment("many", ("16384", "32768"))
    row = '|  |  | `data["platform.json"].models.llama-70b.max_model_len` | `16384` | `32768` |'
    resource = text.index("| ~ | ConfigMap `endpoints-config` | ")
    assert row in text[resource:].split("\n| ~ |", 1)[0]


def test_what_did_not_change_is_in_no_row() -> None:
    text = comment("many", ("max: 5", "max: 6"))
    assert "t4" not in text.replace("`t4-", "")
    assert "| `embed`, `llama-70b` | nothing | nothing |" in text


def test_a_change_that_costs_nothing_says_so() -> None:
    assert comment("many", ("ml-platform", "ml-platfor")).splitlines()[1].startswith("### ⚠️ many: the bill stays")


BUDGETS = {
    "max": (300, ""),
    "expected": (200, " (of the expected bill)"),
    "min": (100, " (of the minimum bill)"),
    "most": (300, ""),
    "least": (100, " (of the minimum bill)"),
}


@pytest.mark.parametrize("of", BUDGETS)
def test_how_much_is_over_the_budget_stands_in_the_title(of: str) -> None:
    old = side("many")
    cost = {"usd_per_month_min": 900, "usd_per_month_expected": 1000, "usd_per_month_max": 1100}
    rule = {"rule": "Budget", "path": "budget", "message": "m", "fix": "f"}
    config = {"llm-platform:platform": {"budget": {"usdPerMonth": 800, "of": of}}}
    difference = compare("many", old, Side({**old.plan, "cost": cost, "violations": [rule]}, config))
    over, which = BUDGETS[of]
    assert headline(difference).split("; ")[1].endswith(f", ${over} over budget{which}")


def test_a_base_that_knows_no_expected_bill_has_the_maximum_alone() -> None:
    known = ("usd_per_month_min", "usd_per_month_max")
    old = Side({**side("many").plan, "cost": dict.fromkeys(known, 1)})
    assert re.search(r"many: maximum \+\$[\d,]+ per month", headline(compare("many", old, side("many"))))


@pytest.mark.parametrize(
    ("new", "title", "rows"),
    [
        ((116, 116, 116), "+$16 per month", ["$ per month"]),
        ((110, 116, 116), "expected and maximum +$16 per month", ["minimum", "expected and maximum"]),
        ((110, 110, 116), "expected +$10 per month; maximum +$16", ["minimum and expected", "maximum"]),
        ((110, 112, 116), "expected +$12 per month; maximum +$16", ["minimum", "expected", "maximum"]),
    ],
)
def test_bills_that_change_alike_are_one_figure(new: tuple[int, ...], title: str, rows: list[str]) -> None:
    keys = ("usd_per_month_min", "usd_per_month_expected", "usd_per_month_max")
    plan = side("many").plan
    before, after = (Side({**plan, "cost": dict(zip(keys, each, strict=True))}) for each in ((100, 100, 100), new))
    difference = compare("many", before, after)
    assert headline(difference) == f"many: {title}"
    names = [row[0] for row in figures_table(difference) if row[0].startswith("$")]
    assert [name.removeprefix("$ per month, ") for name in names] == rows


def test_a_base_that_calls_the_expected_bill_typical_has_it_all_the_same() -> None:
    plan = side("many").plan
    before = {key: value for key, value in plan["cost"].items() if key != "usd_per_month_expected"}
    change = compare("many", Side({**plan, "cost": before}), side("many")).cost["usd_per_month_expected"]
    assert change.old == change.new > 0


SWAPS = {
    "a repository": (("meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen3-8B"), ("repository", "Qwen/Qwen3-8B")),
    "a revision": (("0e9e39f249", "1111111111"), ("revision", "1111111111")),
    "a quantization": (("0e9e39f249", "0e9e39f249"), ("quantization", "fp8")),
}


@pytest.mark.parametrize("name", SWAPS)
def test_another_model_under_the_same_name_is_no_green_verdict(name: str) -> None:
    edit, (what, value) = SWAPS[name]
    old = side("many")
    new = side("many", edit)
    if name == "a quantization":
        planned = {**old.models, "llama-8b": {**old.models["llama-8b"], "dtype": value}}
        written = dict(old.platform["models"])
        written["llama-8b"] = {**written["llama-8b"], "quantization": value}
        new = Side({**old.plan, "models": planned}, {PLATFORM: {**old.platform, "models": written}})
    difference = compare("many", old, new)
    assert mark(difference) != "✅"
    assert f"{'another model answers' if name == 'a repository' else 'other weights answer'} as" in headline(difference)
    assert str(difference.answers["llama-8b"][what].new).startswith(value)
    assert any(row[1] == what for row in answers(difference))
    text = to_markdown(as_document(Compared(difference, None, {}, "main", None)))
    assert "**What answers**" in text
    assert text.index("**What answers**") < text.index("<details>")


def test_whether_it_fits_for_certain_is_no_part_of_what_answers() -> None:
    old, new = side("many"), side("many", ("0e9e39f249", "1111111111"))
    models = dict(new.plan["models"])
    models["llama-8b"] = {**models["llama-8b"], "certain": not models["llama-8b"]["certain"]}
    difference = compare("many", old, Side({**new.plan, "models": models}, new.config))
    assert CERTAIN in difference.answers["llama-8b"]
    assert [row[1] for row in answers(difference)] == ["revision"]


def test_what_is_to_do_for_a_new_domain_stands_above_the_folds() -> None:
    text = comment("many", ("domain: llm.example.com", "domain: ai.example.com"))
    top = text[: text.index("<details>")]
    assert "**To do for this change**" in top
    assert "the certificate has to cover" in top
    assert "CNAME" in top


def test_nothing_to_do_is_no_block() -> None:
    assert "To do for this change" not in comment("many", ("16384", "16000"))


def test_a_new_stack_and_one_that_is_gone_say_so_first() -> None:
    both = (
        (Side(), side("many"), "✅ many: a new stack: expected $"),
        (side("many"), Side(), "❌ many: the stack is gone: expected -$"),
    )
    for old, new, says in both:
        page = as_document(Compared(compare("many", old, new), None, {}, "main", None))
        assert to_markdown(page).splitlines()[1].startswith(f"### {says}")


@pytest.mark.parametrize("stack", ["many", "local", "shared"])
def test_it_stays_under_what_github_takes(stack: str) -> None:
    page = as_document(Compared(compare(stack, Side(), side(stack)), None, {}, "main", None))
    assert len(to_markdown(page).encode()) < 60_000


@pytest.mark.searches
def test_sixty_models_more_are_counted_not_listed() -> None:
    text = comment("many", ("          embed:", MANY_MODELS + "          embed:"))
    assert len(text.encode()) < 60_000
    assert re.search(r"and \d+ more", text)
    assert "m59-" not in text


def test_a_count_is_the_length_of_what_is_shown() -> None:
    for edits in (
        BIGGER,
        (("          embed:", "          more: {model: Qwen/Qwen3-8B, pool: l4}\n          embed:"),),
    ):
        difference = compared("many", *edits)
        rows = settings(difference)
        typed = [row for row in rows if not row[0].startswith("↳")]
        them = "it" if len(typed) == 1 else "them"
        chosen = f", and with {them} {count(len(rows) - len(typed), 'value')} chosen by the program"
        title = f"{count(len(typed), 'setting')} changed"
        assert settings_title(difference) == title + (chosen if len(rows) > len(typed) else "")


def test_choices_alone_are_no_settings() -> None:
    moved = compared("many", *BIGGER)
    chosen = replace(moved, settings={})
    assert moved.follows
    assert settings_title(chosen) == f"{count(len(settings(chosen)), 'value')} chosen by the program changed"


def test_resources_are_counted_as_plan_and_its_json_count_them() -> None:
    """The stack itself counts, as Pulumi counts it; so does a resource of which only the options change."""
    new = compare("many", Side(), side("many"))
    total = len(side("many").resources)
    assert resources_title(new) == f"{total} resources: {total} added"
    assert sum(row[1].startswith("Stack ") for row in resources(new)) == 1
    protected = compared("many", ("protect: true", "protect: false"))
    changed = {*protected.resources.changed, *protected.resources.options}
    assert resources_title(protected) == f"{total} resources: {len(changed)} changed"
    assert set(protected.resources.options) - set(protected.resources.changed)


def test_a_line_break_can_not_leave_its_cell() -> None:
    assert "\n" not in markdown(code("a\n\n# b\r\n")) + markdown(said("a\n> b"))


def test_markup_in_a_stack_file_reaches_no_comment() -> None:
    evil = "x</details><img src=x> @octocat `a` | b"
    annotations = f"          annotations: {{x/y: '{evil}'}}"
    text = comment("many", ("          domain: llm.example.com", f"          domain: llm.example.com\n{annotations}"))
    assert "<img" not in text
    assert "@octocat" not in re.sub(r"`[^`]*`", "", text)


def test_arrows_where_only_ascii_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    assert printable("↳ gpuPools.l4.max (chosen)  6 → 3") == "\\ gpuPools.l4.max (chosen)  6 -> 3"


def test_the_same_in_a_terminal() -> None:
    page = as_document(Compared(compared("many", *BIGGER), None, {}, "main (9f8e7d6)", "a1b2c3d"))
    for width in (80, 110):
        lines = to_text(page, width).splitlines()
        assert max(len(line) for line in lines) <= width
        assert lines[2].split()[0] == "FAILS"
        start = next(number for number, line in enumerate(lines) if line.startswith("many  "))
        figures = lines[start + 1 : lines.index("", start)]
        assert len(figures) == len(page.sections[0].rows)
    assert not re.search(r"[`\x02-\x05]", to_text(page, 110))


def test_a_revision_is_a_field_of_the_plan_so_a_pause_does_not_hide_it() -> None:
    old = side("many")
    models = {**old.models, "llama-8b": {**old.models["llama-8b"], "revision": "1" * 40}}
    asleep = [each for each in old.resources if each["name"] != "llama-8b-deployment"]
    (changed,) = compare(
        "many", old, Side({**old.plan, "models": models, "resources": asleep}, old.config)
    ).answers.values()
    assert changed["revision"].new == "1" * 12
