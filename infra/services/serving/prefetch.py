"""The Job that fetches a model's weights: it runs on system nodes, beside Prometheus."""

import math
from collections.abc import Iterator, Sequence

from infra.catalog import Catalog
from infra.catalog.types import Image
from infra.plan.cache import CachePlan
from infra.plan.cluster import ClusterPlan
from infra.plan.models import PrefetchPlan
from infra.plan.notes import Assumption, Finding
from infra.services.serving.adapters import adapters_of
from infra.services.serving.served import Served
from infra.sizing.adapters import file_gib

CPU = 0.5
# The download streams, but pages that wait to be written to a network file system count as its memory: 2 GiB was
# measured to be too little, and 8 GiB to be enough.
MEMORY_GIB, MEMORY_LIMIT_GIB = 2.0, 8.0
PREFETCH_SCRATCH_GIB = 2
# An attempt ends when it has written nothing for this time. A check of existing files writes nothing, and takes a few
# minutes at most.
STALL_SECONDS = 600
GP3_MIBPS = 125  # of a system node's disk: what the price of gp3 includes


# A pod that stays on each node requests little, because it needs more only while it downloads: a tenth of the node is
# free beside the servers, and the pages that it writes are given back.
NODE_CPU, NODE_MEMORY_GIB = 0.01, 0.0625


def plan_prefetch(served: Served, catalog: Catalog, cache: CachePlan) -> PrefetchPlan | None:
    if served.place is not None:
        return None
    counted = cache.directory is not None and not cache.own_directory
    return PrefetchPlan(
        image=_image(served, catalog).image,
        cpu=CPU if cache.directory is None else NODE_CPU,
        memory_gib=MEMORY_GIB if cache.directory is None else NODE_MEMORY_GIB,
        memory_limit_gib=MEMORY_LIMIT_GIB,
        scratch_gib=PREFETCH_SCRATCH_GIB,
        adapter_gib=_on_the_way(served, cache),
        stall_seconds=STALL_SECONDS,
        room_gib=math.ceil(sum(served.folders.values())) if counted else 0,
    )


def _on_the_way(served: Served, cache: CachePlan) -> int:
    """GiB of the largest adapter: it comes whole before it goes to a bucket, because its configuration is changed."""
    adapters, shape = adapters_of(served.settings), served.question.shape
    if not cache.streamed or not adapters or shape is None:
        return 0
    return math.ceil(max(file_gib(shape, each.rank) for each in adapters))


def explain_prefetch(
    served: Sequence[Served], cluster: ClusterPlan, cache: CachePlan, catalog: Catalog
) -> Iterator[Finding]:
    """How much disk the images of the Jobs take on the nodes that they run on."""
    fetching = [each for each in served if each.place is None]
    for image in sorted({_image(each, catalog) for each in fetching}, key=lambda image: image.name):
        fetched = [each for each in fetching if _image(each, catalog) == image]
        names = ", ".join(each.name for each in fetched)
        made = cluster.made and cache.directory is None
        where = "a system node" if made else "any Linux node that has room for its Job"
        where = f"the node of {cache.only_node}" if cache.only_node else where
        where = "each node that may run them" if cache.directory is not None else where
        engines = sorted({each.image for each in fetched} - {image}, key=lambda engine: engine.name)
        needs = dict.fromkeys(f"; {each.name}'s own image would need {_written(each, made)}" for each in engines)
        yield Assumption(
            "models",
            f"{names}: weights are fetched on {where} by {image.image}, {_written(image, made)}{''.join(needs)}",
        )


def _image(served: Served, catalog: Catalog) -> Image:
    """Only the engine can download from its own library. From the Hugging Face hub a small image downloads, which has
    the hub's command line."""
    return served.image if served.question.engine.library is not None else catalog.fetchers["hub"]


def _written(image: Image, made: bool) -> str:
    gib = image.image_gib + image.unpacked_gib
    disk = f" ({gib * 1024 / GP3_MIBPS:.0f} s at the speed of its disk)" if made else ""
    return f"{gib:.1f} GiB to pull and unpack{disk}"
