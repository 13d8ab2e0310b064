"""`models.NAME.verticalScaling`: a model on the CPU asks for what it used, within bounds."""

from collections.abc import Iterator
from dataclasses import replace

from infra.plan.findings import warned
from infra.plan.models import ColdStart, Resources
from infra.plan.notes import Finding
from infra.plan.pods import VerticalScaling
from infra.plan.words import minutes
from infra.services.serving.served import Served

# Of what the program works out. CPU may be less: a model that is seldom asked needs less of it. Memory may not: weights
# and context are there at any load.
_LOWEST_CPU, _LARGEST = 0.5, 2


def plan_vertical(served: Served, resources: Resources) -> VerticalScaling | None:
    asked = served.settings.vertical_scaling
    if asked is None or not served.cpu:
        return None
    cpu = (resources.cpu * _LOWEST_CPU, resources.cpu * _LARGEST)
    memory = (resources.memory_gib, resources.memory_gib * _LARGEST)
    return VerticalScaling(
        mode=asked.mode,
        cpu=cpu if "cpu" in asked.resources else None,
        memory_gib=memory if "memory" in asked.resources else None,
        min_replicas=2 if served.replicas.min > 1 else 1,
    )


def largest(resources: Resources, vertical: VerticalScaling | None) -> Resources:
    """What a pod may come to ask for."""
    if vertical is None or not vertical.applies:
        return resources
    return replace(
        resources,
        cpu=vertical.cpu[1] if vertical.cpu else resources.cpu,
        memory_gib=vertical.memory_gib[1] if vertical.memory_gib else resources.memory_gib,
    )


def say_vertical(vertical: VerticalScaling | None) -> Iterator[str]:
    if vertical is None:
        return
    cpu = [f"{vertical.cpu[0]:g} to {vertical.cpu[1]:g} CPU"] if vertical.cpu else []
    memory = [f"{vertical.memory_gib[0]:g} to {vertical.memory_gib[1]:g} GiB"] if vertical.memory_gib else []
    bounds = " and ".join([*cpu, *memory])
    asks = f"by what they used in the last days its pods ask for {bounds}"
    yield f"verticalScaling {vertical.mode}: {asks}; {_HOW[vertical.mode]}"


_HOW = {
    "Off": "that is only said, by the VerticalPodAutoscaler's status, and nothing changes",
    "Initial": "it is set as each starts",
    "Recreate": "it is set as each starts, and one that differs much is ended for it",
    "InPlaceOrRecreate": "it changes while they run, and one is ended where its node has no room",
}


def warn_of_vertical(served: Served, start: ColdStart) -> Iterator[Finding]:
    asked = served.settings.vertical_scaling
    if asked is not None and asked.mode in ("Recreate", "InPlaceOrRecreate") and served.replicas.max == 1:
        ends = "may end" if asked.mode == "InPlaceOrRecreate" else "ends"
        yield warned(
            f"{served.path}.verticalScaling",
            f"it {ends} the only replica to change what it asks for: about {minutes(start.seconds)} without"
            f" {served.name}, at most once in some hours; Initial waits for the next start",
        )
