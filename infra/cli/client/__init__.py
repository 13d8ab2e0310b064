"""`client add`, `rotate` and `revoke`: the stack file is edited, and what belongs to clients is applied."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.cli.client.edits import NotDone, StackText
from infra.cli.client.targets import targets
from infra.cli.stack_text import replace_file
from infra.live.commands import NotRead, shown
from infra.live.state import State, read_state
from infra.offline import Planned, plan_loaded
from infra.project import PROJECT
from infra.stack_file import load_text, read_stack_file

GATEWAY = "llm:kubernetes:GatewayProxy"


@dataclass(frozen=True)
class Changed:
    """A change of the stack file, before and after it."""

    action: str
    client: str
    path: Path
    old: str
    new: str
    before: Planned
    after: Planned

    @property
    def stack(self) -> str:
        return self.after.plan.stack

    def command(self, project: str | None = None) -> list[str]:
        """What applies it, and nothing else. `project`: as the state names it, where it was renamed."""
        urns = targets(self.before.recording, self.after.recording, self.client)
        elsewhere = self.path.resolve().parent != PROJECT / "stacks"
        return [
            *("pulumi", "up", "-s", self.stack, "--yes", "--skip-preview"),
            *(("--config-file", str(self.path.resolve())) if elsewhere else ()),
            *(part for urn in urns for part in ("--target", _in_project(urn, project))),
        ]


def change(action: str, path: Path, client: str, wanted: Mapping[str, Any]) -> Changed:
    """Nothing is written. Raises BadStackFile where the file itself is wrong, and NotDone."""
    old = read_stack_file(path)
    file = load_text(old, path)
    edit = StackText(file, old, path)
    edited = {
        "add": lambda: edit.added(client, wanted),
        "rotate": lambda: edit.rotated(client),
        "revoke": lambda: edit.revoked(client),
    }[action]()
    after = plan_loaded(edited)
    if after.plan.violations:
        raise NotDone(
            [(each.path, f"{each.rule}: {each.message}; {each.fix}") for each in after.plan.violations], code=1
        )
    return Changed(action, client, path, old, edit.text, plan_loaded(file), after)


def write(changed: Changed) -> None:
    """Raises OSError."""
    replace_file(changed.path, changed.new)


def why_not_applied(changed: Changed) -> str | None:
    """Why `up` can't apply only this; None: it can."""
    if shutil.which("pulumi") is None:
        return "the Pulumi CLI isn't on PATH"
    try:
        state = read_state(changed.stack)
    except NotRead as error:
        return f"the state of the stack can't be read ({error})"
    return None if _has_gateway(state) else "the stack was never deployed with the gateway"


def apply(changed: Changed) -> int:
    """The exit status of `pulumi up`. Raises NotRead."""
    return shown(*changed.command(_project(read_state(changed.stack))), "--non-interactive", folder=PROJECT)


def _has_gateway(state: State) -> bool:
    return bool(state.of(GATEWAY))


def _project(state: State) -> str:
    return state.resources[0].urn.split("::")[1]


def _in_project(urn: str, project: str | None) -> str:
    stack, recorded, rest = urn.split("::", 2)
    return f"{stack}::{project or recorded}::{rest}"
