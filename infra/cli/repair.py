"""`repair`: what it found and does, in words."""

from pathlib import Path

import click

from infra.live.cluster import reach
from infra.live.left import Left
from infra.live.repair import find_left, repair
from infra.live.state import read_state
from infra.offline import plan_offline
from infra.registry import cloud_of, clouds

_BECOMES = {
    "imported": "taken into the state",
    "forgotten": "the state forgets that it was begun",
    "released": "Helm's record of it is removed; the next `up` installs it over what is there, and pods go on",
    "upgraded": "Helm's record of what was cut off is removed; the next `up` upgrades it again",
    "taken back": "the stack file is as it was before the upgrade, of which some objects may be there: Helm's record of"
    " it is marked as failed, and the next `up` takes them back",
    "unbound": "it is free for the next claim of that name; its data stays",
}


def run(path: Path, stack: str, *, yes: bool) -> int:
    """The exit code. Raises BadStackFile and NotRead."""
    planned = plan_offline(path)
    state = read_state(stack)
    with reach(planned.plan.cluster, cloud_of(planned.plan.settings), state) as cluster:
        left = find_left(planned.plan, clouds(), planned.recording, state, cluster)
        if not left:
            click.echo(f"{stack}: nothing is left of an `up` that was cut off.")
            return 0
        click.echo(_shown(stack, left))
        if not any(each.changes for each in left):
            return 1
        if not (yes or click.confirm("Do this?")):
            return 1
        repair(stack, left, cluster)
    click.echo(f"Done. Go on with: pulumi up -s {stack}")
    return 1 if any(each.becomes == "yours" for each in left) else 0


def _becomes(left: Left) -> str:
    if left.becomes != "yours":
        return _BECOMES[left.becomes]
    return f"left as it is{'; the state forgets that it was begun' if left.cut_off else ''}. {left.advice}"


def _shown(stack: str, left: list[Left]) -> str:
    lines = [f"{stack}: an `up` that was cut off left"]
    for each in left:
        kind = each.held.type.rpartition(":")[2]
        lines += [
            "",
            f"  {each.held.logical_name} ({kind} {each.held.name}): {each.found}",
            f"    {_becomes(each)}",
        ]
    if any(each.becomes in ("released", "upgraded", "taken back") for each in left):
        lines += ["", "A provider process that outlived its `pulumi` may still install for five minutes: end it first."]
    return "\n".join(lines)
