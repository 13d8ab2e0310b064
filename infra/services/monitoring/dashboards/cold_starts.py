"""The dashboard of cold starts: how long each part took of the pods that run, and what the plan says."""

from collections.abc import Iterator, Sequence

from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.services.monitoring.dashboards.panel import Asked, Dashboard, Panel, Row
from infra.services.monitoring.dashboards.queries import of, pods_of

# Title -> parts of the plan, what begins and ends it, and what to know.
_MADE, _PLACED = "kube_pod_created", "kube_pod_status_scheduled_time"
_STARTED, _READY = "kube_pod_container_state_started", "kube_pod_status_ready_time"
_PARTS = {
    "Until it has a node": (("node", "boot"), _MADE, _PLACED, "About 0 where a node had free GPUs."),
    "Image and volumes": (("image",), _PLACED, _STARTED, "Short where the node has the image already."),
    "Weights and engine": (("weights", "engine"), _STARTED, _READY, "After a restart, of the newest start."),
    "The whole start": (("node", "boot", "image", "weights", "engine"), _MADE, _READY, ""),
}


def cold_starts(plan: Plan) -> Dashboard:
    models = sorted((each for each in plan.models.values() if not each.paused), key=lambda each: each.name)
    return Dashboard(
        "cold-starts",
        "cold starts",
        "How long the pods that run took to start, part by part, and what the plan says.",
        (Row("Against the plan", (_against(plan, models),)), Row("Part by part", tuple(_parts(plan, models)))),
    )


def _against(plan: Plan, models: Sequence[ModelPlan]) -> Panel:
    return Panel(
        "The slowest start, of the plan's highest",
        "Above 100 %: a pod took longer than the interval of the plan. The parts below say which part it was.",
        "percentunit",
        tuple(Asked(f"{_whole(plan, each)} / {max(each.cold_start.high, 1)}", each.name) for each in models),
        number=True,
        red_above=1,
    )


def _parts(plan: Plan, models: Sequence[ModelPlan]) -> Iterator[Panel]:
    for title, (parts, begins, ends, known) in _PARTS.items():
        said = "The slowest pod that runs, by server; level lines are the plan's."
        measured = [Asked(_took(plan, each, begins, ends), each.name) for each in models]
        planned = [Asked(f"vector({_planned(each, parts):.0f})", f"{each.name}: planned") for each in models]
        yield Panel(title, f"{said} {known}".strip(), "s", (*measured, *planned))


def _planned(model: ModelPlan, parts: Sequence[str]) -> float:
    return sum(model.cold_start.parts[each].mid for each in parts)


def _whole(plan: Plan, model: ModelPlan) -> str:
    return _took(plan, model, _MADE, _READY)


def _took(plan: Plan, model: ModelPlan, begins: str, ends: str) -> str:
    first, last = (f"max by (pod) ({metric}{of(plan, *_of(model, metric))})" for metric in (begins, ends))
    return f"max(clamp_min({last} - {first}, 0))"


def _of(model: ModelPlan, metric: str) -> tuple[str, ...]:
    """Of a container that started, only the server counts."""
    which = pods_of(model.name)
    return (which, f'container="{model.engine}"') if metric == _STARTED else (which,)
