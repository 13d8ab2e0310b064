"""What `smoke` says of a list of names other than what the plan gives to the client."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.smoke.listed import check_list
from infra.smoke.promises import promises
from infra.smoke.results import Broken, NotChecked
from tests.tryout.stacks import STACK, TEXT, planned

_STATE = f"another state of the stack file: if this one is newer, run `pulumi up -s {STACK}`"


@pytest.mark.parametrize(
    ("listed", "how", "says", "never"),
    [
        (["a"], Broken, ["without b, c. ", _STATE], "also"),
        (["a", "b", "c", "d"], Broken, ["plan's: also d. ", _STATE], "without"),
        (["a", "d"], Broken, ["without b, c; also d. ", _STATE], "nearer"),
        (["x", "y"], Broken, [f"no name of the plan: is this a gateway of {STACK}?"], "pulumi up"),
        (["c", "e", "f", "g", "h"], Broken, [_STATE, "nearer to that of many: is this a key of the client web?"], "?."),
        (["c", "e", "f", "g"], NotChecked, ["the list of many: is it a key of the client web?"], "pulumi up"),
    ],
)
def test_a_list_that_is_not_the_plans_says_why_and_what_to_do(
    tmp_path: Path, listed: list[str], how: type[Exception], says: list[str], never: str
) -> None:
    others = {"many": ["c", "e", "f", "g"], "few": ["z"]}
    promised = replace(promises(planned(tmp_path, TEXT), "web"), listed=["a", "b", "c"], others=others)
    with pytest.raises(how) as found:
        check_list(promised, listed)
    assert [words for words in says if words not in str(found.value)] == []
    assert never not in str(found.value)


def test_the_plans_list_is_no_matter_of_order(tmp_path: Path) -> None:
    promised = replace(promises(planned(tmp_path, TEXT), "web"), listed=["a", "b"], others={})
    check_list(promised, ["b", "a"])
