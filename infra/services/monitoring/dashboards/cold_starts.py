"""The dashboard of cold starts: how long each part took of the pods that run, and what the plan says."""

from collections.abc import Iterator, Sequence

from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.services.monitoring.dashboards.panel import Asked, Choice, Dashboard, Panel, Row
from infra.services.monitoring.dashboards.queries import awake, of, of_each, one_of, pods_of

_MADE, _PLACED = "kube_pod_created", "kube_pod_status_scheduled_time"
_STARTED, _READY = "kube_pod_container_state_started", "kube_pod_status_ready_time"
# Title -> parts of the plan, what begins and ends them, and what to know.
_PARTS = {
    "Until it has a node": (("node", "boot"), _MADE, _PLACED, "About 0 where a node had free GPUs."),
    "Image and volumes": (("image",), _PLACED, _STARTED, "Short where the node has the image already."),
    "Weights and engine": (("weights", "engine"), _STARTED, _READY, "After a restart, of the newest start."),
    "The whole start": (("node", "boot", "image", "weights", "engine"), _MADE, _READY, "Of all parts."),
}
_LARGEST = 6  # numbers that are readable side by side
_CHOSEN = 'label_replace(vector(1), "server", "$model", "", "")'


def cold_starts(plan: Plan) -> Dashboard:
    return Dashboard(
        "cold-starts",
        "cold starts",
        "How long the pods that run took to start, part by part, and what the plan says.",
        (Row("Against the plan", (_against(plan),)), Row("Part by part", tuple(_parts(plan)))),
        (Choice("model", "Model", tuple(each.name for each in awake(plan))),),
    )


def _against(plan: Plan) -> Panel:
    took = f'label_replace({_took(plan, _MADE, _READY)}, "server", "$1", "pod", "(.+)-[a-z0-9]+-[a-z0-9]+")'
    highest = of_each({each.name: max(each.cold_start.high, 1) for each in awake(plan)}, "server")
    return Panel(
        "The slowest start, of the plan's highest",
        "Above 100 %: a pod took longer than the interval of the plan. The parts below say which part it was. Of the"
        f" {_LARGEST} slowest servers.",
        "percentunit",
        (Asked(f"topk({_LARGEST}, max by (server) ({took}) / on (server) ({highest}))", "{{server}}"),),
        number=True,
        red_above=1,
    )


def _parts(plan: Plan) -> Iterator[Panel]:
    for title, (parts, begins, ends, known) in _PARTS.items():
        planned = of_each({each.name: _planned(each, parts) for each in awake(plan)}, "server")
        asked = (
            Asked(_took(plan, begins, ends, pods_of("$model")), "{{pod}}"),
            Asked(f"({planned}) and on (server) {_CHOSEN}", "planned", level=True),
        )
        yield Panel(title, f"Of the model's pods that run; the level line is the plan's. {known}", "s", asked)


def _planned(model: ModelPlan, parts: Sequence[str]) -> float:
    return sum(model.cold_start.parts[each].mid for each in parts)


def _took(plan: Plan, begins: str, ends: str, *pods: str) -> str:
    """Of a container that started, only the server counts."""
    servers = f'container=~"{one_of({each.engine for each in plan.models.values()})}"'
    first, last = (
        f"max by (pod) ({metric}{of(plan, *pods, *([servers] if metric == _STARTED else []))})"
        for metric in (begins, ends)
    )
    return f"clamp_min({last} - {first}, 0)"
