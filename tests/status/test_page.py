"""The page's example: three incidents, each named with its cause."""

import re
from pathlib import Path
from typing import get_args

from infra.cli.status import lines
from infra.clouds.aws.cloud import AWS
from infra.engines import ENGINES
from infra.engines.last_words import OF_ANY
from infra.status.findings import State
from tests.status.cluster import PROD, of
from tests.status.incidents import three_incidents

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs/platform/status.md"


def test_each_incident_is_named() -> None:
    found = three_incidents()
    kinds = {each.name: [cause.kind for cause in each.causes] for each in found.all}
    assert kinds == {"helper": ["image"], "llama-70b": ["no-node"], "llama-8b": ["scaler-fallback"], "gateway": []}
    assert of("llama-70b", found).late
    assert [each.wrong for each in found.all] == [True, True, True, False]


def test_the_page_shows_what_is_printed() -> None:
    printed = "\n".join(lines(three_incidents(), PROD, 120, whole=False))
    assert f"```text\n{printed}\n```" in PAGE.read_text(encoding="utf-8"), printed


def test_the_page_names_each_state_and_each_kind_of_cause() -> None:
    text = PAGE.read_text(encoding="utf-8")
    sources = "".join(each.read_text(encoding="utf-8") for each in (REPOSITORY / "infra/status").rglob("*.py"))
    words = [each.kind for engine in ENGINES.values() for each in (*engine.last_words, *OF_ANY)]
    kinds = {*re.findall(r'Cause\(\s*"([a-z-]+)"', sources), *words, *AWS.no_node_words.values(), "no-node"}
    named = [*get_args(State), *kinds, "evicted"]
    assert [each for each in named if f"`{each}`" not in text] == []
