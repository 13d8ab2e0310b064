"""Writes what the documentation takes from the program: the picture in README.md and the JSON Schemas.

`make docs` runs it; a stale file fails a test.
"""

import json
import re
from collections import defaultdict
from pathlib import Path

from infra.offline import plan_offline
from infra.outputs import PlatformOutputs
from infra.recording import Recording
from infra.settings.schema import stack_file_schema

ROOT = Path(__file__).parent.parent
PICTURED = "dev"
_BEGIN, _END = "<!-- picture: begin -->", "<!-- picture: end -->"


def main() -> None:
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


def generated() -> dict[Path, str]:
    """Every generated file with what it has to hold."""
    readme = ROOT / "README.md"
    picture = mermaid(plan_offline(ROOT / "stacks" / f"Pulumi.{PICTURED}.yaml").recording)
    block = f"{_BEGIN}\n```mermaid\n{picture}```\n{_END}"
    return {
        readme: re.sub(f"{_BEGIN}.*?{_END}", lambda _: block, readme.read_text(encoding="utf-8"), flags=re.DOTALL),
        ROOT / "docs" / "stack-file.schema.json": _json(stack_file_schema()),
        ROOT / "docs" / "outputs.schema.json": _json(PlatformOutputs.model_json_schema()),
    }


def mermaid(recording: Recording) -> str:
    """Components of a recorded plan as a flowchart: an arrow from what is made first to what waits for it."""
    owner = {r.urn: _component(r.urn) for r in recording.resources}
    count: dict[str, int] = defaultdict(int)
    waits: dict[str, set[str]] = defaultdict(set)
    for resource in recording.resources:
        component = owner[resource.urn]
        if component is None:
            continue
        count[component] += 1
        needed = [*resource.options.get("depends_on", ()), resource.options.get("provider", "")]
        others = (owner.get(urn) for urn in needed)
        waits[component] |= {other for other in others if other is not None and other != component}
    lines = ["flowchart LR"]
    lines += [f'  {_id(c)}["{c}<br/>{count[c]} resources"]' for c in sorted(count)]
    lines += [f"  {_id(first)} --> {_id(c)}" for c in sorted(count) for first in sorted(_nearest(c, waits))]
    return "\n".join(lines) + "\n"


def _component(urn: str) -> str | None:
    """`GpuPool l4` for everything inside that component; None for the stack and its providers."""
    chain = urn.split("::")[2].split("$")
    if not chain[0].startswith("llm:"):
        return None
    return chain[0].split(":")[-1]


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


def _id(component: str) -> str:
    return re.sub(r"\W", "_", component)


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


if __name__ == "__main__":
    main()
