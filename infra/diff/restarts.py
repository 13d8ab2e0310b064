"""Which pods are started again by a change: those of models, by another template or by other nodes, and others."""

from infra.diff.during import DEPLOYMENT, is_of_a_model
from infra.diff.nodes import group_of, restarts_nodes
from infra.diff.services import ground
from infra.registry import owner_of
from infra.services.serving.service import SERVING
from infra.sides.types import Changes, ResourceChanges, Side, name_of, type_of

_WORKLOADS = tuple(f"kubernetes:apps/v1:{kind}" for kind in ("Deployment", "StatefulSet", "DaemonSet"))


def restarts(old: Side, new: Side, resources: ResourceChanges) -> list[str]:
    """Models that run before and after."""
    both = [name for name in sorted(old.models.keys() & new.models.keys()) if _runs(old, name) and _runs(new, name)]
    if ground(resources):
        return both
    return [name for name in both if _by_its_template(name, resources) or _by_its_nodes(name, old, resources)]


def restarts_beside(resources: ResourceChanges) -> list[str]:
    """Other workloads of the platform whose pods are started again, such as the gateway's."""
    touched = (*resources.replaced, *(urn for urn, found in resources.changed.items() if _template(found)))
    found = {name_of(urn) for urn in touched if type_of(urn) in _WORKLOADS and owner_of(urn) is not SERVING}
    return sorted(each.removesuffix("-deployment") for each in found)


def _template(changes: Changes) -> bool:
    return any(path.startswith("spec.template.") for path in changes)


def _runs(side: Side, name: str) -> bool:
    return not side.endpoint(name).get("paused")


def _by_its_template(name: str, resources: ResourceChanges) -> bool:
    def is_its(urn: str) -> bool:
        return is_of_a_model(urn, DEPLOYMENT, f"{name}-deployment")

    return any(map(is_its, resources.replaced)) or any(
        _template(changes) for urn, changes in resources.changed.items() if is_its(urn)
    )


def _by_its_nodes(name: str, old: Side, resources: ResourceChanges) -> bool:
    def is_its(urn: str) -> bool:
        return group_of(urn, old.models[name].get("pool")) is not None

    return any(map(is_its, (*resources.replaced, *resources.removed))) or any(
        is_its(urn) and restarts_nodes(urn, changes) for urn, changes in resources.changed.items()
    )
