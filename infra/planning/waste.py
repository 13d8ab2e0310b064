"""A model that needs little of the GPUs that it takes whole, and where it would need less."""

from collections.abc import Iterator, Sequence

from infra.plan.findings import warned
from infra.plan.notes import Finding
from infra.planning.options import fewest
from infra.planning.placement import Placed
from infra.planning.pools import Offer
from infra.planning.sizing import Sizing
from infra.planning.without_gpu import without_gpu
from infra.sizing.question import Sized

# Worth a word where less than this share of a card is needed, and so many GiB stay empty: less has no smaller card.
NEEDED_SHARE, EMPTY_GIB = 0.25, 16.0


def warn_of_waste(
    placed: Placed, pools: Sequence[Offer], makeable: Sequence[Offer], sizing: Sizing
) -> Iterator[Finding]:
    """`pools` of the stack file; `makeable`: none where the cluster is somebody's."""
    sized = placed.sized
    needed = _needed_gib(sized) if sized is not None and sized.fits and sized.fit.estimated else None
    if sized is None or needed is None or placed.served.settings.paused:
        return
    whole = sized.gpu.engine_gib or 0.0
    if needed > NEEDED_SHARE * whole or whole - needed < EMPTY_GIB:
        return
    cards = "an" if sized.gpus == 1 and sized.gpu.name[0] in "ALHR" else "a" if sized.gpus == 1 else "each of its"
    ways = ", or ".join(_ways(placed, sized, pools, makeable, sizing))
    yield warned(
        f"{placed.served.path}.pool",
        f"{placed.served.name} uses {needed:.1f} of {whole:.0f} GiB of {cards} {sized.gpu.name}, and the rest stays"
        f" empty: {ways}",
        kind="mostly-empty",
        detail=f"{needed:.1f} of {whole:.0f} GiB of {cards} {sized.gpu.name}: {ways}",
    )


def _needed_gib(sized: Sized) -> float | None:
    """Of each GPU; None where nobody says how many requests there are, since a cache has use for all of it."""
    fit, question = sized.fit, sized.question
    used = sum(term.gib for term in fit.terms)
    if fit.kv_cache_gib is None or question.task != "chat":
        return used
    if fit.kv_bytes_per_token is None or (question.engine.limits.takes_batch and question.concurrency == 1):
        return None
    return used + question.concurrency * question.max_model_len * fit.kv_bytes_per_token / 2**30


def _ways(
    placed: Placed, sized: Sized, pools: Sequence[Offer], makeable: Sequence[Offer], sizing: Sizing
) -> Iterator[str]:
    path = placed.served.path
    smaller = _smaller(sized, pools, sizing)
    if smaller is not None:
        yield f"{path}.pool: {smaller.name} ({smaller.gpu})"
    elif (new := _smaller(sized, makeable, sizing)) is not None:
        pool = f"gpuPools.{new.name}: {{instanceTypes: [{new.instance_type}]}}"
        yield f"{pool} with {path}.pool: {new.name} ({new.gpu}, ${new.usd_per_node_hour or 0:.2f} an hour)"
    else:
        yield "a pool of smaller GPUs"
    if not makeable and (on_cpu := without_gpu(placed, sizing.catalog)) is not None:
        keys = ", ".join(f'{key}: "{value}"' if key == "model" else f"{key}: {value}" for key, value in on_cpu.changes)
        yield f"{path}: {{{keys}}} on the CPU{on_cpu.harm}"


def _smaller(sized: Sized, offers: Sequence[Offer], sizing: Sizing) -> Offer | None:
    """The smallest card that serves it with as few GPUs; a makeable one is no dearer than the node it leaves."""
    below = [offer for offer in offers if (offer.card.engine_gib or 0.0) < (sized.gpu.engine_gib or 0.0)]
    serving = [
        offer
        for offer in below
        if (found := fewest(sized.question.but(gpus=None), offer, sizing)) is not None and found.gpus <= sized.gpus
    ]
    return min(
        serving, key=lambda o: (o.card.engine_gib or 0.0, o.borrowed, o.usd_per_node_hour or 0.0, o.name), default=None
    )
