"""A change of a stack file touches the lines that it is about, in whatever form people wrote the file."""

from pathlib import Path

import pytest

from infra.cli.stack_text import ChangedMeanwhile, NotEditable, put, replace_file, take_out

GATEWAY = ("config", "p", "gateway")
WEB = {"models": ["a"], "namespace": "shop"}
HEAD = "# mine\nconfig:\n  p:\n"
BLOCK = f"""{HEAD}    gateway:
      domain: x # the domain

      # who may call
      clients:
        # everybody's
        web: {{models: all}} # first
        # the batch
        batch:
          keys:
            - 1
          # inside
          team: b

    # the cache
    cache: none
"""


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went, and lines that came."""
    old, new = before.splitlines(), after.splitlines()
    return [each for each in old if each not in new], [each for each in new if each not in old]


def added(text: str) -> str:
    return put(text, (*GATEWAY, "clients", "new"), WEB)


NEW = "new: {models: [a], namespace: shop}"
NO_CLIENTS = f"      clients:\n        {NEW}\n"
# Below config.p: the text, a part of it, and what that part becomes.
ADDED = {
    "no gateway": ("    cache: b\n", "cache: b\n", f"cache: b\n    gateway:\n{NO_CLIENTS}"),
    "no line break at the end": ("    cache: b", "cache: b", f"cache: b\n    gateway:\n{NO_CLIENTS}"),
    "no clients": ("    gateway:\n      domain: x\n", "domain: x\n", f"domain: x\n{NO_CLIENTS}"),
    "braces": ("    gateway: {domain: x} # c\n", "x}", f"x, clients: {{{NEW}}}}}"),
    "a trailing comma": ("    gateway: {domain: x,}\n", "x,}", f"x,clients: {{{NEW}}}}}"),
    "braces over lines": (
        "    gateway: {\n      clients: {\n        web: {team: t}\n      }\n    }\n",
        "t}\n      ",
        f"t}}, {NEW}",
    ),
    "empty braces": ("    gateway: {}\n", "{}", f"{{clients: {{{NEW}}}}}"),
    "nothing": ("    gateway: # none yet\n    cache: b\n", "gateway:", f"gateway: {{clients: {{{NEW}}}}}"),
    "a text over lines before": (
        "    gateway:\n      contact: |\n        me\n        you\n\n    cache: b\n",
        "you\n",
        f"you\n{NO_CLIENTS}",
    ),
    "an alias before": (
        "    a: &x {team: t}\n    gateway:\n      clients:\n        web: *x\n    cache: b\n",
        "*x\n",
        f"*x\n        {NEW}\n",
    ),
}


@pytest.mark.parametrize("form", ADDED)
def test_a_client_is_put_behind_the_last_one_and_nothing_else_changes(form: str) -> None:
    text, part, becomes = ADDED[form]
    assert text.count(part) == 1
    assert added(HEAD + text) == HEAD + text.replace(part, becomes)


def test_a_block_keeps_every_line() -> None:
    went, came = changed(BLOCK, added(BLOCK))
    assert (went, came) == ([], ["        new: {models: [a], namespace: shop}"])
    assert added(BLOCK).index("new:") < added(BLOCK).index("# the cache")


REPLACED = {
    "flow": ("web: {models: all, keys: [1]} # c\n", "web: {models: all, keys: [1, 2]} # c\n"),
    "block": (
        "web:\n          keys:\n            - 1\n          team: t\n",
        "web:\n          keys: [1, 2]\n          team: t\n",
    ),
    "none yet, flow": ("web: {models: all}\n", "web: {models: all, keys: [1, 2]}\n"),
    "none yet, block": ("web:\n          team: t # c\n", "web:\n          team: t # c\n          keys: [1, 2]\n"),
    "a client without anything": ("web:\n", "web: {keys: [1, 2]}\n"),
    "an empty client": ("web: {}\n", "web: {keys: [1, 2]}\n"),
}


@pytest.mark.parametrize("form", REPLACED)
def test_a_value_is_replaced_where_it_stands(form: str) -> None:
    before, after = REPLACED[form]
    head = f"{HEAD}    gateway:\n      clients:\n        "
    assert put(head + before, (*GATEWAY, "clients", "web", "keys"), [1, 2]) == head + after


def test_a_client_is_taken_out_with_the_comment_above_it() -> None:
    went, came = changed(BLOCK, take_out(BLOCK, (*GATEWAY, "clients", "batch")))
    assert came == []
    assert [each.strip() for each in went] == ["# the batch", "batch:", "keys:", "- 1", "# inside", "team: b"]


def test_a_comment_above_the_first_one_may_be_about_all_and_stays() -> None:
    went, came = changed(BLOCK, take_out(BLOCK, (*GATEWAY, "clients", "web")))
    assert (went, came) == (["        web: {models: all} # first"], [])


@pytest.mark.parametrize(("name", "rest"), [("a", "{b: {t: 1}}"), ("b", "{a: {}}")])
def test_a_client_is_taken_out_of_braces(name: str, rest: str) -> None:
    text = f"{HEAD}    gateway: {{clients: {{a: {{}}, b: {{t: 1}}}}}}\n"
    assert f"clients: {rest}}}" in take_out(text, (*GATEWAY, "clients", name))


ALIASED = f"{HEAD}    a: &c {{web: {{team: t}}, b: {{}}}}\n    gateway:\n      clients: *c\n"
MERGED = f"{HEAD}    a: &c {{web: {{team: t}}}}\n    gateway:\n      clients: {{<<: *c, b: {{}}}}\n"


@pytest.mark.parametrize("text", [ALIASED, MERGED])
def test_what_stands_elsewhere_is_left_to_a_person(text: str) -> None:
    with pytest.raises(NotEditable, match=r"clients"):
        take_out(text, (*GATEWAY, "clients", "web"))
    if text is ALIASED:
        with pytest.raises(NotEditable, match=r"write \{models: \[a\], namespace: shop\} there by hand"):
            added(text)


def test_a_file_that_may_not_be_written_stays(tmp_path: Path) -> None:
    missing = tmp_path / "Pulumi.dev.yaml"
    with pytest.raises(FileNotFoundError):
        replace_file(missing, "new")
    assert not list(tmp_path.iterdir())


def test_a_file_that_says_something_else_by_now_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_bytes(b"config: 2\r\n")
    with pytest.raises(ChangedMeanwhile, match="changed by somebody else"):
        replace_file(path, "config: 3\n", was="config: 1\n")
    replace_file(path, "config: 3\n", was="config: 2\n")
    assert path.read_bytes() == b"config: 3\r\n"
