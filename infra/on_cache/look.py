"""What the cache holds against what is needed, and what became of a removal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.catalog import Catalog
from infra.live.cluster import ReachedCluster
from infra.on_cache.inside import NEEDED
from infra.on_cache.job import job
from infra.on_cache.needs import READERS, Needs, holder, needs
from infra.on_cache.run import answer_of
from infra.plan.plan import Plan

GIB = 2**30
_LINKED = "something that is needed leads to it"


@dataclass(frozen=True)
class Stored:
    """A directory of the cache. `kept`: who needs it, or why it stays; empty: nothing needs it."""

    path: str
    gib: float
    changed: float  # seconds since 1970, as the file system has them
    partial: bool  # a download that isn't finished
    kept: tuple[str, ...]

    @property
    def day(self) -> str:
        return f"{datetime.fromtimestamp(self.changed, UTC):%Y-%m-%d}"


@dataclass(frozen=True)
class Held:
    """All that the cache holds. `others`: no directory of a model, which the platform leaves alone."""

    stored: Sequence[Stored]
    others: Mapping[str, float]  # GiB by name
    half_removed_gib: float  # of a removal that didn't come to its end; the next one ends it
    unknown: Sequence[str]

    @property
    def unneeded(self) -> list[Stored]:
        return [each for each in self.stored if not each.kept]


@dataclass(frozen=True)
class Removed:
    paths: Sequence[str]
    left: Mapping[str, str]  # by path, why


@dataclass(frozen=True)
class Cache:
    """The cache of a stack, in its cluster."""

    plan: Plan
    catalog: Catalog
    cluster: ReachedCluster

    def held(self) -> Held:
        """Raises NotRead."""
        known, answer = self._ask(None)
        others = {each["path"]: each["bytes"] / GIB for each in answer["others"]}
        stored = sorted(_stored(answer, known), key=lambda each: (bool(each.kept), -each.gib, each.path))
        return Held(stored, others, answer["gone_bytes"] / GIB, known.unknown)

    def remove(self, wanted: Sequence[Stored]) -> Removed:
        """What is needed by now is not removed: the cluster is read again. Raises NotRead."""
        known, answer = self._ask({each.path: each.changed for each in wanted})
        whom = {path: ", ".join(known.of(path)) or _LINKED for path in answer["left"]}
        left = {path: whom[path] if why == NEEDED else why for path, why in answer["left"].items()}
        return Removed(answer["removed"], left)

    def _ask(self, remove: Mapping[str, float] | None) -> tuple[Needs, dict[str, Any]]:
        objects = self.cluster.list(READERS, "-n", self.plan.settings.namespace.name)
        known = needs(self.plan, objects)
        node = holder(objects) if self.plan.cache.access_mode == "ReadWriteOnce" else None
        paths = sorted({each.path for each in known.all})
        allowed = {} if known.unknown and remove is not None else remove
        return known, answer_of(self.cluster, job(self.plan, self.catalog, paths, node, allowed))


def _stored(answer: Mapping[str, Any], known: Needs) -> Iterator[Stored]:
    for each in answer["models"]:
        path, why = each["path"], each["kept"]
        whom = known.of(path)
        other = [] if not why or (why == NEEDED and whom) else [_LINKED if why == NEEDED else why]
        unfinished, kept = each["partial"], (*whom, *other, *known.unknown)
        yield Stored(path, each["bytes"] / GIB, each["changed"], unfinished, kept)
