"""`plan --pin`: what the program chose, written into the stack file with its comments kept."""

import io
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from infra.cli.stack_text import replace_file
from infra.config_keys import PLATFORM
from infra.plan.plan import Plan
from infra.plan.words import count

_SHORT_KEY = "platform"  # Pulumi reads a key without a namespace as one of the project's own


def pin_choices(path: Path, plan: Plan) -> str:
    """Write `plan.chosen` into the file; returns what to tell the user. A plan that breaks a rule pins nothing."""
    if plan.violations:
        broken = ", ".join(dict.fromkeys(f"{each.rule} at {each.path}" for each in plan.violations))
        return f"{path}: nothing was pinned, because the plan breaks {broken}; fix the file, then pin"
    if not plan.chosen:
        return f"{path}: nothing to pin, the file says everything"
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(path.read_text(encoding="utf-8"))
    config = document["config"]
    platform = config[PLATFORM if PLATFORM in config else _SHORT_KEY]
    for dotted, choice in plan.chosen.items():
        _put(platform, dotted.split("."), choice.value)
    text = io.StringIO()
    yaml.dump(document, text)
    replace_file(path, text.getvalue())
    return "\n".join((f"{path}: pinned {count(len(plan.chosen), 'choice')}", *(f"  {each}" for each in plan.chosen)))


def _put(tree: MutableMapping[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for key in parents:
        if tree.get(key) is None:
            tree[key] = {}
        tree = tree[key]
    tree[last] = list(value) if isinstance(value, tuple) else value
