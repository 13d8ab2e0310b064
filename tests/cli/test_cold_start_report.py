"""One bar per model: letters that add up to the whole, one scale for all, the best remedy next to it."""

from typing import Any

import pytest

from infra.cli.document import Document, Section
from infra.cli.document.markdown import to_markdown
from infra.cli.document.text import to_text
from infra.cli.report import report
from infra.cli.report.cold_start import bar
from infra.offline import Planned
from infra.plan.models import ColdStart, StartPart
from infra.recording import Recording
from tests.planning.stacks import DEV, LOCAL, PROD, SHARED, changed, plan


def _report(stack: dict) -> Document:
    return report(Planned(plan(stack), Recording([], {})))


def _section(stack: dict) -> Section:
    (section,) = [each for each in _report(stack).sections if each.title == "COLD START"]
    return section


def _start(**seconds: float) -> ColdStart:
    parts = {name: StartPart(each, each, each, "") for name, each in seconds.items()}
    return ColdStart(parts, {}, parts, {})


@pytest.mark.parametrize(
    ("seconds", "letters"),
    [
        ({"node": 90, "boot": 30, "image": 60, "weights": 150, "engine": 120}, "NNNBIIWWWWWEEEE"),
        ({"node": 0, "boot": 0, "image": 60, "weights": 30, "engine": 30}, "IIWE"),
        ({"node": 40, "boot": 40, "image": 40, "weights": 40, "engine": 40}, "NBBIWEE"),
        ({"node": 0, "boot": 0, "image": 4, "weights": 4, "engine": 4}, ""),
    ],
    ids=["whole letters", "nodes that exist", "rounding that adds up", "less than a letter"],
)
def test_a_bar_is_as_long_as_the_whole(seconds: dict[str, float], letters: str) -> None:
    start = _start(**seconds)
    assert bar(start, 30) == letters
    assert len(letters) == round(start.seconds / 30)


@pytest.mark.parametrize("stack", [PROD, DEV, LOCAL], ids=["prod", "dev", "local"])
def test_all_bars_have_the_scale_that_the_header_says(stack: dict) -> None:
    section, models = _section(stack), plan(stack).models
    scale = int(section.columns[0].title.split()[-2])
    for name, letters, *_ in section.rows:
        assert abs(len(letters) - models[name].cold_start.seconds / scale) <= 0.5
        assert len(letters) <= 24


def test_the_best_that_can_be_written_stands_beside_the_bar_and_what_to_write_below() -> None:
    section = _section(PROD)
    assert {row[-1] for row in section.rows} == {"spare GPUs -2 min 54 s", "spare GPUs -3 min 24 s"}
    assert "gpuPools.l4.spare: 1 (+$718 per month of the minimum bill)" in section.note
    assert section.columns[-1].title == "remedy"
    assert "remedy" not in {column.title for column in _section(LOCAL).columns}


def test_what_has_no_key_is_said_once_at_its_largest_saving() -> None:
    (line,) = [each for each in _section(SHARED).note.splitlines() if "not by a key alone" in each]
    assert line.count("parallel image pull to NVMe, ") == 1


def test_another_key_that_shortens_a_start_is_said_with_its_price() -> None:
    """Of the model that it shortens by more: the 70B, though each of its GPUs reads all of it. What only hides a start,
    such as a spare replica, isn't here."""
    (line,) = [each for each in _section(PROD).note.splitlines() if "by a key too" in each]
    assert "cache.compile: true, 1 min 19 s less for llama-70b; " in line
    assert (
        "cache.kind: s3 with cache.endpoint: gateway, 59 s less for llama-70b ($23 less per month of the minimum bill)"
        in line
    )
    assert "gpuPools.l4.warmPool: 1, 22 s less for llama-8b ($" in line


