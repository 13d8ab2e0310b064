"""What is allowed, and worth a second look."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from infra.plan.cluster import CachePlan, ClusterPlan, GatewayPlan, PoolPlan
from infra.plan.findings import warned
from infra.plan.models import ColdStart, ModelPlan, Rollout
from infra.plan.notes import Finding
from infra.planning.placement import Placed
from infra.settings import Settings
from infra.settings.platform import GUARDED
from infra.sizing.kv_cache import is_exact, keeps_cache

# docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html: pods leave within 15 minutes.
NODE_UPDATE_SECONDS = 900
# docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
SPOT_NOTICE_SECONDS = 120
_RARE = re.compile(r"p[456]")  # A100 and newer of 8 GPUs a node; AWS sells them by reservation and Capacity Block


def warn_of_model(placed: Placed, rollout: Rollout, start: ColdStart) -> Iterator[Finding]:
    served, path = placed.served, placed.served.path
    model = served.settings
    if model.revision is None and served.engine.library is None:
        message = f"none is given: main of {model.model} can move, and with it what is served"
        yield warned(f"{path}.revision", message, kind="no-revision")
    if served.replicas.min == 1 and not model.paused:
        away = _about(start.seconds)
        message = f"one replica: if it is lost, {away} without {served.name}"
        yield warned(f"{path}.replicas.min", message, kind="one-replica", detail=away)
    if rollout.gap_seconds is not None and not model.paused:
        message = f"each change stops {served.name}: {rollout.reason}"
        gap = _about(rollout.gap_seconds)
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


def warn_of_pool(
    pool: PoolPlan, models: Sequence[ModelPlan], cluster: ClusterPlan, cache: CachePlan
) -> Iterator[Finding]:
    """`models` are those that run on it."""
    path = f"gpuPools.{pool.name}"
    if pool.capacity == "spot":
        yield from _warn_of_spot(f"{path}.capacity", models)
    if not pool.existing and cache.zone_id is not None:
        yield warned(f"{path}.instanceTypes", f"only in {cache.zone_id}: the cache's volume is in that one zone")
    elif not pool.existing and len(pool.zone_ids) == 1:
        zone = pool.zone_ids[0]
        message = f"only {zone} of the stack's zones offers this pool's types"
        yield warned(f"{path}.instanceTypes", message, kind="one-zone", detail=zone)
    if not models:
        yield warned(path, "no model runs on it")
    if pool.capacity == "on-demand" and (rare := [name for name in pool.instance_types if _RARE.match(name)]):
        yield warned(
            f"{path}.instanceTypes",
            f"{', '.join(rare)} on demand hardly ever comes: pods wait until AWS has one. Reserve it first: an open"
            " On-Demand Capacity Reservation of the type in one of the zones is used by itself, and billed from the day"
            " that it is made; a Capacity Block can't be used here",
            kind="rare-type",
            detail=", ".join(rare),
        )
    if not pool.existing and pool.min > 0:
        command = "aws eks update-nodegroup-config --scaling-config desiredSize="
        yield warned(
            f"{path}.min",
            f"EKS refuses a minimum above the nodes that run, whose number is the autoscaler's: to raise it later, run"
            f" `{command}{pool.min} --cluster-name {cluster.name} --nodegroup-name ...` first",
            kind="raising-min",
        )


def _warn_of_spot(path: str, models: Sequence[ModelPlan]) -> Iterator[Finding]:
    """What a drain comes to there: the node goes whatever its pods are given."""
    message = "spot nodes go with two minutes' notice, and may not come when they are needed"
    cut = [model for model in models if model.timeouts.pre_stop + model.timeouts.drain > SPOT_NOTICE_SECONDS]
    if not cut:
        yield warned(path, message, kind="spot")
        return
    names, notice = ", ".join(model.name for model in cut), SPOT_NOTICE_SECONDS
    before, drain = max(model.timeouts.pre_stop for model in cut), max(model.timeouts.drain for model in cut)
    yield warned(
        path,
        f"{message}; an answer of {names} then has {notice - before} s to end ({notice} s of notice, {before} s of them"
        f" until no more requests come), not the {drain} s of drain that it has elsewhere: a longer one is cut off",
        kind="spot",
        detail=f"an answer of {names} has {notice - before} s to end, not {drain} s",
    )


def warn_of_drain(gateway: GatewayPlan | None, pools: Iterable[PoolPlan], seconds: int) -> Iterator[Finding]:
    if gateway is not None and seconds > NODE_UPDATE_SECONDS and any(not pool.existing for pool in pools):
        yield warned(
            "gateway.timeoutSeconds",
            f"pods may take {seconds} s to end; an update of an EKS node group ends them after"
            f" {NODE_UPDATE_SECONDS // 60} minutes, and answers with them",
        )


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
