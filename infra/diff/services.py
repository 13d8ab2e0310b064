"""What users of each service notice, and what a change does to everything that the models stand on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from infra.diff.alerts import alerts_changed
from infra.diff.nodes import group_of, restarts_nodes
from infra.diff.references import references_changed
from infra.owner import ADDED, CHANGED, REMOVED, REPLACED, Owner, Touched, is_component
from infra.registry import clouds, holds_data, owner_of
from infra.services.addons.service import ADDONS
from infra.sides.types import ResourceChanges, Side, name_of, type_of

_RELEASE = "kubernetes:helm.sh/v3:Release"
# By kind: what ends with the last of them, during `pulumi up` and afterwards. Paused models have no ServiceMonitor.
_MEASURED = {
    "PodMonitor": (
        "no figure of the gateway or a model is read any more",
        "dashboards, alerts and usage stay empty from then on",
    ),
}


@dataclass(frozen=True)
class ServiceNotice:
    """What one service's users notice."""

    service: str  # its title
    during: str
    away: bool  # something of it is recreated or removed
    afterwards: str = ""
    ends: bool = False  # nobody has it any more


def service_notices(old: Side, new: Side, resources: ResourceChanges) -> list[ServiceNotice]:
    """Of services whose users notice something, and of what all of them use."""
    found = (*_notices(resources), *_system_nodes(resources), *(_ended(resources, new) if new.exists else ()))
    if alerts := "; ".join(alerts_changed(old, new)):
        found += (ServiceNotice("Alerts", "nothing", False, alerts),)
    found += (*_another_prometheus(old, new),)
    if any(_acts(resources)):
        found += tuple(ServiceNotice(what, "nothing", False, then) for what, then in references_changed(old, new))
    if not ground(resources):
        of_clouds = (each for cloud in clouds() for each in cloud.types.notices(old, new))
        found += tuple(ServiceNotice(what, during, False, then) for what, during, then in of_clouds)
    return sorted(found, key=lambda each: each.service)


def _notices(resources: ResourceChanges) -> Iterator[ServiceNotice]:
    for owner, touched in _by_owner(resources).items():
        if parts := list(owner.notices(touched)):
            away = any(each.act in (REPLACED, REMOVED) and not is_component(each.type) for each in touched)
            yield ServiceNotice(owner.title, ", ".join(parts), away)


def _ended(resources: ResourceChanges, new: Side) -> Iterator[ServiceNotice]:
    """What is measured, and charts, which other stacks on the cluster may use too."""
    kinds = {type_of(urn).rpartition(":")[2] for urn in resources.removed}
    stay = {type_of(each["urn"]).rpartition(":")[2] for each in new.resources}
    for kind, (during, then) in _MEASURED.items():
        if kind in kinds - stay:
            yield ServiceNotice("Monitoring", during, False, then, ends=True)
    for urn, release in sorted(resources.removed.items()):
        if type_of(urn).endswith(":Release") and owner_of(urn) is ADDONS:
            chart = release["inputs"].get("chart", name_of(urn)).rpartition("/")[2]
            then = "what else in the cluster uses it has it no longer, other stacks too"
            yield ServiceNotice(f"Chart {chart}", "it is removed", False, then, ends=True)


def _another_prometheus(old: Side, new: Side) -> Iterator[ServiceNotice]:
    was, now = _prometheus(old), _prometheus(new)
    if was and now and was != now:
        then = (
            f"scalers, alerts and dashboards ask {now}, were asking {was}: what that one measured isn't in the new one"
        )
        yield ServiceNotice("Monitoring", "scalers may lack figures for a moment", False, then)


def _prometheus(side: Side) -> str:
    """Who measures; empty: nobody, or one that no model needs."""
    if side.resource(_RELEASE, "addons-prometheus") is not None:
        return "the Prometheus of this stack"
    said = (side.platform.get("addons") or {}).get("prometheus")
    return ((said.get("existing") or {}).get("url") or "") if isinstance(said, Mapping) else ""


def _system_nodes(resources: ResourceChanges) -> Iterator[ServiceNotice]:
    """What runs there beside the models: the gateway in two pods with a disruption budget, each operator in one."""
    replaced = any(group_of(urn, None) for urn in resources.replaced)
    restart = any(group_of(urn, None) and restarts_nodes(urn, found) for urn, found in resources.changed.items())
    if (replaced or restart) and not ground(resources):
        how = "replaced by another group" if replaced else "replaced one by one"
        yield ServiceNotice(
            "The system nodes",
            f"{how}: the gateway's pods move one after the other, so it answers all the time; each operator is away"
            " for a minute or two, and meanwhile nothing scales and numbers are missing",
            away=False,
        )


def _by_owner(resources: ResourceChanges) -> dict[Owner, list[Touched]]:
    """Owners with the same title count as one."""
    found: dict[str, tuple[Owner, list[Touched]]] = {}
    for urn, act in _acts(resources):
        owner = owner_of(urn)
        paths, type_ = tuple(resources.changed.get(urn, ())), type_of(urn)
        each = Touched(act, type_, name_of(urn), holds_data(type_), paths)
        found.setdefault(owner.title, (owner, []))[1].append(each)
    return dict(found.values())


def _acts(resources: ResourceChanges) -> Iterator[tuple[str, str]]:
    for act, urns in (
        (REPLACED, resources.replaced),
        (REMOVED, resources.removed),
        (ADDED, resources.added),
        (CHANGED, resources.changed),
    ):
        yield from ((urn, act) for urn in urns)


def ground(resources: ResourceChanges) -> list[str]:
    """Resources that are recreated or removed, and with which every model's pods are."""
    return [urn for urn in (*resources.replaced, *resources.removed) if type_of(urn) in owner_of(urn).ground]
