"""Of a bucket that is the cache: which servers stream their weights from it, and which read it as files."""

from collections.abc import Iterator, Sequence

from infra.catalog import Catalog
from infra.engines import ENGINES
from infra.models.places import place_of
from infra.plan.cache import CachePlan
from infra.plan.models import Resources
from infra.services.serving.family import needed_by, needed_for
from infra.services.serving.next import servers
from infra.services.serving.section import Model
from infra.services.serving.served import Served
from infra.settings.platform import Settings

# What the pod that mounts a bucket requests, by each GPU of its server, whose process has its own file open: a file
# that is read from its start to its end takes 2,160 MiB at most, four at once 8,300
# (awslabs.github.io/mountpoint-s3/dev/bench/peak_mem_usage, 2026-08).
MOUNT_GIB, MOUNT_CPU = 2.25, 0.25
MOUNT_SHARE = 0.2  # of what the server would have alone, at most: it is slower with less, and no limit stops it


def mount_requests(server: Resources, gpus: int) -> tuple[float, float]:
    """Cores and GiB, which are taken off the server's own requests, so that both fit wherever it would alone."""
    return min(MOUNT_CPU, MOUNT_SHARE * server.cpu), min(MOUNT_GIB * max(gpus, 1), MOUNT_SHARE * server.memory_gib)


def streams(served: Served, cache: CachePlan) -> bool:
    return cache.streamed and served.place is None and not needs_files(served.settings, needed_by(served))


def mounts(served: Served, cache: CachePlan) -> bool:
    return cache.streamed and served.place is None and needs_files(served.settings, needed_by(served))


def readers_of_files(settings: Settings, catalog: Catalog) -> list[str]:
    """The models of the stack file, by their servers' names, that would read a bucket as files."""
    return [
        name
        for name, each in servers(settings.models).items()
        if place_of(each.model) is None and needs_files(each, needed_for(each, catalog))
    ]


def needs_files(model: Model, needed: Sequence[str]) -> bool:
    """`needed`: the arguments that its family needs."""
    streams_weights = ENGINES[model.engine].limits.streams_weights
    reads_more = model.adapters or (model.speculative is not None and model.speculative.model)
    return not streams_weights or bool(reads_more) or any(flags_of_loading(model, needed))


def flags_of_loading(model: Model, needed: Sequence[str]) -> Iterator[str]:
    """Those by which the engine streams, where something else decides them too."""
    engine = ENGINES[model.engine]
    flags = {each.flag for each in engine.read_arguments([*model.extra_args, *needed])}
    return (flag for flag in engine.limits.streams_weights[::2] if flag in flags)
