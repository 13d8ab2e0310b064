"""What versions of vLLM before the pinned one lack of a model and its arguments."""

from dataclasses import replace

import pytest

from infra.catalog import load_catalog
from infra.engines.vllm.facts import facts
from infra.engines.vllm.lacks import lacks, since
from infra.engines.vllm.versions import PINNED
from infra.sizing.question import Version

QWEN = load_catalog().models["Qwen/Qwen3-8B"]
ARGUMENTS = ("/models/x", "--port", "8000", "--runner", "generate", "--shutdown-timeout", "300", "--new-one=1")
LAST = ["--shutdown-timeout", "--runner"]


@pytest.mark.parametrize(
    ("version", "certain", "perhaps"),
    [
        ((0, 6, 0), ["Qwen3ForCausalLM", *LAST], []),
        ((0, 8, 2), ["Qwen3ForCausalLM", *LAST], []),  # Transformers had no such class on its day
        ((0, 8, 3), LAST, ["Qwen3ForCausalLM"]),
        ((0, 8, 4), LAST, []),
        ((0, 10, 1), ["--shutdown-timeout"], []),
        ((0, 18, 0), [], []),
        (PINNED, [], []),
    ],
)
def test_it_is_what_came_later(version: Version, certain: list[str], perhaps: list[str]) -> None:
    found = list(lacks(version, ARGUMENTS, QWEN))
    assert [each.what for each in found if not each.otherwise] == certain
    assert [each.what for each in found if each.otherwise] == perhaps


def test_code_of_the_repository_may_be_served_by_transformers() -> None:
    own = replace(QWEN, custom_code=True)
    assert [[each.otherwise for each in lacks(version, (), own)] for version in ((0, 7, 1), (0, 7, 2))] == [
        [False],
        [True],
    ]


def test_an_architecture_that_is_not_known_lacks_nothing() -> None:
    assert not list(lacks((0, 6, 0), (), replace(QWEN, architecture="OwnForCausalLM")))
    assert not list(lacks((0, 6, 0), (), None))


def test_the_table_names_what_the_pinned_version_has() -> None:
    known = facts()
    flags = {spelling for each in known.flags.values() for spelling in each.spellings}
    for name, found in since().items():
        assert name in (flags if name.startswith("--") else known.architectures), name
        assert found.perhaps <= found.first <= PINNED, name
