"""The steps by which a pool moves to new nodes, as the page has them, do what it says of each."""

import io
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from ruamel.yaml import YAML

from infra.cli.as_json import document
from infra.diff.difference import Difference, compare
from infra.diff.events import NOTHING, ROLLOUT
from infra.settings.document import read_document
from infra.sides.types import Side, name_of, type_of
from tests.docs.pages import BLOCKS
from tests.example_stacks import plan_text
from tests.invariants.reading import NODE_GROUP

(FILE,) = [block for block in BLOCKS if block.first_line == "# stacks/Pulumi.moves.yaml"]
ROWS = re.findall(r"^\| \d \| (.*?) \| (.*?) \|", FILE.page.read_text(encoding="utf-8"), re.MULTILINE)


def _files() -> Iterator[str]:
    """The stack file, and as each step leaves it."""
    yaml = YAML()
    whole = yaml.load(FILE.text)
    yield FILE.text
    for write, _ in ROWS:
        (line,) = re.findall(r"`(.+)`", write)
        path, _, value = line.partition(":")
        at: Any = whole["config"]["llm-platform:platform"]
        *way, last = path.split(".")
        for key in way:
            at = at[key]
        if "left out" in write:
            del at[last]
        else:
            at[last] = yaml.load(value)
        yaml.dump(whole, out := io.StringIO())
        yield out.getvalue()


@cache
def steps() -> list[Difference]:
    sides = []
    for text in _files():
        planned = plan_text("moves", text)
        assert planned.plan.violations == ()
        sides.append(Side(document(planned), read_document(text).config or {}))
    return [compare("moves", old, new) for old, new in pairwise(sides)]


def test_each_step_does_to_the_models_what_its_row_says() -> None:
    said = {
        "nothing changes": {"chat": NOTHING, "code": NOTHING},
        "no model restarts": {"chat": NOTHING, "code": NOTHING},
        "chat is rolled out without a gap": {"chat": ROLLOUT, "code": NOTHING},
        "code is rolled out without a gap": {"chat": NOTHING, "code": ROLLOUT},
    }
    assert len(ROWS) == 6
    for step, (_, says) in zip(steps(), ROWS, strict=True):
        assert {each.model: each.event for each in step.notices} == said[says]
        assert step.in_place == []
        assert step.has_effect is (says != "nothing changes")


def test_the_old_pool_keeps_its_release_and_its_size_until_it_goes() -> None:
    """EKS refuses a maximum below the nodes that run."""
    old, new = "l4-nodes", "l4-new-nodes"
    touched = [
        {name_of(urn) for urn in (*step.resources.added, *step.resources.changed, *step.resources.removed) if _is(urn)}
        for step in steps()
    ]
    assert touched == [set(), {"cluster-system"}, {new}, set(), set(), {old}]
    last = steps()[-2].new
    found = {name: last.resource(NODE_GROUP, name) for name in (old, new)}
    versions = {name: group["inputs"]["version"] for name, group in found.items() if group is not None}
    assert versions == {old: "1.35", new: "1.36"}


def _is(urn: str) -> bool:
    return type_of(urn) == NODE_GROUP
