"""Rule 12: an argument of an engine is one that the pinned version accepts, and a file that it reads is there; and none
makes it log what it is asked."""

import re
from itertools import dropwhile

from infra.engines import ENGINES
from infra.engines.arguments import BadArgument
from infra.offline import Planned
from tests.invariants.reading import servers

_PROMPTS = ("--enable-log-requests", "--enable-log-outputs", "--log-error-stack", "--max-log-len", "--log-level")
# As the name of an engine's variable ends, and its levels at which it logs words.
_LEVELS, _FINE = ("LOGGING_LEVEL", "LOG_LEVEL", "_DEBUG"), re.compile("debug|trace|^[1-9]", re.IGNORECASE)


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


def engines_find_their_files(planned: Planned) -> list[str]:
    """Else the pod waits for them, or its server ends as it starts."""
    maps = planned.recording.of("kubernetes:core/v1:ConfigMap")
    there = {each.inputs["metadata"]["name"]: {*each.inputs["data"]} for each in maps}
    broken = []
    for server in servers(planned.recording):
        sources = [each["configMap"] for each in server.spec["volumes"] if "configMap" in each]
        mounted = [(each["name"], item["key"]) for each in sources for item in each["items"]]
        wanted = ENGINES[planned.plan.models[server.name].engine].files
        broken += [f"{server.name}: {name} isn't mounted" for name in wanted if name not in {key for _, key in mounted}]
        broken += [f"{server.name}: {of} has no {key}" for of, key in mounted if key not in there.get(of, ())]
    return broken


def no_prompt_is_logged(planned: Planned) -> list[str]:
    broken = []
    for server in servers(planned.recording):
        for container in server.spec["containers"]:
            broken += [f"{server.name}: {each}" for each in container.get("args", []) if each in _PROMPTS]
            levels = [each for each in container.get("env", []) if each["name"].endswith(_LEVELS)]
            broken += [f"{server.name}: {each['name']}" for each in levels if _FINE.search(each.get("value", ""))]
    return broken
