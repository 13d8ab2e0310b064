"""What `pulumi up` would try in place and an API refuses, whatever `allow` says."""

from collections.abc import Iterator, Mapping

from infra.diff.findings import Found
from infra.diff.namespace import NAMESPACE, taken_over
from infra.diff.space import SIZE, STORAGE, gib, sizes_asked
from infra.owner import CLAIM
from infra.plan.rules import Rule
from infra.registry import clouds, owner_of
from infra.services.monitoring.plan import namespace_of
from infra.services.weights.service import WEIGHTS
from infra.sides.types import ResourceChanges, Side, type_of


def refused_in_place(old: Side, new: Side, resources: ResourceChanges) -> list[Found]:
    """In the words of a plan's violations."""
    of_clouds = (refused for cloud in clouds() for refused in cloud.types.refused_in_place(old, new, resources))
    return [
        {"rule": Rule.IN_PLACE, "path": path, "message": message, "fix": fix}
        for path, message, fix in (
            *of_clouds,
            *_smaller(old, new, resources),
            *taken_over(old, new, resources),
            *_goes_with_its_namespace(new, resources),
        )
    ]


def _goes_with_its_namespace(new: Side, resources: ResourceChanges) -> Iterator[tuple[str, str, str]]:
    """Of a Prometheus that exists: often that which the stack installed until now."""
    prometheus = (new.platform.get("addons") or {}).get("prometheus")
    url = ((prometheus.get("existing") or {}).get("url") if isinstance(prometheus, Mapping) else None) or ""
    gone = [each["inputs"]["metadata"]["name"] for urn, each in resources.removed.items() if type_of(urn) == NAMESPACE]
    if (name := namespace_of(url)) in gone:
        yield (
            "addons.prometheus.existing.url",
            f"the change deletes the namespace {name}, and with it the Prometheus of {url}",
            "addons: {prometheus: install}, as it was, or the URL of a Prometheus in another namespace",
        )


def _smaller(old: Side, new: Side, resources: ResourceChanges) -> Iterator[tuple[str, str, str]]:
    """Of the weights one size is named: the one until now, or the larger one that they need."""
    for urn, changes in resources.changed.items():
        if type_of(urn) == CLAIM and (size := changes.get(STORAGE)) and gib(size.new) < gib(size.old):
            owner = owner_of(urn)
            enough = max((size.old, *sizes_asked(old, new)), key=gib)
            path, fix = (SIZE, f"{SIZE}: {enough}") if owner is WEIGHTS else (owner.name, size.old)
            yield path, f"a volume can't become smaller: {size.new}, was {size.old}", fix
