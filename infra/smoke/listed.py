"""Whether the names that a gateway lists are those that the plan gives to the client; if not, what else they are."""

from collections.abc import Collection

from infra.smoke.promises import Promises
from infra.smoke.results import Broken, NotChecked


def check_list(promised: Promises, listed: Collection[str]) -> None:
    """Raises NotChecked where the list is another client's, and Broken where it is nobody's."""
    missing, more = sorted(set(promised.listed) - set(listed)), sorted(set(listed) - set(promised.listed))
    if not missing and not more:
        return
    others = [name for name, theirs in promised.others.items() if set(theirs) == set(listed)]
    if others:
        whose = f"this key gets the list of {' or '.join(others)}: is it a key of the client {promised.client}?"
        raise NotChecked(f"{whose} Else write --client {others[0]}")
    names = [f"without {', '.join(missing)}"] * bool(missing) + [f"also {', '.join(more)}"] * bool(more)
    raise Broken(f"the list is not the plan's: {'; '.join(names)}. {_why(promised, listed)}")


def _why(promised: Promises, listed: Collection[str]) -> str:
    if not set(promised.listed) & set(listed):
        return f"It has no name of the plan: is this a gateway of {promised.stack}?"
    deployed = (
        f"The gateway has another state of the stack file: if this one is newer, run `pulumi up -s {promised.stack}`;"
        " if it is older, check out the deployed one"
    )
    nearest = min(promised.others, key=lambda name: _apart(promised.others[name], listed), default=None)
    if nearest is None or _apart(promised.others[nearest], listed) >= _apart(promised.listed, listed):
        return deployed
    return f"{deployed}. The list is nearer to that of {nearest}: is this a key of the client {promised.client}?"


def _apart(one: Collection[str], other: Collection[str]) -> int:
    return len(set(one) ^ set(other))
