"""docs/stack-file.md: every key of the stack file, from the schema that checks it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from infra.settings.schema import Schema, allowed, example, flow, forms, platform_schema

_HEAD = """\
# Every key of the stack file

`make docs` writes this page from the schema that checks a stack file, so it is complete. The keys are below
`llm-platform:platform` in `stacks/Pulumi.<env>.yaml`; NAME is a name that you choose. Keys in bold are required if
their section is present. `plan` shows each value that it chose for an absent key, with the reason.
"""


@dataclass(frozen=True)
class Key:
    """One key: its dotted path, and what its schema says."""

    path: str
    node: Schema
    required: bool


def page() -> str:
    """The page as Markdown: one table per section, in the order of the schema."""
    return _HEAD + "".join(_table(path, keys) for path, keys in _sections("", platform_schema()))


def _sections(path: str, node: Schema) -> Iterator[tuple[str, list[Key]]]:
    """A section's own keys, then the sections inside it, depth first."""
    keys = list(_keys(path, node))
    if keys:
        yield path, keys
    for key in keys:
        yield from _inner(key.path, key.node)


def _inner(path: str, node: Schema) -> Iterator[tuple[str, list[Key]]]:
    for form in forms(node):
        yield from _sections(path, form)
        for named in form.get("patternProperties", {}).values():
            yield from _inner(f"{path}.NAME", named)
        if isinstance(form.get("items"), Mapping):
            yield from _inner(f"{path}[]", form["items"])


def _keys(path: str, node: Schema) -> Iterator[Key]:
    for name, inner in node.get("properties", {}).items():
        yield Key(f"{path}.{name}" if path else name, inner, name in node.get("required", ()))


def _table(path: str, keys: list[Key]) -> str:
    rows = [f"| {' | '.join(_row(key))} |" for key in keys]
    head = f"\n## {path or 'llm-platform:platform'}\n\n| key | type | default | example | what follows from it |\n"
    return f"{head}|---|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(key: Key) -> tuple[str, ...]:
    name = key.path.rpartition(".")[2]
    sample = example(key.node)
    default = key.node.get("default")
    return (
        f"**`{name}`**" if key.required else f"`{name}`",
        _cell(", or ".join(_type(key.path, form) for form in forms(key.node))),
        "" if default is None else f"`{flow(default)}`",
        "" if sample is None else f"`{flow(sample)}`",
        _cell(_description(key.node)),
    )


def _type(path: str, form: Schema) -> str:
    if "properties" in form:
        return f"[a section](#{''.join(each for each in path.lower() if each.isalnum())})"
    return "names that you give" if "patternProperties" in form else allowed(form)


def _description(node: Schema) -> str:
    return next((each["description"] for each in (node, *forms(node)) if "description" in each), "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
