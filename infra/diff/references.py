"""Names of what somebody else made: what depends on one that changes, because nothing fails where it is wrong."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.diff.findings import Found
from infra.plan.words import kubectl
from infra.services.monitoring.to_dos import SELECTORS
from infra.sides.types import Side

_PROMETHEUS = "addons.prometheus.existing"
LABELS = f"{_PROMETHEUS}.monitorLabels"
_NO_SCALING = "{scaled} at the minimum of replicas, and no alert says so"
_NO_FIGURES = f"where that isn't so, no figure of a model is read: dashboards and alerts stay empty, {_NO_SCALING}"


@dataclass(frozen=True)
class Reference:
    """A key of a section that is there before and after. `then` has {was}, {now} and {scaled}."""

    service: str
    section: str
    key: str
    then: str
    unset: str  # what holds where the stack file has none

    @property
    def path(self) -> str:
        return f"{self.section}.{self.key}"


REFERENCES = (
    Reference(
        "Monitoring",
        _PROMETHEUS,
        "monitorLabels",
        "Prometheus has to find each ServiceMonitor, PodMonitor and PrometheusRule by {now}, by {was} until now;"
        f" {_NO_FIGURES}",
        "no label",
    ),
    Reference(
        "Monitoring",
        _PROMETHEUS,
        "namespace",
        f"Prometheus has to run in the namespace {{now}}, which pods let read their figures, and {{was}} no longer;"
        f" {_NO_FIGURES}",
        "the one of its URL",
    ),
    Reference(
        "Monitoring",
        _PROMETHEUS,
        "auth",
        f"KEDA logs in to Prometheus by {{now}}, by {{was}} until now; where it is refused, {_NO_SCALING}",
        "no login",
    ),
    Reference(
        "The gateway",
        "gateway",
        "namespace",
        "requests from outside reach it from the namespace {now} alone, from {was} until now: where the Ingress"
        " controller runs in another one, none of them is answered",
        "that of its class",
    ),
    Reference(
        "Dashboards",
        "monitoring.dashboards",
        "namespace",
        "their ConfigMaps are in the namespace {now}, in {was} until now: a Grafana whose sidecar doesn't look there"
        " has them no longer",
        "the models'",
    ),
    Reference(
        "Dashboards",
        "monitoring.dashboards",
        "labels",
        "a sidecar of Grafana finds their ConfigMaps by {now}, by {was} until now: one that looks for another label has"
        " them no longer",
        'grafana_dashboard: "1"',
    ),
)


def references_changed(old: Side, new: Side) -> Iterator[tuple[str, str]]:
    """The service, and what is different for it afterwards."""
    for each in REFERENCES:
        if not all(isinstance(_at(side.platform, each.section), Mapping) for side in (old, new)):
            continue
        was, now = (_said(_at(side.platform, each.path), each.unset) for side in (old, new))
        if was != now:
            yield each.service, each.then.format(was=was, now=now, scaled=_scaled(new))


def labels_asked(old: Side, new: Side) -> Iterator[Found]:
    """Without any labels, the plan asks for them."""
    was, now = (_at(side.platform, LABELS) for side in (old, new))
    if was is None or now is None or was == now:
        return
    existing = (new.platform.get("cluster") or {}).get("existing") or {}
    command = f"{kubectl(existing.get('context'))} get prometheus -A -o jsonpath={shlex.quote(SELECTORS)}"
    yield {
        "path": LABELS,
        "message": f"before `pulumi up`, see that what `{command}` shows selects objects with"
        f" {_said(now, 'no label')}: {_NO_FIGURES.format(scaled=_scaled(new))}",
    }


def _at(platform: Mapping[str, Any], path: str) -> Any:
    found: Any = platform
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _said(value: Any, unset: str) -> str:
    """A section on one line: `release: kube-prom`, or `basicSecret.name: login`."""
    return ", ".join(_flat("", value)) if isinstance(value, Mapping) and value else str(value or unset)


def _flat(path: str, value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {value}"
        return
    for key, item in value.items():
        yield from _flat(f"{path}.{key}" if path else str(key), item)


def _scaled(side: Side) -> str:
    """The models that a scaler asks for figures, and that they stay."""
    names = sorted(
        name
        for name, model in side.models.items()
        if model["replicas"]["min"] < model["replicas"]["max"] and not side.paused(name)
    )
    return f"{', '.join(names)} {'stays' if len(names) == 1 else 'stay'}" if names else "any model that is scaled stays"
