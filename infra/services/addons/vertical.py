"""The VerticalPodAutoscaler: only where a `verticalScaling` needs it."""

from collections.abc import Iterator

from infra.plan.cluster import AddonPlan
from infra.plan.findings import warned
from infra.plan.notes import Finding
from infra.settings.mistakes import Key
from infra.settings.platform import Settings

VERTICAL = "verticalPodAutoscaler"


def asks_for_vertical(settings: Settings) -> list[Key]:
    """The settings that need it."""
    models = [name for name, model in settings.models.items() if model.vertical_scaling is not None]
    of_gateway = settings.gateway is not None and settings.gateway.vertical_scaling is not None
    keys: list[Key] = [("models", name, "verticalScaling") for name in models]
    return [*keys, *([("gateway", "verticalScaling")] if of_gateway else [])]


def wants_vertical(settings: Settings) -> str:
    """Who needs it; blank: nobody."""
    return " and ".join(map(dotted, asks_for_vertical(settings)))


def dotted(key: Key) -> str:
    return ".".join(map(str, key))


def warn_of_chart(addon: AddonPlan) -> Iterator[Finding]:
    if addon.state == "install":
        yield warned(
            f"addons.{VERTICAL}",
            f"its maintainers, Kubernetes' SIG Autoscaling, call the chart {addon.chart} {addon.version} not ready for"
            " production: try it on a stack that may fail first",
        )
