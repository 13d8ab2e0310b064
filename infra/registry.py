"""Where a stack can run and what it can have, and who owns a resource. A new cloud or service is a folder and a line
here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from infra.clouds.aws.cloud import AWS
from infra.clouds.cloud import Cloud
from infra.clouds.existing.cloud import EXISTING
from infra.services.built_in import BUILT_IN, STACK
from infra.services.owner import Owner, UnknownOwner, is_component
from infra.services.service import Service

if TYPE_CHECKING:
    from infra.catalog import Catalog
    from infra.settings import Settings

CLOUDS: tuple[Cloud, ...] = (AWS, EXISTING)
SERVICES: tuple[Service, ...] = ()
_added: list[Cloud | Service] = []


def clouds() -> tuple[Cloud, ...]:
    return (*CLOUDS, *(each for each in _added if isinstance(each, Cloud)))


def cloud_of(settings: Settings) -> Cloud:
    """The one that the stack runs in: settings that have passed their checks name one."""
    return next(each for each in clouds() if each.handles(settings))


def cloud_said(settings: Settings) -> Cloud | None:
    """The same of any settings: None where they name no cloud, or several."""
    found = [each for each in clouds() if each.handles(settings)]
    return found[0] if len(found) == 1 else None


def offered(catalog: Catalog, region: str | None) -> Catalog:
    """The catalogue with the instance types of every cloud, of one region where it is named."""
    for cloud in clouds():
        catalog = cloud.offered(catalog, region)
    return catalog


def services() -> tuple[Service, ...]:
    return (*SERVICES, *(each for each in _added if isinstance(each, Service)))


@contextmanager
def added(entry: Cloud | Service) -> Iterator[None]:
    """With another cloud or service: how a test adds one."""
    _added.append(entry)
    try:
        yield
    finally:
        _added.remove(entry)


def of_the_platform(owner: Owner) -> bool:
    """Whether its users are those of the models."""
    return owner in (*clouds(), *BUILT_IN)


def owner_of(urn: str) -> Owner:
    """The first owner whose component stands in the URN's chain of types; else the outermost component itself."""
    chain, name = urn.split("::")[2].split("$"), urn.rpartition("::")[2]
    known = {token: owner for owner in (*clouds(), *BUILT_IN, *services()) for token in owner.owns}
    for token in chain if is_component(chain[-1]) else chain[:-1] or chain:
        if token in known:
            return known[token]
    if len(chain) == 1 and chain[0].startswith("pulumi:"):
        return STACK
    return _unknown(chain[0]) if len(chain) > 1 or is_component(chain[0]) else UnknownOwner(name, name)


def _unknown(token: str) -> UnknownOwner:
    """`acme:data:VectorStore`: Vector store, and `vector-store` in `allow`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", token.rpartition(":")[2]).lower()
    return UnknownOwner(words[:1].upper() + words[1:], words.replace(" ", "-"), token)
