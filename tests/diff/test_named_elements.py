"""A changed element of a list is named, so that a reviewer knows which one it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.sides.properties import differences
from infra.sides.types import Change

CASES: list[tuple[str, Any, Any, dict[str, tuple[Any, Any]]]] = [
    ("the same", {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, {}),
    ("another order of keys", {"a": 1, "b": 2}, {"b": 2, "a": 1}, {}),
    ("a value", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, {"spec.replicas": (1, 2)}),
    ("true is not 1", {"a": True}, {"a": 1}, {"a": (True, 1)}),
    ("a key with dots", {"tags": {"k8s.io/x": "1"}}, {"tags": {}}, {'tags["k8s.io/x"]': ("1", None)}),
    (
        "a container by its name, whatever its place",
        {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]},
        {"containers": [{"name": "b", "image": "z"}, {"name": "a", "image": "x"}]},
        {"containers[b].image": ("y", "z")},
    ),
    (
        "an environment variable that is new",
        {"env": [{"name": "A", "value": "1"}]},
        {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]},
        {"env[B]": (None, "2")},
    ),
    (
        "an argument by its flag",
        {"args": ["serve", "--port", "80", "--eager", "--name=x"]},
        {"args": ["serve", "--name=y", "--port", "81", "--extra"]},
        {
            "args[--eager]": (True, None),
            "args[--extra]": (None, True),
            "args[--name]": ("x", "y"),
            "args[--port]": ("80", "81"),
        },
    ),
    (
        "a flag that is given twice",
        {"args": ["--lora", "a=1", "--lora", "b=1"]},
        {"args": ["--lora", "a=2", "--lora", "b=1"]},
        {"args[--lora]": (["a=1", "b=1"], ["a=2", "b=1"])},
    ),
    (
        "another order of arguments",
        {"args": ["--a", "1", "--b"]},
        {"args": ["--b", "--a", "1"]},
        {"args": (["--a", "1", "--b"], ["--b", "--a", "1"])},
    ),
    (
        "another order of variables: one may refer to those before it",
        {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}]},
        {"env": [{"name": "B", "value": "$(A)"}, {"name": "A", "value": "1"}]},
        {
            "env": (
                [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}],
                [{"name": "B", "value": "$(A)"}, {"name": "A", "value": "1"}],
            )
        },
    ),
    (
        "a taint by its key",
        {"taints": [{"key": "gpu", "value": "a", "effect": "NO_SCHEDULE"}]},
        {"taints": [{"key": "gpu", "value": "b", "effect": "NO_SCHEDULE"}]},
        {"taints[gpu].value": ("a", "b")},
    ),
    ("a list of plain values as one", {"types": ["a"]}, {"types": ["a", "b"]}, {"types": (["a"], ["a", "b"])}),
    (
        "elements that share a name by their place",
        {"rules": [{"key": "a", "op": "x"}, {"key": "a", "op": "y"}]},
        {"rules": [{"key": "a", "op": "x"}, {"key": "a", "op": "z"}]},
        {"rules[1].op": ("y", "z")},
    ),
    (
        "an element that is called otherwise",
        {"rules": [{"host": "a.old", "path": "/"}, {"host": "b", "path": "/"}]},
        {"rules": [{"host": "a.new", "path": "/v1"}, {"host": "b", "path": "/"}]},
        {"rules[a.old].host": ("a.old", "a.new"), "rules[a.old].path": ("/", "/v1")},
    ),
    (
        "an element without a name before the others",
        {"from": [{"namespace": {"x": 1}}, {"namespace": {"y": 1}}]},
        {"from": [{"block": {"cidr": "10.0.0.0/16"}}, {"namespace": {"x": 1}}, {"namespace": {"y": 1}}]},
        {"from[0].block.cidr": (None, "10.0.0.0/16")},
    ),
    (
        "an element that is there once more",
        {"from": [{"x": {"a": 1}}]},
        {"from": [{"x": {"a": 1}}, {"x": {"a": 1}}]},
        {"from[1].x.a": (None, 1)},
    ),
    ("a whole section that is new", {}, {"a": {"b": 1, "c": [2]}}, {"a.b": (None, 1), "a.c": (None, [2])}),
    (
        "a field of a document that is a text",
        {"data": {"platform.json": '{"models": {"chat": {"max": 1}, "code": {}}}'}},
        {"data": {"platform.json": '{"models": {"chat": {"max": 2}, "code": {}}}'}},
        {'data["platform.json"].models.chat.max': (1, 2)},
    ),
    (
        "a document of YAML, by its name",
        {"data": {"rules.yaml": "groups:\n- name: a\n  for: 1m\n"}},
        {"data": {"rules.yaml": "groups:\n- name: a\n  for: 2m\n"}},
        {'data["rules.yaml"].groups[a].for': ("1m", "2m")},
    ),
    (
        "a document that is only written otherwise",
        {"policy": '{"a": 1}'},
        {"policy": '{"a":1}'},
        {"policy": ('{"a": 1}', '{"a":1}')},
    ),
    ("a text that only starts like one", {"a": "[secret]"}, {"a": "{x"}, {"a": ("[secret]", "{x")}),
    ("a document instead of a word", {"a": "none"}, {"a": '{"b": 1}'}, {"a": ("none", '{"b": 1}')}),
    (
        "user data as its text",
        {"userData": "aG9zdHM6IGE="},
        {"userData": "aG9zdHM6IGI="},
        {"userData": ("hosts: a", "hosts: b")},
    ),
    ("an empty section that is new", {"v": {}}, {"v": {"emptyDir": {}}}, {"v.emptyDir": (None, {})}),
]


@pytest.mark.parametrize(("old", "new", "found"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_difference_has_a_path_and_both_values(old: Any, new: Any, found: dict[str, tuple[Any, Any]]) -> None:
    assert differences(old, new) == {path: Change(*values) for path, values in found.items()}


WORDS = st.sampled_from(["--a", "--b", "--a=", "--a=1", "--b=1 2", "1", "2", "1 2", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "x", "1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "value", "x"]), inner),
    max_leaves=4,
)
NAMED = st.fixed_dictionaries({"name": st.sampled_from(["A", "B", 1, "1"])}, optional={"value": VALUES, "x": VALUES})


@given(st.lists(WORDS, max_size=5), st.lists(WORDS, max_size=5))
def test_no_change_of_arguments_is_lost(old: list[str], new: list[str]) -> None:
    assert bool(differences({"args": old}, {"args": new})) is (old != new)


@given(st.lists(NAMED | VALUES, max_size=4), st.lists(NAMED | VALUES, max_size=4))
def test_no_change_of_a_list_is_lost(old: list[Any], new: list[Any]) -> None:
    assert old == new or differences({"env": old}, {"env": new})
