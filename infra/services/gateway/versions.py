"""Two versions of one model behind the gateway: which requests go to the next one, and what holds for both."""

from collections.abc import Mapping
from dataclasses import replace

from infra.plan.gateway import Next, Upstream
from infra.services.serving.section import Rollout


def with_next(present: Upstream, coming: Upstream, rollout: Rollout) -> Upstream:
    """A caller doesn't choose the version, so both hold what the gateway says of the model: paths that both serve, the
    shorter context, and the abilities that both have."""
    paths = {path: there for path, there in present.paths.items() if coming.paths.get(path) == there}
    server = replace(coming, names=present.names, paths=paths)
    return replace(
        present,
        paths=paths,
        max_model_len=min(present.max_model_len, coming.max_model_len),
        abilities=_of_both(present.abilities, coming.abilities),
        counts_streams=present.counts_streams and coming.counts_streams,
        next=Next(server, rollout.weight or 0, rollout.clients),
    )


def _of_both(one: Mapping[str, bool | None], other: Mapping[str, bool | None]) -> dict[str, bool | None]:
    """None: not known."""
    return {name: _both(has, other.get(name)) for name, has in one.items()}


def _both(one: bool | None, other: bool | None) -> bool | None:
    if False in (one, other):
        return False
    return True if one and other else None
