"""What loads, and that a bad file never raises anything except BadStackFile."""

import contextlib
import copy
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.config_keys import PLATFORM
from infra.settings.document import read_document
from infra.settings.mistakes import BadStackFile
from infra.stack_file import load_config, load_file
from tests.settings.good_stacks import GOOD_STACKS, LAPTOP, PRODUCTION

REPOSITORY = Path(__file__).parents[2]
STACKS = sorted((REPOSITORY / "stacks").glob("Pulumi.*.yaml"))


def _written(folder: Path, text: str) -> Path:
    path = folder / "Pulumi.dev.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", GOOD_STACKS.values(), ids=GOOD_STACKS)
def test_a_good_stack_loads_the_same_from_file_and_engine(text: str, tmp_path: Path) -> None:
    from_file = load_file(_written(tmp_path, text))
    config = read_document(text).config
    assert config is not None
    from_engine = load_config(
        stack="dev",
        platform=config[PLATFORM],
        region=config.get("aws:region"),
        secrets=from_file.secrets,
        keys=config,
    )
    assert from_engine == from_file


def test_the_engine_asks_about_a_number_as_the_file_has_it(tmp_path: Path) -> None:
    """What the engine passes is 9; that 9.000 was typed is in the file only."""
    text = STACKS[0].read_text().replace("    models:\n", "    budget: {usdPerMonth: 9.000}\n    models:\n", 1)
    config = read_document(text).config or {}
    with pytest.raises(BadStackFile) as raised:
        load_config(stack="dev", platform=config[PLATFORM], region="us-east-1", path=_written(tmp_path, text))
    assert [each.path for each in raised.value.mistakes] == ["budget.usdPerMonth"]


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.name)
def test_the_stacks_of_the_repository_load(path: Path) -> None:
    assert load_file(path).settings.models


def test_what_a_file_says_arrives(tmp_path: Path) -> None:
    file = load_file(_written(tmp_path, PRODUCTION))
    assert (file.stack, file.region, file.secrets) == ("dev", "us-east-1", {"huggingFaceToken"})
    assert file.settings.models["llama-8b"].replicas.max == 5
    assert file.settings.tags["costCenter"] == "4711"


def test_what_a_file_leaves_out_has_its_default(tmp_path: Path) -> None:
    file = load_file(_written(tmp_path, LAPTOP))
    assert (file.region, file.secrets, file.settings.gateway) == (None, frozenset(), None)
    replicas = file.settings.models["llama-1b"].replicas
    assert (file.settings.namespace.name, replicas.min, replicas.max) == ("llm", 1, 1)


def test_a_key_without_namespace_is_the_projects_own(tmp_path: Path) -> None:
    assert load_file(_written(tmp_path, LAPTOP.replace("llm-platform:platform", "platform"))).settings.models


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
WORDS = st.sampled_from(
    ["cluster", "create", "existing", "models", "model", "state", "replicas", "min", "str", "int", "[key]"]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(platform=JSON, region=st.none() | st.text(max_size=12))
def test_any_data_loads_or_is_refused(platform: Any, region: str | None) -> None:
    with contextlib.suppress(BadStackFile):
        load_config(stack="dev", platform=platform, region=region)


def _places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [at, *(place for key, value in children for place in _places(value, (*at, key)))]


GOOD = read_document(GOOD_STACKS["production"]).config or {}
SHARED = read_document(GOOD_STACKS["shared"]).config or {}


@pytest.mark.searches
@settings(max_examples=300)
@given(data=st.data())
def test_a_good_stack_with_anything_anywhere_loads_or_is_refused(data: st.DataObject) -> None:
    platform = copy.deepcopy(data.draw(st.sampled_from([GOOD[PLATFORM], SHARED[PLATFORM]])))
    *parents, last = data.draw(st.sampled_from(_places(platform)[1:]))
    section = platform
    for key in parents:
        section = section[key]
    section[last] = data.draw(JSON)
    with contextlib.suppress(BadStackFile):
        load_config(stack="dev", platform=platform, region="us-east-1")


@given(text=st.text(alphabet="abcd:{}[],&*!|>-<'\"#%@\\ \t\n\u00e9\x07018_.", max_size=60))
def test_any_text_loads_or_is_refused(text: str) -> None:
    document = read_document("config:\n  llm-platform:platform:\n    " + text)
    assert document.config is not None or document.mistakes


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    document = read_document("\n".join(lines))
    assert document.config is None
    assert "aliases included" in document.mistakes[0].got


def test_a_model_more_is_as_much_work_with_a_hundred_as_with_fifty(tmp_path: Path) -> None:
    """Work is counted in calls, which are as many on a busy machine; benchmarks/plan_speed.py measures the time."""
    head, _, tail = PRODUCTION.partition("      llama-8b:\n")
    one = tail.partition("      llama-70b:")[0]

    def calls(models: int) -> int:
        text = head + "".join(f"      llama-{number}:\n{one}" for number in range(models))
        return _calls(partial(load_file, _written(tmp_path, text)))

    calls(1)  # files that are read once
    few, some, many = calls(10), calls(50), calls(90)
    assert many - some < 1.1 * (some - few)


def _calls(work: Callable[[], object]) -> int:
    """How many Python functions are called while `work` runs."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
