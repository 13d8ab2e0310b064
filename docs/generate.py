"""Writes the parts of the documentation that come from the program: the plan, a try and the picture in README.md, the
example of reviewer.md, the run of simulate.md with its picture, its scalers, the numbers of estimates.md, the keys of
stack-file.md and the JSON Schemas.

`make docs` runs it; a file that is out of date fails a test.
"""

import json
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from docs import contenders, estimates, keys
from docs.markers import filled
from infra.cli import simulate
from infra.cli.as_json import document
from infra.cli.diff.comparing import Compared
from infra.cli.diff.comparison import as_document
from infra.cli.document.markdown import to_markdown
from infra.cli.document.text import to_text
from infra.cli.report import report
from infra.cli.simulate_input import asked_of
from infra.diff.difference import compare
from infra.offline import Planned, plan_offline
from infra.output_contract import PlatformOutputs
from infra.plan.plan import Plan
from infra.planning.planner import trial_of
from infra.recording import Recording
from infra.settings.document import read_document
from infra.sides.types import Side
from infra.stack_file import load_file, stack_file_schema
from infra.tryout.run import Tried
from infra.tryout.said import said
from infra.tryout.stand_in import stand_ins

ROOT = Path(__file__).parent.parent
PICTURED, SHOWN = "prod", "dev"
_SHOWN_COLUMNS = 88  # what a code block on GitHub shows without scrolling
_AREAS = {"aws": "on AWS", "kubernetes": "in the cluster"}  # the area in type tokens, llm:<area>:<Class>
# The change that docs/reviewer.md shows, in the stack of the picture: the old text, and the new text.
_EXAMPLE = (("l4: {instanceTypes: [g6.2xlarge]}", "l4: {instanceTypes: [g6e.2xlarge]}"), ("max: 4}", "max: 8}"))


def main() -> None:
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


def generated() -> dict[Path, str]:
    """Every generated file with its required content."""
    stack_file = ROOT / "stacks" / f"Pulumi.{PICTURED}.yaml"
    planned = plan_offline(stack_file)
    readme, reviewer = ROOT / "README.md", ROOT / "docs" / "reviewer.md"
    simulated = ROOT / "docs" / "simulate.md"
    text, picture = played(planned.plan, stack_file)
    blocks = {
        "plan": f"```text\n{beginning(plan_offline(ROOT / 'stacks' / f'Pulumi.{SHOWN}.yaml'))}\n```",
        "try": f"```text\n{tried(planned.plan)}```",
        "picture": f"```mermaid\n{mermaid(planned.recording)}```",
    }
    return {
        simulated: filled(
            simulated.read_text(encoding="utf-8"), {"run": f"```text\n{text}```", "contenders": contenders.block()}
        ),
        simulated.with_suffix(".svg"): picture,
        readme: filled(readme.read_text(encoding="utf-8"), blocks),
        reviewer: filled(
            reviewer.read_text(encoding="utf-8"), {"example": example_diff(_side(stack_file, planned), stack_file)}
        ),
        ROOT / "docs" / "stack-file.md": keys.page(),
        ROOT / "docs" / "stack-file.schema.json": _json(stack_file_schema()),
        ROOT / "docs" / "outputs.schema.json": _json(PlatformOutputs.model_json_schema()),
        ROOT / "docs" / "contenders.svg": contenders.picture(),
        **estimates.generated(),
    }


def beginning(planned: Planned) -> str:
    """The first lines of a plan: where it runs, the verdict, and its models."""
    return "\n\n".join(to_text(report(planned), _SHOWN_COLUMNS).split("\n\n")[:3])


def tried(plan: Plan) -> str:
    """What `make try` prints: key and folder are others each time."""
    keys = dict.fromkeys(plan.traffic.clients, "sk-try-...")
    found = Tried("http://127.0.0.1:8080/v1", keys, tuple(stand_ins(plan)), Path("/tmp/llm-platform-try-..."), _nothing)
    return said(plan, found)


def _nothing() -> None: ...


def played(plan: Plan, stack_file: Path) -> tuple[str, str]:
    """What `simulate` prints with the options of the page, and its picture."""
    options = dict.fromkeys(("traffic", "model", "pattern", "rate", "days", "seeds")) | {"rate": "0.8", "seeds": "2"}
    asked = asked_of(options, plan)
    found = simulate.answer(plan, asked, trial_of(load_file(stack_file), plan))
    return to_text(simulate.document(plan, asked, found), _SHOWN_COLUMNS), simulate.picture_of(plan, asked, found)


def example_diff(old: Side, stack_file: Path) -> str:
    """What `diff --format markdown` prints for the example, independent of the current commit."""
    text = stack_file.read_text(encoding="utf-8")
    for there, instead in _EXAMPLE:
        if text.count(there) != 1:
            raise ValueError(f"{stack_file.name} doesn't say {there!r} once: choose another example")
        text = text.replace(there, instead)
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder, stack_file.name)
        changed.write_text(text, encoding="utf-8")
        new = _side(changed, plan_offline(changed))
    return to_markdown(as_document(Compared(compare(PICTURED, old, new), None, {}, "main", None))).rstrip()


def _side(stack_file: Path, planned: Planned) -> Side:
    return Side(document(planned), read_document(stack_file.read_text(encoding="utf-8")).config or {})


def mermaid(recording: Recording) -> str:
    """Components of a recorded plan as a flowchart: an arrow leads from what is created first to what waits for it."""
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
    lines += [f'  {_class(c)}["{_label(c, components[c], count[c])}"]' for c in sorted(count)]
    lines += [f"  {_class(first)} --> {_class(c)}" for c in sorted(count) for first in sorted(_nearest(c, waits))]
    return "\n".join(lines) + "\n"


def _component(urn: str) -> str | None:
    """The type of the component that a resource is or belongs to; None for the stack and its providers."""
    outermost = urn.split("::")[2].split("$")[0]
    return outermost if outermost.startswith("llm:") else None


def _label(component: str, number: int, resources: int) -> str:
    title = _class(component) + (f" x {number}" if number > 1 else "")
    return f"<b>{title}</b><br/>{resources} resources<br/>{_AREAS[component.split(':')[1]]}"


def _nearest(component: str, waits: dict[str, set[str]]) -> set[str]:
    """What a component waits for directly, without what it waits for through another one: the arrows of the picture."""
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
