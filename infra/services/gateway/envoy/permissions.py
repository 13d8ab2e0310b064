"""What a client may use, and the name under which all files know it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from infra.plan.external import External
from infra.plan.gateway import ClientPlan, TrafficPlan, Upstream


@dataclass(frozen=True)
class Permission:
    """One set of models and own servers, and the clients that have it."""

    name: str
    models: tuple[str, ...]
    custom: tuple[str, ...]
    clients: tuple[ClientPlan, ...]


def set_name(traffic: TrafficPlan, models: Iterable[str], custom: Iterable[str]) -> str:
    """It follows from the models alone: one file may be older or newer than the others for a moment, and a number would
    then give a client another one's models. All models are a set that stays when a model comes or goes: its clients
    need no other listener."""
    others = [f"custom:{name}" for name in custom]
    if set(models) == {name for upstream in traffic.upstreams.values() for name in upstream.names}:
        return f"all-{_hash(others)}" if others else "all"
    return f"set-{_hash([*models, *others])}"


def _hash(names: Iterable[str]) -> str:
    return sha256(chr(10).join(sorted(names)).encode()).hexdigest()[:12]


def permissions(traffic: TrafficPlan) -> Iterator[Permission]:
    for models, custom in traffic.permissions:
        having = tuple(
            client
            for _, client in sorted(traffic.clients.items())
            if (client.models, client.custom) == (models, custom)
        )
        yield Permission(set_name(traffic, models, custom), models, custom, having)


def allowed(traffic: TrafficPlan, permission: Permission) -> Iterator[tuple[Upstream, tuple[str, ...]]]:
    """Each model of which the clients may use a name: an adapter may be allowed where its model is not."""
    for _, upstream in sorted(traffic.upstreams.items()):
        names = tuple(name for name in upstream.names if name in permission.models)
        if names:
            yield upstream, names


def allowed_elsewhere(traffic: TrafficPlan, permission: Permission) -> Iterator[External]:
    yield from (each for name, each in sorted(traffic.externals.items()) if name in permission.models)


def paths_by_name(traffic: TrafficPlan, permission: Permission) -> Mapping[str, Iterable[str]]:
    """What its clients may send as `model`, and the paths that answer it."""
    here = {name: tuple(upstream.paths) for upstream, names in allowed(traffic, permission) for name in names}
    return here | {each.name: each.paths for each in allowed_elsewhere(traffic, permission)}
