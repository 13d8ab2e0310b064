"""The clouds in which a stack can run, the services that it can have, and who owns a resource. A new cloud or service
needs a folder and a line here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from infra.clouds.aws.cloud import AWS
from infra.clouds.cloud import Cloud
from infra.clouds.existing.cloud import EXISTING
from infra.clouds.resource_types import Reach, ResourceTypes
from infra.owner import CLAIM, VOLUME, Owner, Part, UnknownOwner, is_component
from infra.services.access.service import ACCESS
from infra.services.addons.service import ADDONS
from infra.services.external.service import EXTERNAL
from infra.services.gateway.service import GATEWAY
from infra.services.monitoring.service import MONITORING
from infra.services.service import Service
from infra.services.serving.service import SERVING
from infra.services.spare.service import SPARE
from infra.services.tracing.service import TRACING
from infra.services.weights.service import WEIGHTS
from infra.settings.sections import add_section, remove_section

if TYPE_CHECKING:
    from infra.catalog import Catalog
    from infra.settings.platform import Settings

CLOUDS: tuple[Cloud, ...] = (AWS, EXISTING)
SERVICES: tuple[Service, ...] = (WEIGHTS, SERVING, GATEWAY, EXTERNAL, ACCESS, MONITORING, TRACING, ADDONS, SPARE)
_PROVIDER = {"pulumi:providers:kubernetes": "kubernetes"}
_OF_NO_CLOUD = ResourceTypes()
_added: list[Cloud | Service] = []


class _Stack(Part):
    """The resources that Pulumi itself needs, and that no component creates."""

    name, title = "stack", "The stack"
    owns = ("pulumi:pulumi:Stack", *_PROVIDER)
    guards, ground = _PROVIDER, frozenset(_PROVIDER)


_STACK = _Stack()


def clouds() -> tuple[Cloud, ...]:
    return (*CLOUDS, *(each for each in _added if isinstance(each, Cloud)))


def types_of(type_: str) -> ResourceTypes:
    """What a cloud knows about the types of its SDK. `type_` is one of these types, or the SDK's provider."""
    package = type_.removeprefix("pulumi:providers:").partition(":")[0]
    return next((cloud.types for cloud in clouds() if cloud.types.package == package), _OF_NO_CLOUD)


def reach_of(annotations: Mapping[str, Any]) -> Reach | None:
    """Who can reach an Ingress's load balancer, according to the cloud that creates it."""
    return next((reach for cloud in clouds() if (reach := cloud.types.reach(annotations))), None)


def region_keys() -> set[str]:
    """The keys of Pulumi's config that name a region."""
    return {cloud.region_key for cloud in clouds() if cloud.region_key is not None}


def region_in(read: Callable[[str], Any]) -> Any:
    """The region that a config names. `read` returns the value of a key of that config, or None."""
    return next((region for key in sorted(region_keys()) if (region := read(key)) is not None), None)


def cloud_of(settings: Settings) -> Cloud:
    """The cloud in which the stack runs. Settings that have passed their checks name exactly one."""
    return next(each for each in clouds() if each.handles(settings))


def cloud_said(settings: Settings) -> Cloud | None:
    """The same for settings that aren't checked yet; None where they name no cloud, or several."""
    found = [each for each in clouds() if each.handles(settings)]
    return found[0] if len(found) == 1 else None


def regions_meant(region: str | None, platform: Any, catalog: Catalog) -> Sequence[str]:
    """The regions that a stack file may mean, the likeliest first; none if no cloud knows one."""
    found = (cloud.regions_meant(region, platform, catalog) for cloud in clouds())
    return next((each for each in found if each), ())


def offered(catalog: Catalog, region: str | None) -> Catalog:
    """The catalogue with the instance types of every cloud; if a region is given, only those of that region."""
    for cloud in clouds():
        catalog = cloud.offered(catalog, region)
    return catalog


def services() -> tuple[Service, ...]:
    return (*SERVICES, *(each for each in _added if isinstance(each, Service)))


@contextmanager
def added(entry: Cloud | Service) -> Iterator[None]:
    """Adds a cloud or service while the context is open; tests use it."""
    section = entry.section
    if section is not None:
        add_section(section)
    _added.append(entry)
    try:
        yield
    finally:
        _added.remove(entry)
        if section is not None:
            remove_section(section)


def of_the_platform(owner: Owner) -> bool:
    """Whether the owner is a part of the platform, so that its users are those of the models."""
    return isinstance(owner, Cloud | Part)


def owner_of(urn: str) -> Owner:
    """The owner of the first known component in the URN's chain of types; else the outermost component itself."""
    chain, name = urn.split("::")[2].split("$"), urn.rpartition("::")[2]
    known = {token: owner for owner in (*clouds(), *services(), _STACK) for token in (*owner.owns, *_lent_to(owner))}
    for token in chain if is_component(chain[-1]) else chain[:-1] or chain:
        if token in known:
            return known[token]
    if len(chain) == 1 and chain[0].startswith("pulumi:"):
        return _STACK
    return _unknown(chain[0]) if len(chain) > 1 or is_component(chain[0]) else UnknownOwner(name, name)


def _lent_to(owner: Owner) -> tuple[str, ...]:
    return tuple(token for cloud in clouds() for token in cloud.lends.get(owner.name, ()))


def holds_data(type_: str) -> bool:
    """Whether a resource of this type stores data that is lost when the resource is recreated, whoever owns it."""
    return type_ in (CLAIM, VOLUME) or type_ in types_of(type_).holds_data


def ground_names() -> set[str]:
    """The names in `allow` of the resources that all others need: all others are recreated together with them."""
    owners = (*clouds(), *services(), _STACK)
    return {owner.guards[type_] for owner in owners for type_ in owner.ground if type_ in owner.guards}


def _unknown(token: str) -> UnknownOwner:
    """The owner of a component that nobody registered. `acme:data:VectorStore` is "Vector store", and `vector-store` in
    `allow`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", token.rpartition(":")[2]).lower()
    return UnknownOwner(words[:1].upper() + words[1:], words.replace(" ", "-"), token)


for _entry in (*CLOUDS, *SERVICES):
    if _entry.section is not None:
        add_section(_entry.section)
