"""A model that needs little of the GPUs that it takes whole, and where it would need less."""

from collections.abc import Iterator, Sequence

from infra.catalog import Catalog
from infra.engines import on_cpu
from infra.plan.findings import warned
from infra.plan.notes import Finding
from infra.planning.options import fewest
from infra.planning.placement import Placed
from infra.planning.pools import Offer
from infra.planning.sizing import Sizing
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
    if not makeable and (without_gpu := _on_cpu(placed, sizing.catalog)) is not None:
        yield f"{path}: {{{without_gpu}}} on the CPU{_no_key(placed)}"


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


def _on_cpu(placed: Placed, catalog: Catalog) -> str | None:
    """What can be served without a GPU."""
    model, other = placed.served.settings, on_cpu()
    if placed.served.engine.limits.cpu:
        return "gpus: 0"
    if other is None or other.library is None or placed.served.task != "embed":
        return None
    name = other.library.name_like(model.model, catalog)
    return f'model: "{name}", engine: {other.name}, gpus: 0' if name is not None else None


def _no_key(placed: Placed) -> str:
    """What another engine takes off the endpoint."""
    other = on_cpu()
    loses = placed.served.engine.checks_key and other is not None and not other.checks_key
    return f", where {other.title} asks for no API key" if loses and other is not None else ""
