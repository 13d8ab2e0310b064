"""What stands together in a report: one way to group, and one to take a path apart."""

import pytest

from infra.plan.alike import alike, parts


def test_things_of_which_the_same_is_said_stand_together_in_their_order() -> None:
    assert alike([("b", 1), ("c", 2), ("a", 1)]) == {1: ["b", "a"], 2: ["c"]}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("models.chat.replicas.max", ("models", "chat", "replicas.max")),
        ("gpuPools.l4", ("gpuPools", "l4", "")),
        ("models", ("models", "", "")),
        ("cache.size", ("cache", "", "size")),  # `size` is no name
        ("addons.keda.state", ("addons", "", "keda.state")),
    ],
)
def test_a_path_has_a_name_only_in_a_section_whose_keys_are_names(path: str, wanted: tuple[str, str, str]) -> None:
    assert parts(path) == wanted