@pytest.mark.parametrize(
    ("cache", "said"),
    [
        (None, "cache.kind: s3 with cache.endpoint: gateway with cache.compile: true, "),
        ({"kind": "efs", "compile": True}, "cache.kind: s3 with cache.endpoint: gateway, "),
    ],
    ids=["chosen", "in the stack file"],
)
def test_a_new_section_says_what_the_plan_had_chosen(cache: dict[str, Any] | None, said: str) -> None:
    """Without it, servers would keep nothing of what they compile any more."""
    stack = {key: value for key, value in PROD.items() if key != "cache"} | ({"cache": cache} if cache else {})
    (line,) = [each for each in _section(stack).note.splitlines() if "by a key too" in each]
    assert said in line


def test_a_key_that_shortens_one_start_and_lengthens_another_says_both() -> None:
    """Each of eight GPUs reads all weights of a bucket, so that a file system has them sooner."""
    stack = changed(PROD, gpuPools__l4={"instanceTypes": ["g6.48xlarge"]}, models__llama_8b__gpus=8)
    now, then = plan(stack), plan({**stack, "cache": {"kind": "s3", "endpoint": "gateway"}})
    (remedy,) = [each for each in now.remedies["llama-70b"] if each.write == "cache.kind: s3"]
    later = then.models["llama-8b"].cold_start.seconds - now.models["llama-8b"].cold_start.seconds
    assert remedy.slower == {"llama-8b": later}
    assert later > 10
    written = "cache.kind: s3 with cache.endpoint: gateway"
    assert f"{written}, 59 s less for llama-70b, {later} s more for llama-8b ($" in _section(stack).note


@pytest.mark.parametrize(("pools", "said"), [({}, True), (DEV["gpuPools"], False)], ids=["chosen", "in the stack file"])
def test_a_pool_that_the_program_chose_is_written_down_before_it_is_changed(pools: dict, said: bool) -> None:
    assert ("--pin` first" in _section(changed(DEV, gpuPools=pools)).note) is said


def test_of_many_models_the_slowest_are_shown_and_the_others_counted() -> None:
    small = {f"m{index}": {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096} for index in range(9)}
    section = _section(changed(DEV, models={**DEV["models"], **small}))
    assert len(section.rows) == 8
    assert "qwen3-8b" in {row[0] for row in section.rows}
    assert "and 2 more, none above " in section.note


@pytest.mark.parametrize("width", [80, 110])
def test_a_bar_is_never_broken(width: int) -> None:
    text = to_text(_report(PROD), width)
    for _, letters, *_ in _section(PROD).rows:
        assert f" {letters} " in text
    assert all(len(line) <= width for line in text.splitlines())


def test_markdown_has_letters_of_one_width() -> None:
    text = to_markdown(_report(PROD))
    for _, letters, *_ in _section(PROD).rows:
        assert f"| `{letters}` |" in text
    assert "E engine start and compile<br>at best, " in text


def test_a_remedy_that_lowers_the_bill_says_so() -> None:
    """The budget has no room for spare GPUs, so the bucket is the best that can be written."""
    coder = {"model": "Qwen/Qwen3-Coder-30B-A3B-Instruct", "maxModelLen": 32768, "pool": "big", "gpus": 1}
    big = {"big": {"instanceTypes": ["g7e.2xlarge"], "max": 2}}
    stack = changed(DEV, gpuPools=big, models={"coder": coder}, cache={"kind": "efs"}, budget={"usdPerMonth": 4000})
    (line,) = [each for each in _section(stack).note.splitlines() if each.startswith("weights streamed from S3")]
    assert line == "weights streamed from S3: cache.kind: s3 (-$1 per month of the minimum bill)"


def test_where_results_are_kept_the_first_start_is_said_to_take_longer() -> None:
    """36 layers at 0.75 s, instead of 9 s to read them."""
    (line,) = [each for each in _section(DEV).note.splitlines() if "first start" in each]
    assert line.endswith("which compiles: 18 s for qwen3-8b")
    assert "first start" not in _section(PROD).note
