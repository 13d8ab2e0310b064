"""The engine goes back only where its version is known to be an older one."""

import pytest

from infra.diff.difference import compare
from tests.diff.sides import side

OLDER = ("maxModelLen: 8192", "maxModelLen: 8192, image: registry.acme.io/vllm:v0.31.0")
OTHERS = ("maxModelLen: 8192", "maxModelLen: 8192, image: registry.acme.io/model-server:0.1.0")


@pytest.mark.parametrize(("before", "after"), [((OLDER,), ()), ((), (OTHERS,))])
def test_a_newer_one_and_an_unknown_one_do_not_go_back(
    before: tuple[tuple[str, str]], after: tuple[tuple[str, str]]
) -> None:
    (found,) = compare("shared", side("shared", *before), side("shared", *after)).notices
    assert any("image" in each for each in found.afterwards)
    assert not any("goes back" in each for each in found.afterwards)
