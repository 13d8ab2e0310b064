"""The time from no node to the first token, in named parts, and the timeouts that follow from it (rule 5)."""

from dataclasses import dataclass

from infra.catalog import Catalog
from infra.models.places import Bucket
from infra.plan.cache import CachePlan
from infra.plan.models import GAP_PARTS, ColdStart, StartPart, Timeouts
from infra.plan.pools import PoolPlan
from infra.services.serving import start_parts
from infra.services.serving.bucket_files import mounts
from infra.services.serving.floors import floors
from infra.services.serving.placed import Placed
from infra.services.serving.served import Served
from infra.services.serving.spare_start import on_spare

# MiB/s from the hub or an engine's own library, slow days and retries included.
DOWNLOAD_MIBPS = 30
# Seconds until load balancers stop sending requests to a pod that ends: the controller deregisters it.
PRE_STOP = 20
DNS_REFRESH = 5  # how often the gateway reads the addresses of a model's pods
GATEWAY_TIMEOUT = 300  # the stack file's default
# Seconds after the drain until a server is killed: one whose streams last longer than the drain would never end.
AFTER_DRAIN = 15
# How long a proxy keeps an idle connection to the engine: a cloud's load balancer for the gateway's timeout, nginx for
# 60 seconds, its default.
NGINX_IDLE = 60
KEEP_ALIVE_MARGIN = 30


@dataclass(frozen=True)
class Waits:
    """What a pod that ends waits for, in seconds."""

    answer: int  # how long an answer may take, from when its request came
    silence: int  # how long one may come without a byte
    leaves: int  # until the gateway sends it nothing more
    on_spot: int | None  # until the node is gone; None: nobody knows


def waits(answer: int, silence: int, dns_ttl: int, on_spot: int | None) -> Waits:
    """The gateway learns of a pod's end from DNS."""
    return Waits(answer, silence, max(PRE_STOP, dns_ttl + DNS_REFRESH), on_spot)


def cold_start(
    placed: Placed, pool: PoolPlan | None, cache: CachePlan, catalog: Catalog, *, system_disk: int
) -> ColdStart:
    served, asked, figures = placed.served, placed.served.question, catalog.cold_start
    vcpus = min((each.vcpus for each in placed.offer.types), default=0) if placed.offer else 0
    image = start_parts.image(served.image, pool, vcpus, figures, system_disk=system_disk)
    kept = cache.compiled and finds_compiled(served, pool, cache)
    parts = {
        "node": start_parts.launch(pool, figures),
        "boot": start_parts.boot(pool, figures),
        "image": image,
        "weights": _weights(placed, pool, image, cache, figures),
        "engine": start_parts.engine(asked, placed.sized, placed.gpus, catalog, kept=kept),
    }
    copy = served.place is None and cache.directory is not None
    read = start_parts.weights_on_node(served.loaded_gib, None, image, figures) if copy else None
    shown = on_spare(parts, pool, read) if pool is not None and pool.spare else parts
    there = {name: read if read is not None and name == "weights" else shown[name] for name in GAP_PARTS}
    types = placed.offer.types if placed.offer else ()
    over_network = 0.0 if copy else served.loaded_gib
    return ColdStart(shown, floors(shown, served.image.image_gib, over_network, types), parts, there)


def can_keep_compiled(served: Served, cache: CachePlan) -> bool:
    """Only beside weights that are downloaded: of others, the claim or bucket is somebody else's. A server that mounts
    a bucket has no way to it."""
    compiles = served.question.engine.limits.compiles is not None and not served.cpu
    return compiles and served.place is None and not mounts(served, cache)


def finds_compiled(served: Served, pool: PoolPlan | None, cache: CachePlan) -> bool:
    """Whether the next start could find what an earlier one compiled: a new node's own disk has nothing yet."""
    new_disk = cache.directory is not None and pool is not None and not pool.existing
    return can_keep_compiled(served, cache) and not new_disk


def read_seconds(placed: Placed, cache: CachePlan, catalog: Catalog) -> float:
    """What a start waits for that depends on a cache that all nodes read: the weights, and compiling where nothing is
    kept."""
    served, nothing = placed.served, StartPart(0, 0, 0, "")
    kept = cache.compiled and can_keep_compiled(served, cache)
    engine = start_parts.engine(served.question, placed.sized, placed.gpus, catalog, kept=kept)
    return _weights(placed, None, nothing, cache, catalog.cold_start).mid + engine.mid


def _weights(
    placed: Placed, pool: PoolPlan | None, image: StartPart, cache: CachePlan, figures: start_parts.Figures
) -> StartPart:
    served, types = placed.served, placed.offer.types if placed.offer else ()
    if isinstance(served.place, Bucket):
        return start_parts.weights_streamed(served.disk_gib, served.settings.model, placed.gpus, types, figures)
    if served.place is not None:
        return start_parts.weights_in_place(served.disk_gib, served.settings.model, figures)
    if cache.storage is not None and cache.streamed:
        inside = bool(cache.bucket_cidrs)
        if mounts(served, cache):
            return start_parts.weights_mounted(served.loaded_gib, cache.storage.said, types, figures, inside=inside)
        said, gpus = cache.storage.said, placed.gpus
        return start_parts.weights_streamed(served.loaded_gib, said, gpus, types, figures, inside=inside)
    if cache.directory is not None:
        return start_parts.weights_on_node(served.loaded_gib, pool, image, figures)
    return start_parts.weights(served.loaded_gib, cache, types, figures)


def timeouts(
    placed: Placed, pool: PoolPlan | None, start: ColdStart, gateway: Waits, *, after_old_pod: bool
) -> Timeouts:
    """Each timeout is at least the slowest time of what it waits for. `after_old_pod`: a rollout's new pod may have to
    wait until an old one has ended."""
    slow = {name: part.high for name, part in start.parts.items()}
    startup = half_minutes_up(max(120, 1.5 * (slow["weights"] + slow["engine"])))
    drain = gateway.answer
    grace_period = gateway.leaves + drain + AFTER_DRAIN
    start_deadline = max(600, 1.25 * sum(slow.values()), slow["node"] + slow["boot"] + slow["image"] + startup)
    progress = half_minutes_up(start_deadline + (grace_period if after_old_pod else 0))
    return Timeouts(
        startup_probe=startup,
        progress_deadline=progress,
        rollout=progress * max(1, placed.served.replicas.max),  # a rollout replaces one pod after the other
        prefetch=half_minutes_up(1800 + placed.served.disk_gib * 1024 / DOWNLOAD_MIBPS),
        pre_stop=gateway.leaves,
        drain=drain,
        grace_period=grace_period,
        whole_answer=_whole_answer(pool, gateway),
        keep_alive=max(gateway.silence, NGINX_IDLE) + KEEP_ALIVE_MARGIN,
    )


def _whole_answer(pool: PoolPlan | None, gateway: Waits) -> int:
    """The last request before the gateway leaves a pod on spot has what is left until its node goes."""
    if pool is None or pool.capacity != "spot" or gateway.on_spot is None:
        return gateway.answer
    return max(0, min(gateway.answer, gateway.on_spot - gateway.leaves))


def half_minutes_up(seconds: float) -> int:
    """A change that moves a start by a few seconds then changes no object."""
    return -int(-seconds // 30) * 30
