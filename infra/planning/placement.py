"""Which nodes a model runs on, and on how many of their GPUs. Each model by itself: adding one never moves another."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from infra.catalog import Catalog
from infra.planning.batch import Sized, size
from infra.planning.findings import Findings
from infra.planning.kv_cache import splits
from infra.planning.pools import Offer
from infra.planning.served import Served
from infra.planning.vllm import PINNED, default_utilization
from infra.planning.weights import served_dtype
from infra.planning.words import count

DEFAULT_UTILIZATION = default_utilization(PINNED)


@dataclass(frozen=True)
class Placed:
    """A model with its nodes; `offer` and `sized` are None on the CPU."""

    served: Served
    offer: Offer | None
    sized: Sized | None
    reasons: tuple[str, ...]

    @property
    def gpus(self) -> int:
        return self.sized.gpus if self.sized else 0


def place(
    served: Served, pools: Sequence[Offer], makeable: Sequence[Offer], catalog: Catalog, findings: Findings
) -> Placed:
    """The pool that the model names, else the cheapest that serves it, else the cheapest instance type that does."""
    if served.cpu:
        return Placed(served, None, None, (f"on the CPU: {served.path}.gpus is 0",))
    named = served.settings.pool
    offers = [pool for pool in pools if named in (None, pool.name)] or list(makeable)
    best: tuple[tuple[float, float, str], Offer, Sized] | None = None
    for offer in offers:
        if best is not None and offer.settings is None and (offer.usd_per_node_hour or 0.0) > best[0][0]:
            break  # sorted by price, and a replica takes one node at least
        sized = _fewest_gpus(served, offer, catalog)
        if sized is not None and (best is None or _cost(served, offer, sized) < best[0]):
            best = (_cost(served, offer, sized), offer, sized)
    if best is not None:
        placed = Placed(served, best[1], best[2], _why(served, best[1], best[2], len(offers)))
        _choose(placed, findings)
        return placed
    return _unplaced(served, offers, makeable, catalog, findings)


def _fewest_gpus(served: Served, offer: Offer, catalog: Catalog) -> Sized | None:
    """The model on the fewest GPUs of a node that hold it."""
    for gpus in _counts(served, offer):
        sized = _size(served, offer, gpus, catalog)
        if sized is not None and sized.fit.fits:
            return sized
    return None


def _counts(served: Served, offer: Offer) -> Iterator[int]:
    """Tensor parallelism: powers of two that divide the attention heads; or the number that the stack file gives."""
    asked = served.settings.gpus
    if asked is not None:
        if asked <= offer.gpus_per_node:
            yield asked
        return
    heads = (served.shape.attention_heads if served.shape else None) or 0
    gpus = 1
    while gpus <= offer.gpus_per_node and heads % gpus == 0:
        if served.shape is None or served.ollama_file_gib is not None or splits(served.shape, gpus):
            yield gpus
        gpus *= 2


def _size(served: Served, offer: Offer, gpus: int, catalog: Catalog) -> Sized | None:
    """None where the GPU can't run these weights at all."""
    gpu = catalog.gpus[offer.gpu]
    if gpu.engine_gib is None or gpu.compute_capability is None:
        return None
    dtype = served_dtype(served.shape, served.quantization, bf16=gpu.bf16)
    if served.ollama_file_gib is None and gpu.compute_capability < catalog.quantizations[dtype].min_compute_capability:
        return None
    return size(served, gpu, gpus, catalog)


