"""A plan for a command that works with one."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli.options import bad_file_exits, print_error
from infra.plan.plan import Plan

if TYPE_CHECKING:
    from infra.catalog import Catalog


def planned_or_exit(stack: str, stacks: Path) -> Plan:
    """Exits 2 when the stack file is wrong, 1 when the plan breaks a rule, and says what."""
    plan = read_or_exit(stack, stacks)
    if plan.violations:
        _refuse(plan)
    return plan


def read_or_exit(stack: str, stacks: Path) -> Plan:
    """A plan that may break a rule. Exits 2 when the stack file is wrong."""
    return read_with_catalog(stack, stacks)[0]


def read_with_catalog(stack: str, stacks: Path) -> "tuple[Plan, Catalog]":
    """The same, and the catalogue with the stack's prices."""
    from infra.cli.progress import waiting

    with bad_file_exits(), waiting(f"planning {stack}"):
        from infra.program import plan_of
        from infra.registry import cloud_of
        from infra.stack_file import load_file, stack_path

        file = load_file(stack_path(stacks, stack))
        prices = cloud_of(file.settings).priced(file.catalog, file.region, file.settings.prices)
        return plan_of(file), prices


def _refuse(plan: Plan) -> None:
    lines = [f"{plan.stack}: the plan breaks a rule; `llm-platform plan {plan.stack}` shows all of it"]
    lines += [f"  {each.path}: {each.message}. To fix it: {each.fix}" for each in plan.violations]
    print_error("\n".join(lines))
    sys.exit(1)
