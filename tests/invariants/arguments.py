"""Rule 12: every argument that an engine is started with is one that the pinned version accepts."""

from itertools import dropwhile

from infra.engines import ENGINES
from infra.engines.arguments import BadArgument
from infra.offline import Planned
from tests.invariants.reading import servers


def engines_accept_their_arguments(planned: Planned) -> list[str]:
    """What stands before the first flag is the folder of the weights."""
    broken = []
    for server in servers(planned.recording):
        engine = ENGINES[planned.plan.models[server.name].engine]
        given = [argument for container in server.spec["containers"] for argument in container.get("args", [])]
        flags = list(dropwhile(lambda argument: not argument.startswith("-"), given))
        read = engine.read_arguments(flags)
        broken += [f"{server.name}: {each.got}; {each.write}" for each in read if isinstance(each, BadArgument)]
    return broken
