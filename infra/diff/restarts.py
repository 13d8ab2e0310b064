"""Which models' pods are started again by a change: by another template, or by other nodes."""

from infra.diff.nodes import group_of, restarts_nodes
from infra.diff.services import ground
from infra.diff.traffic import DEPLOYMENT, is_of_a_model
from infra.sides.types import ResourceChanges, Side


def restarts(old: Side, new: Side, resources: ResourceChanges) -> list[str]:
    """Models that run before and after."""
    both = [name for name in sorted(old.models.keys() & new.models.keys()) if _runs(old, name) and _runs(new, name)]
    if ground(resources):
        return both
    return [name for name in both if _by_its_template(name, resources) or _by_its_nodes(name, old, resources)]


def _runs(side: Side, name: str) -> bool:
    return not side.endpoint(name).get("paused")


def _by_its_template(name: str, resources: ResourceChanges) -> bool:
    def is_its(urn: str) -> bool:
        return is_of_a_model(urn, DEPLOYMENT, f"{name}-deployment")

    return any(map(is_its, resources.replaced)) or any(
        path.startswith("spec.template.")
        for urn, changes in resources.changed.items()
        if is_its(urn)
        for path in changes
    )


def _by_its_nodes(name: str, old: Side, resources: ResourceChanges) -> bool:
    def is_its(urn: str) -> bool:
        return group_of(urn, old.models[name].get("pool")) is not None

    return any(map(is_its, (*resources.replaced, *resources.removed))) or any(
        is_its(urn) and restarts_nodes(urn, changes) for urn, changes in resources.changed.items()
    )
