"""Writes what the documentation takes from the program: the picture in README.md, the numbers of
estimates.md and the JSON Schemas.

`make docs` runs it; a stale file fails a test.
"""

import json
from collections import Counter, defaultdict
from pathlib import Path

from docs import estimates
from docs.markers import filled
from infra.offline import plan_offline
from infra.outputs import PlatformOutputs
from infra.recording import Recording
from infra.settings.schema import stack_file_schema

ROOT = Path(__file__).parent.parent
PICTURED = "prod"
_AREAS = {"aws": "AWS", "kubernetes": "in the cluster"}  # of type tokens, llm:<area>:<Class>


def main() -> None:
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


def generated() -> dict[Path, str]:
    """Every generated file with what it has to hold."""
    readme = ROOT / "README.md"
    picture = mermaid(plan_offline(ROOT / "stacks" / f"Pulumi.{PICTURED}.yaml").recording)
    return {
        readme: filled(readme.read_text(encoding="utf-8"), {"picture": f"```mermaid\n{picture}```"}),
        ROOT / "docs" / "stack-file.schema.json": _json(stack_file_schema()),
        ROOT / "docs" / "outputs.schema.json": _json(PlatformOutputs.model_json_schema()),
        **estimates.generated(),
    }


def mermaid(recording: Recording) -> str:
    """Components of a recorded plan as a flowchart: an arrow from what is made first to what waits for it."""
    owner = {r.urn: _component(r.urn) for r in recording.resources}
    components = Counter(r.type for r in recording.resources)
    count: Counter[str] = Counter()
    waits: dict[str, set[str]] = defaultdict(set)
    for resource in recording.resources:
        component = owner[resource.urn]
        if component is None:
            continue
        count[component] += 1
        needed = [*resource.options.get("depends_on", ()), resource.options.get("provider", "")]
        others = (owner.get(urn) for urn in needed)
        waits[component] |= {other for other in others if other is not None and other != component}
    lines = ["flowchart TD"]
    for area, title in _AREAS.items():
        boxes = [c for c in sorted(count) if c.split(":")[1] == area]
        lines.append(f'  subgraph {area}["{title}"]')
        lines += [f'    {_class(c)}["{_label(c, components[c], count[c])}"]' for c in boxes]
        lines.append("  end")
    lines += [f"  {_class(first)} --> {_class(c)}" for c in sorted(count) for first in sorted(_nearest(c, waits))]
    return "\n".join(lines) + "\n"


def _component(urn: str) -> str | None:
    """The type of the component that a resource is in or is; None for the stack and its providers."""
    outermost = urn.split("::")[2].split("$")[0]
    return outermost if outermost.startswith("llm:") else None


def _label(component: str, number: int, resources: int) -> str:
    title = _class(component) + (f" x {number}" if number > 1 else "")
    return f"<b>{title}</b><br/>{resources} resources"


def _nearest(component: str, waits: dict[str, set[str]]) -> set[str]:
    """What it waits for, less what it waits for through another: the arrows that a reader needs."""
    return {
        first
        for first in waits[component]
        if not any(first in _all(other, waits) for other in waits[component] - {first})
    }


def _all(component: str, waits: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    queue = [component]
    while queue:
        fresh = waits[queue.pop()] - found
        found |= fresh
        queue += fresh
    return found


def _class(component: str) -> str:
    return component.split(":")[-1]


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


if __name__ == "__main__":
    main()
