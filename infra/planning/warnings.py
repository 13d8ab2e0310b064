"""What is allowed, and worth a second look."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from infra.plan.cluster import CachePlan, Loss, PoolPlan
from infra.plan.findings import warned
from infra.plan.models import ColdStart, ModelPlan, Rollout
from infra.plan.notes import Finding
from infra.planning.placement import Placed
from infra.settings.platform import GUARDED, Settings
from infra.sizing.kv_cache import is_exact, keeps_cache

# Where its node is lost, and not its pod alone.
_NODE_LOST: Mapping[Loss | None, str] = {
    "may_wait": "; with its node, until that is back where others take the free GPUs first",
    "waits": "; with its node, until that is back",
}


def warn_of_model(placed: Placed, rollout: Rollout, start: ColdStart, loss: Loss | None) -> Iterator[Finding]:
    """`loss`: of its node, where nodes are counted."""
    served, path = placed.served, placed.served.path
    model = served.settings
    if model.revision is None and served.engine.library is None:
        message = f"none is given: main of {model.model} can move, and with it what is served"
        yield warned(f"{path}.revision", message, kind="no-revision")
    if served.replicas.min == 1 and not model.paused:
        away = _about(start.seconds)
        node = _NODE_LOST.get(loss, "")
        message = f"one replica: if it is lost, {away} without {served.name}{node}"
        yield warned(f"{path}.replicas.min", message, kind="one-replica", detail=f"{away}{node}")
    if rollout.gap_seconds is not None and not model.paused:
        gap = _about(rollout.gap_seconds)
        message = f"each change stops {served.name}: its old pod goes first, {gap} without {served.name}"
        yield warned(f"{path}.replicas", message, kind="stops-at-change", detail=gap)
    if placed.sized is None:
        return
    fit = placed.sized.fit
    if not fit.estimated:
        yield warned(f"{path}.engine", f"{fit.reasons[0]}: whether {served.name} fits was not judged", kind="no-model")
        return
    if fit.fits and not fit.certain:
        low = fit.kv_cache_gib.low if fit.kv_cache_gib else 0.0
        message = f"fits, but not for certain: {low:.1f} GiB of cache at the low end"
        yield warned(f"{path}.maxModelLen", message, kind="not-certain", detail=f"{low:.1f}")
    if served.shape is not None and served.task == "chat" and not is_exact(served.shape):
        kind = served.shape.attention or "sliding-window"
        yield warned(
            f"{path}.model",
            f"{kind} layers keep less than every token, by rules that differ by version:"
            f" {fit.kv_cache_tokens:,} tokens are an estimate",
            kind="tokens-estimated",
            detail=f"{kind}, {fit.kv_cache_tokens:,}",
        )
    if fit.kv_bytes_per_token is None and (served.shape is None or keeps_cache(served.shape)):
        message = "its cache per token isn't known: whether a context fits was not judged"
        yield warned(f"{path}.model", message, kind="cache-unknown")
    if model.paused or not served.engine.limits.takes_batch or model.concurrency is not None:
        return
    if fit.max_concurrency is not None and fit.fits:
        holds = f"{fit.max_concurrency:.1f} requests of {served.max_model_len:,} tokens"
        message = f"none is given; a replica holds {holds}: is that enough?"
        yield warned(f"{path}.concurrency", message, kind="no-concurrency", detail=holds)


def warn_of_pool(pool: PoolPlan, models: Sequence[ModelPlan], cache: CachePlan) -> Iterator[Finding]:
    """`models` are those that run on it."""
    path = f"gpuPools.{pool.name}"
    if not pool.existing and cache.zone_id is not None:
        yield warned(f"{path}.instanceTypes", f"only in {cache.zone_id}: the cache's volume is in that one zone")
    elif not pool.existing and len(pool.zone_ids) == 1:
        zone = pool.zone_ids[0]
        message = f"only {zone} of the stack's zones offers this pool's types"
        yield warned(f"{path}.instanceTypes", message, kind="one-zone", detail=zone)
    if not models:
        yield warned(path, "no model runs on it")


def warn_of_budget(settings: Settings, pools: Iterable[PoolPlan]) -> Iterator[Finding]:
    """What has no price is in no bill, and a budget guards nothing of it."""
    unpriced = [pool.name for pool in pools if pool.existing and pool.usd_per_node_hour is None]
    if settings.budget is not None and unpriced:
        write = " and ".join(f"gpuPools.{name}.existing.usdPerGpuHour" for name in unpriced)
        yield warned(
            "budget.usdPerMonth",
            f"the nodes of {', '.join(unpriced)} have no price: the bill counts nothing of them, and the budget guards"
            f" nothing of them; {write} gives them one",
        )


def warn_of_allow(settings: Settings, pools: Collection[str]) -> Iterator[Finding]:
    """An entry is for one pull request; whoever forgets it has no guard."""
    for name in settings.allow.replace:
        yield warned("allow.replace", f"any change may replace {name} until this is taken out")
    for name in settings.allow.remove:
        gone = name not in GUARDED and name not in pools
        message = (
            f"spent once {name} is gone: take it out"
            if gone
            else f"any change may remove {name} until this is taken out"
        )
        yield warned("allow.remove", message)


def _about(seconds: float) -> str:
    return f"about {max(1, round(seconds / 60))} min"
