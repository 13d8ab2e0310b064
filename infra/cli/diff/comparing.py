"""Plans the base and the working tree side by side, and compares them."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.cli.as_json import document as plan_document
from infra.diff.base import BadBase, Base, opened, repository_of, shown_commit
from infra.diff.difference import Difference, Facts, compare
from infra.diff.facts import changed_facts, changed_files, named_files, program_files, requirements_changed
from infra.diff.plans import Planning, planning
from infra.models.lock import NAME as LOCK
from infra.offline import plan_offline
from infra.project import PROJECT
from infra.settings.document import read_document
from infra.sides.types import Changes, Document, Side


@dataclass(frozen=True)
class Compared:
    """A difference, with what shows which part comes from the program and which from the stack file."""

    difference: Difference
    facts: Facts | None  # None: the program is the same on both sides
    requirements: Changes
    base: str  # as asked for, with its commit
    tree: str | None  # commit of the working tree


def compare_with(stack: str, base: str, stacks: Path) -> Compared:
    """Raises BadBase, and BadStackFile for the working tree's."""
    with ExitStack() as running:
        opened_base = running.enter_context(opened(base, PROJECT, stacks))
        path, base_path = stacks / f"Pulumi.{stack}.yaml", opened_base.stack_file(stack)
        if not path.is_file() and not base_path.is_file():
            raise BadBase(f"neither {stacks} nor {base} has a stack {stack}: {_there(stacks)}")
        base_plan = other = None
        old_files: dict[str, bytes] = {}
        new_files: dict[str, bytes] = {}
        same_stack = _is_same(path, base_path)
        config, base_config = _config(path), _config(base_path)
        if base_path.is_file():
            label = _label(opened_base)
            base_plan = running.enter_context(planning(opened_base.folder, stack, label, stacks=base_path.parent))
            named = named_files(Side(config=config)) | named_files(Side(config=base_config))
            old_files, new_files = program_files(opened_base.folder, named), program_files(PROJECT, named)
            if path.is_file() and old_files != new_files and not same_stack:
                folder = base_path.parent
                other = running.enter_context(planning(PROJECT, stack, "the base's stack file", stacks=folder))
        new = Side(plan_document(plan_offline(path)), config, path) if path.is_file() else Side()
        old = Side(base_plan.document(), base_config, base_path) if base_plan else Side()
        difference = compare(stack, old, new)
        facts = None
        if other is not None or (same_stack and old_files != new_files):
            effect = difference if other is None else _effect(stack, old, other)
            facts = _facts(effect, old, new, old_files, new_files)
        return Compared(
            difference,
            facts,
            requirements_changed(opened_base.folder, PROJECT),
            _label(opened_base),
            shown_commit(repository_of(stacks, PROJECT)),
        )


def _is_same(path: Path, base_path: Path) -> bool:
    """Whether both sides say the same: the stack file, and the models' own files as the lock beside it has them."""
    if not (path.is_file() and base_path.is_file()) or path.read_bytes() != base_path.read_bytes():
        return False
    locks = [each.with_name(LOCK) for each in (path, base_path)]
    return len({lock.read_bytes() if lock.is_file() else b"" for lock in locks}) == 1


def _effect(stack: str, old: Side, other: Planning) -> Difference | None:
    """What the program's own changes do to the base's stack file; None: the new program can't plan it."""
    try:
        return compare(stack, old, Side(other.document(), old.config, old.file))
    except BadBase:
        return None


def _facts(
    effect: Difference | None, old: Side, new: Side, old_files: dict[str, bytes], new_files: dict[str, bytes]
) -> Facts | None:
    """None where the program's own changes mean nothing to this stack."""
    if effect is not None and not effect:
        return None
    spoken_of = _text(old.plan) + _text(new.plan)
    files = changed_files(old_files, new_files)
    return Facts(changed_facts(files, old_files, new_files, spoken_of), effect)


def _text(plan: Document) -> str:
    return json.dumps({key: value for key, value in plan.items() if key != "resources"})


def _config(path: Path) -> dict[str, Any]:
    """The stack file as data; its plan checks whether it is right."""
    try:
        return dict(read_document(path.read_text(encoding="utf-8")).config or {})
    except (OSError, UnicodeDecodeError):
        return {}


def _label(base: Base) -> str:
    if base.commit is None or base.commit.startswith(base.label):
        return (base.commit or base.label)[:7] if base.commit else base.label
    return f"{base.label} ({base.commit[:7]})"


def _there(stacks: Path) -> str:
    here = ", ".join(sorted(each.name.split(".")[1] for each in stacks.glob("Pulumi.*.yaml"))) or "none"
    return f"stacks here: {here}"