def _cost(served: Served, offer: Offer, sized: Sized) -> tuple[float, float, str]:
    """Dollars an hour at the fewest replicas, then at the most; a pool of the planner's is paid in whole nodes."""
    if offer.settings is not None:
        share = offer.usd_per_gpu_hour * sized.gpus
        return share * served.replicas.min, share * served.replicas.max, offer.name
    a_node = offer.gpus_per_node // sized.gpus
    price = offer.usd_per_node_hour or 0.0
    return -(-served.replicas.min // a_node) * price, -(-served.replicas.max // a_node) * price, offer.name


def _choose(placed: Placed, findings: Findings) -> None:
    served, offer, sized = placed.served, placed.offer, placed.sized
    assert offer is not None
    assert sized is not None
    if served.settings.pool is None:
        findings.choose(f"{served.path}.pool", offer.name, placed.reasons[0])
    if served.settings.gpus is None:
        gib = sized.fit.weights_gib * sized.gpus
        reason = (
            f"the fewest {offer.gpu} that hold {gib:.1f} GiB of weights and {served.max_model_len:,} tokens of context"
        )
        findings.choose(f"{served.path}.gpus", sized.gpus, reason)


def _why(served: Served, offer: Offer, sized: Sized, looked_at: int) -> tuple[str, ...]:
    if served.settings.pool is not None:
        first = f"pool {offer.name} is in the stack file: {sized.gpus} x {offer.gpu}"
    elif offer.settings is not None:
        which = f"the cheapest that serves it, of {looked_at}" if looked_at > 1 else "the only one"
        first = f"pool {offer.name} is {which} in the stack file: {_price(offer, sized)}"
    else:
        first = f"{offer.instance_type} is the cheapest of the {looked_at} types in these zones that serves it"
        first += f": ${offer.usd_per_node_hour or 0:.2f} an hour for {offer.gpus_per_node} x {offer.gpu}"
    return first, *sized.fit.reasons


def _price(offer: Offer, sized: Sized) -> str:
    gpus = f"{sized.gpus} x {offer.gpu}"
    return gpus if offer.existing else f"${offer.usd_per_gpu_hour * sized.gpus:.2f} an hour for {gpus}"


def _unplaced(
    served: Served, offers: Sequence[Offer], makeable: Sequence[Offer], catalog: Catalog, findings: Findings
) -> Placed:
    """Refuses the model with what would make it fit, and leaves it where most of it fits, so that there is a plan."""
    tries = [
        (sized, offer)
        for offer in offers
        for gpus in _counts(served, offer)
        if (sized := _size(served, offer, gpus, catalog)) is not None
    ]
    if not tries:
        path = f"{served.path}.pool"
        findings.refuse(
            "Fit",
            path,
            f"{served.name}: {count(len(offers), 'pool')} to choose from, and none can run it{_runs(served)}",
            _cheapest_type(served, makeable, catalog) or f"gpuPools: nodes that can, and {path}",
        )
        return Placed(served, None, None, (f"{count(len(offers), 'pool')} to choose from, and none can run it",))
    sized, offer = _nearest(served, tries, catalog)
    findings.refuse(
        "Fit",
        f"{served.path}.maxModelLen",
        _misfit(served, offer, sized),
        _mends(served, offer, sized, makeable, catalog),
    )
    return Placed(
        served,
        offer,
        sized,
        (f"nothing in the stack fits: {sized.gpus} x {offer.gpu} comes nearest", *sized.fit.reasons),
    )


def _nearest(served: Served, tries: Sequence[tuple[Sized, Offer]], catalog: Catalog) -> tuple[Sized, Offer]:
    """The cheapest with room for some of the cache, else for the weights: the bill isn't that of the dearest type."""
    for holds in (lambda each: bool(each[0].fit.kv_cache_tokens), lambda each: _holds_weights(each, catalog)):
        holding = [each for each in tries if holds(each)]
        if holding:
            return min(holding, key=lambda each: _cost(served, each[1], each[0]))
    return max(tries, key=lambda each: (_room(each[0]), -each[0].gpus, each[1].name))


def _holds_weights(tried: tuple[Sized, Offer], catalog: Catalog) -> bool:
    sized, offer = tried
    return sized.fit.weights_gib < (catalog.gpus[offer.gpu].engine_gib or 0.0)


def _room(sized: Sized) -> float:
    """How much of what is asked for fits: tokens, or free memory where there is no room for any."""
    return sized.fit.kv_cache_tokens or (sized.fit.usable_gib - sum(term.gib for term in sized.fit.terms))


def _runs(served: Served) -> str:
    gpus = f" on {served.settings.gpus} GPUs" if served.settings.gpus else ""
    return f"{gpus}{f' in {served.quantization}' if served.quantization else ''}"


def _misfit(served: Served, offer: Offer, sized: Sized) -> str:
    fit = sized.fit
    where = f"{served.name} on {sized.gpus} x {offer.gpu} (pool {offer.name})"
    if fit.kv_cache_tokens is None:
        return f"{where}: {fit.weights_gib:.1f} GiB of weights; the engine may use {fit.usable_gib:.1f}"
    requests = served.settings.concurrency or 1
    need = requests * served.max_model_len * (fit.kv_bytes_per_token or 0) / 2**30
    left = fit.kv_cache_gib.mid if fit.kv_cache_gib else 0.0
    return (
        f"{where}: {fit.usable_gib:.1f} GiB that the engine may use leave {left:.1f} for the cache after"
        f" {fit.weights_gib:.1f} of weights; {requests} x {served.max_model_len:,} tokens need {need:.1f}"
    )


def _mends(served: Served, offer: Offer, sized: Sized, makeable: Sequence[Offer], catalog: Catalog) -> str:
    """The largest context that would fit here, a quantization, the cheapest type."""
    tokens = _largest_context(served, offer, sized, catalog)
    context = [f"{served.path}.maxModelLen: {tokens}"] if tokens else []
    return (
        ", or ".join(
            (
                *context,
                *_utilization(served, offer, sized, catalog),
                *_quantization(served, offer, sized, catalog),
                *_as_list(_cheapest_type(served, makeable, catalog)),
            )
        )
        or f"{served.path}.model: a smaller one"
    )


def _largest_context(served: Served, offer: Offer, sized: Sized, catalog: Catalog) -> int:
    """In steps of 256 tokens; less than the cache's tokens where a shorter request takes more a token."""
    tokens = (sized.fit.kv_cache_tokens or 0) // (served.settings.concurrency or 1) // 256 * 256
    while tokens:
        shorter = _size(served.with_context(tokens), offer, sized.gpus, catalog)
        if shorter is not None and shorter.fit.fits:
            return tokens
        tokens = int(tokens * 0.9) // 256 * 256
    return 0


def _utilization(served: Served, offer: Offer, sized: Sized, catalog: Catalog) -> Iterable[str]:
    """The engine's default, where the stack file gives less and that is what is missing."""
    given = served.settings.gpu_memory_utilization
    if served.ollama_file_gib is not None or given is None or given >= DEFAULT_UTILIZATION:
        return
    model = served.settings.model_copy(update={"gpu_memory_utilization": DEFAULT_UTILIZATION})
    more = _size(dataclasses.replace(served, settings=model), offer, sized.gpus, catalog)
    if more is not None and more.fit.fits:
        yield f"{served.path}.gpuMemoryUtilization: {DEFAULT_UTILIZATION}"


def _quantization(served: Served, offer: Offer, sized: Sized, catalog: Catalog) -> Iterable[str]:
    """The first of fp8 and awq with which the model fits the same GPUs."""
    if served.ollama_file_gib is not None or served.quantization is not None:
        return
    for method in ("fp8", "awq"):
        smaller = _size(served.quantized(method), offer, sized.gpus, catalog)
        if smaller is not None and smaller.fit.fits:
            yield f"{served.path}.quantization: {method}"
            return


def _cheapest_type(served: Served, makeable: Sequence[Offer], catalog: Catalog) -> str | None:
    fitting = ((offer, sized) for offer in makeable if (sized := _fewest_gpus(served, offer, catalog)) is not None)
    best = min(fitting, key=lambda each: _cost(served, *each), default=None)
    if best is None:
        return None
    offer, sized = best
    price = f"{sized.gpus} x {offer.gpu}, ${offer.usd_per_node_hour or 0:.2f} an hour a node"
    pool = f" with {served.path}.pool: {offer.name}" if served.settings.pool else ""
    return f"gpuPools.{offer.name}: {{instanceTypes: [{offer.instance_type}]}}{pool} ({price})"


def _as_list(text: str | None) -> list[str]:
    return [text] if text else []
