"""Findings of the planning are sorted at the end: the order of calls or of maps doesn't change a plan."""

import ast
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import infra
from infra.plan.findings import Decided, Findings, gather, split, warned
from infra.plan.notes import Assumption, Chosen, Finding, Step, ToDo, Violation
from infra.plan.rules import Rule
from tests.planning.stacks import DEV, LOCAL, PROD, SHARED, changed, plan

# Namespace and nodes that exist, a licence, a gateway, placeholders, and a budget that is broken.
EVERYTHING: dict[str, Any] = {
    **PROD,
    "namespace": {"name": "models", "create": False},
    "budget": {"usdPerMonth": 100},
    "gpuPools": {
        **PROD["gpuPools"],
        "own": {"existing": {"gpu": "L4", "gpusPerNode": 1, "selector": {"pool": "own"}}},
    },
    "allow": {"replace": ["cache"], "remove": ["l4"]},
}
ROOMS = Path(infra.__file__).parent


@pytest.mark.parametrize("stack", [LOCAL, DEV, PROD, SHARED, EVERYTHING])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_findings_moves_nothing(stack: dict[str, Any], seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan(stack)

    def shuffled(found: Iterable[Finding]) -> Findings:
        each = list(found)
        return gather(random.Random(seed).sample(each, len(each)))

    monkeypatch.setattr("infra.planning.draft.gather", shuffled)
    after = plan(stack)
    assert after == before
    assert list(after.chosen) == list(before.chosen)


def test_to_dos_are_in_the_order_of_doing() -> None:
    steps = [(each.step, each.nth) for each in plan(EVERYTHING).to_do]
    assert steps == sorted(steps)
    assert {Step.PLACEHOLDERS, Step.ACCOUNT, Step.QUOTAS, Step.LICENCES, Step.NAMESPACE, Step.DNS} <= dict(steps).keys()


def test_a_to_do_says_as_data_whom_it_is_for_and_which_quota_it_raises() -> None:
    made = plan(EVERYTHING)
    named = [each for each in made.to_do if each.names]
    assert {Step.LICENCES, Step.SECRETS} <= {each.step for each in named}
    assert {(each.step, each.names) for each in named if each.step in (Step.LICENCES, Step.SECRETS)} == {
        (Step.LICENCES, ("llama-8b",)),
        (Step.SECRETS, ("llama-8b",)),
        (Step.LICENCES, ("llama-70b",)),
    }
    assert [each.quota for each in made.to_do if each.step == Step.QUOTAS] == [*made.quotas]
    assert not any(each.quota for each in made.to_do if each.step != Step.QUOTAS)


def test_a_finding_of_each_kind_has_its_place() -> None:
    last, first = ToDo("a", "then", Step.DNS), ToDo("z", "first", Step.ACCOUNT)
    broken, warning = Violation(Rule.FIT, "a", "broken", "write"), warned("models.a.pool", "look")
    found = gather([Chosen("a", 1, "why"), last, first, broken, warning, Assumption("a", "so"), broken])
    assert (list(found.chosen), found.violations, found.warnings) == (["a"], (broken,), (warning,))
    assert (found.to_do, found.assumptions) == ((first, last), (Assumption("a", "so"),))
    assert warning.kind == "models.*.pool"


def test_what_decides_returns_its_value_and_yields_what_it_found() -> None:
    choice = Chosen("a", 1, "why")

    def decide() -> Decided[int]:
        yield choice
        return 1

    assert split(decide()) == (1, (choice,))


def test_no_finding_is_lost() -> None:
    """A call without `yield from` would do nothing."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(ROOMS.rglob("*.py"))]
    finding = {name for tree in trees for name in _finding(tree)}
    assert len(finding) > 40
    assert not [line for tree in trees for line in _lost(tree, finding)]


def _finding(tree: ast.Module) -> set[str]:
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.returns]
    return {each.name for each in functions if re.search(r"\b(Finding|Decided)\b", ast.unparse(each.returns or each))}


def _lost(tree: ast.Module, finding: set[str]) -> Iterator[str]:
    imports = [each for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)]
    known = _finding(tree) | {name.name for each in imports for name in each.names if name.name in finding}
    for each in ast.walk(tree):
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call) and ast.unparse(each.value.func) in known:
            yield ast.unparse(each)


@pytest.mark.parametrize(("nodes", "vcpus"), [(3, 12), (2, 8)])
def test_a_new_cluster_says_the_quota_of_its_system_nodes(nodes: int, vcpus: int) -> None:
    made = plan(changed(PROD, cluster__create__systemNodes={"count": nodes, "instanceType": "m7i.xlarge"}))
    (said,) = [each.message for each in made.to_do if "L-1216C47A" in each.message]
    assert f"{vcpus} vCPUs at least, for the system nodes; new accounts may have 5" in said


def test_a_cluster_that_exists_has_the_quota_of_its_system_nodes() -> None:
    assert not [each for each in plan(SHARED).to_do if "L-1216C47A" in each.message]
