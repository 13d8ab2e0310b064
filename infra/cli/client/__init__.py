"""`client add`, `rotate` and `revoke`: the stack file is edited, and what belongs to clients is applied."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.cli.client.edits import NotDone, StackText
from infra.cli.client.targets import as_target, targets
from infra.cli.stack_text import replace_file
from infra.live.commands import NotRead, shown
from infra.live.state import read_state
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
        assert urns, "without a target the whole stack would be applied"
        named = [as_target(urn, project) for urn in urns]
        elsewhere = self.path.resolve().parent != PROJECT / "stacks"
        return [
            # A refresh of the same targets would refuse those that aren't there yet.
            *("pulumi", "up", "-s", self.stack, "--yes", "--skip-preview", "--refresh=false"),
            *(("--config-file", str(self.path.resolve())) if elsewhere else ()),
            *(part for each in named for part in ("--target", each)),
        ]


def change(action: str, path: Path, client: str, wanted: Mapping[str, Any]) -> Changed:
    """Nothing is written. Raises BadStackFile where the file itself is wrong, and NotDone."""
    old = read_stack_file(path)
    file = load_text(old, path)
    before = plan_loaded(file)
    edit = StackText(file, old, path, before.plan.traffic.clients)
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
    return Changed(action, client, path, old, edit.text, before, after)


def write(changed: Changed) -> None:
    """Raises OSError, and ChangedMeanwhile."""
    replace_file(changed.path, changed.new, was=changed.old)


class NotApplied(Exception):
    """The stack file is changed, and what is deployed isn't: why, what applies it, and the exit code."""

    def __init__(self, why: str, run: Sequence[str], *, code: int = 0) -> None:
        self.why, self.run, self.code = why, tuple(run), code
        super().__init__(why)


def apply(changed: Changed) -> None:
    """Raises NotApplied."""
    if shutil.which("pulumi") is None:
        raise NotApplied("the Pulumi CLI isn't on PATH", changed.command(), code=3)
    try:
        state = read_state(changed.stack)
    except NotRead as error:
        raise NotApplied(f"the state of the stack can't be read: {error}", changed.command(), code=3) from None
    if not state.of(GATEWAY):
        why = "the gateway of this stack was never deployed, and the client goes with it"
        raise NotApplied(why, ("pulumi", "up", "-s", changed.stack))
    command = changed.command(project=state.resources[0].urn.split("::")[1])
    if shown(*command, "--non-interactive", "--suppress-outputs", folder=PROJECT):
        raise NotApplied("`pulumi up` failed", command, code=3)
