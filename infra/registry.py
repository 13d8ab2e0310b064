"""What a stack can have: the services, and who owns a resource. A new service is a folder and a line here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from infra.services.built_in import BUILT_IN, STACK
from infra.services.owner import Owner, UnknownOwner, is_component
from infra.services.service import Service

SERVICES: tuple[Service, ...] = ()
_added: list[Service] = []


def services() -> tuple[Service, ...]:
    return (*SERVICES, *_added)


@contextmanager
def added(service: Service) -> Iterator[None]:
    """With another service: how a test adds one."""
    _added.append(service)
    try:
        yield
    finally:
        _added.remove(service)


def owner_of(urn: str) -> Owner:
    """The first owner whose component stands in the URN's chain of types; else the outermost component itself."""
    chain, name = urn.split("::")[2].split("$"), urn.rpartition("::")[2]
    known = {token: owner for owner in (*BUILT_IN, *services()) for token in owner.owns}
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
