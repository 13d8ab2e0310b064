"""A base that was planned by older code has warnings without a kind."""

from infra.diff.findings import compare_findings, compare_to_dos
from infra.sides.types import Side

OLD = {"path": "models.chat.revision", "message": "none is given"}


def test_a_warning_that_only_gained_its_kind_is_not_new() -> None:
    old, new = Side({"warnings": [OLD]}), Side({"warnings": [OLD | {"kind": "no-revision"}]})
    assert not compare_findings(old, new, "warnings")


def test_another_message_is_new() -> None:
    new = {**OLD, "message": "another", "kind": "no-revision"}
    found = compare_findings(Side({"warnings": [OLD]}), Side({"warnings": [new]}), "warnings")
    assert (found.introduced, found.fixed) == ([new], [OLD])


LIKELY = "fits, but not for certain: {} GiB of cache at the low end; gpus: 2 makes it certain, the bill is then {}"


def test_a_warning_whose_figures_or_advice_changed_with_another_model_is_not_new() -> None:
    path = {"path": "models.chat.maxModelLen", "kind": "not-certain"}
    old, new = ({**path, "message": LIKELY.format(*figures)} for figures in (("3.0", "$900"), ("2.9", "$1,200")))
    assert not compare_findings(Side({"warnings": [old]}), Side({"warnings": [new]}), "warnings")
    elsewhere = {**new, "path": "models.code.maxModelLen"}
    assert compare_findings(Side({"warnings": [old]}), Side({"warnings": [new, elsewhere]}), "warnings").introduced


def asking(*messages: tuple[str, str], names: bool = True) -> Side:
    """Each message begins with the names of those whom it is for, unless it is about a quota."""
    found = [{"path": path, "message": message} for path, message in messages]
    whose = [[] if text.startswith("quota") else text.partition(": ")[0].split(", ") for _, text in messages]
    return Side({"to_do": [{**each, "names": who} if names else each for each, who in zip(found, whose, strict=True)]})


TOKEN, LICENCE = "huggingFaceToken", "accept the licence at huggingface.co/meta"


def test_a_to_do_that_only_names_one_fewer_is_neither_new_nor_gone() -> None:
    old = asking((TOKEN, "big, small: set a token"), ("models.big.model", f"big, small: {LICENCE}"))
    new = asking((TOKEN, "small: set a token"), ("models.small.model", f"small: {LICENCE}"))
    assert not compare_to_dos(old, new, {})


def test_a_to_do_is_new_for_whoever_joins_and_gone_once_nobody_is_asked() -> None:
    one, both = asking((TOKEN, "small: set a token")), asking((TOKEN, "big, small: set a token"))
    assert compare_to_dos(one, both, {}).introduced == both.plan["to_do"]
    assert not compare_to_dos(one, both, {}).fixed
    assert compare_to_dos(both, asking(), {}).fixed == both.plan["to_do"]


def test_where_one_program_does_not_say_whom_it_is_for_the_whole_message_counts() -> None:
    old, new = asking((TOKEN, "big, small: set a token"), names=False), asking((TOKEN, "big, small: set a token"))
    assert not compare_to_dos(old, new, {})
    fewer = compare_to_dos(old, asking((TOKEN, "small: set a token")), {})
    assert (len(fewer.introduced), len(fewer.fixed)) == (1, 1)


def test_words_before_a_colon_are_names_only_where_the_plan_says_so() -> None:
    """The message is prose: nobody reads names out of it."""
    one, two = ({"path": "a", "message": f"{who}: x", "names": []} for who in ("chat", "chat, code"))
    assert compare_to_dos(Side({"to_do": [two]}), Side({"to_do": [one]}), {}).introduced == [one]


def test_a_to_do_that_asks_for_something_else_is_new() -> None:
    old, new = asking(("gpuPools", "quota: 8 vCPUs, at most")), asking(("gpuPools", "quota: 16 vCPUs, at most"))
    found = compare_to_dos(old, new, {})
    assert (found.introduced, found.fixed) == (new.plan["to_do"], old.plan["to_do"])
