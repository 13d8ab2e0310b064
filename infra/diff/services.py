"""What users of each service notice, and what a change does to everything that the models stand on."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.owner import ADDED, CHANGED, REMOVED, REPLACED, Owner, Touched, is_component
from infra.registry import holds_data, owner_of
from infra.sides.types import ResourceChanges, name_of, type_of


@dataclass(frozen=True)
class ServiceNotice:
    """What one service's users notice."""

    service: str  # its title
    during: str
    away: bool  # something of it is recreated or removed


def service_notices(resources: ResourceChanges) -> list[ServiceNotice]:
    """Of services whose users notice something."""
    return sorted(_notices(resources), key=lambda each: each.service)


def _notices(resources: ResourceChanges) -> Iterator[ServiceNotice]:
    for owner, touched in _by_owner(resources).items():
        if parts := list(owner.notices(touched)):
            away = any(each.act in (REPLACED, REMOVED) and not is_component(each.type) for each in touched)
            yield ServiceNotice(owner.title, ", ".join(parts), away)


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
