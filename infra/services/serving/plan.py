"""Models as they are served: how each starts, is replaced, scaled and asked."""

from collections.abc import Mapping, Sequence

from infra.offers.sizing import Sizing, throughput_of
from infra.plan.cluster import CachePlan, GatewayPlan, PoolPlan
from infra.plan.findings import Decided
from infra.plan.models import ColdStart, ModelPlan, RolloutPlan, Timeouts
from infra.services.serving.arguments import choose_arguments
from infra.services.serving.cold_start import cold_start, timeouts
from infra.services.serving.placement import Placed
from infra.services.serving.pods import server_resources
from infra.services.serving.prefetch import plan_prefetch
from infra.services.serving.rollout import after_old_pod, check_rollout, plan_rollout
from infra.services.serving.scaling import plan_scaling
from infra.services.serving.served import Served
from infra.services.serving.warnings import warn_of_model
from infra.sizing.estimates import Throughput
from infra.sizing.question import Sized
from infra.sizing.weights import served_dtype


def plan_models(
    placed: Sequence[Placed],
    pools: Mapping[str, PoolPlan],
    cache: CachePlan,
    gateway: GatewayPlan | None,
    sizing: Sizing,
) -> Decided[dict[str, ModelPlan]]:
    models: dict[str, ModelPlan] = {}
    for each in placed:
        models[each.served.name] = yield from _model(each, pools, cache, gateway, sizing)
    return models


def _model(
    placed: Placed,
    pools: Mapping[str, PoolPlan],
    cache: CachePlan,
    gateway: GatewayPlan | None,
    sizing: Sizing,
) -> Decided[ModelPlan]:
    offer, one_reader = placed.offer, cache.access_mode == "ReadWriteOnce"
    pool = pools.get(offer.name) if offer else None
    start = cold_start(placed, pool, cache, sizing.catalog)
    waits = after_old_pod(placed, one_reader=one_reader)
    limits = timeouts(placed, start, gateway.timeout_seconds if gateway else None, after_old_pod=waits)
    rollout = plan_rollout(placed, start, drain=limits.drain, one_reader=one_reader)
    yield from check_rollout(placed, one_reader=one_reader)
    loss = pool.own.lose_one.get(placed.served.name) if pool and pool.own else None
    yield from warn_of_model(placed, rollout, start, loss)
    arguments = yield from choose_arguments(placed, sizing)
    return _plan(placed, start, limits, rollout, arguments, sizing)


def _plan(
    placed: Placed, start: ColdStart, limits: Timeouts, rollout: RolloutPlan, arguments: tuple[str, ...], sizing: Sizing
) -> ModelPlan:
    served, offer, sized = placed.served, placed.offer, placed.sized
    model, made = served.settings, _throughput(placed)
    takes_batch = served.engine.limits.takes_batch
    bf16 = offer.card.bf16 if offer else True
    return ModelPlan(
        name=served.name,
        model=model.model,
        revision=model.revision,
        engine=model.engine,
        engine_version=served.image.version,
        image=served.image.image,
        task=served.task,
        dtype=served.form or served_dtype(served.shape, served.quantization, bf16=bf16),
        quantization=served.made_at_load,
        kv_cache_dtype=model.kv_cache_dtype,
        pool=offer.name if offer else None,
        instance_type=offer.instance_type if offer else None,
        gpus=placed.gpus,
        utilization=(sized.arguments.utilization or None) if sized and takes_batch else None,
        max_model_len=served.max_model_len,
        embedding_size=served.embedding_size,
        max_num_seqs=(sized.arguments.max_num_seqs or None) if sized else served.question.concurrency,
        max_num_batched_tokens=(sized.arguments.max_num_batched_tokens or None) if sized and takes_batch else None,
        concurrency=model.concurrency if takes_batch else served.question.concurrency,
        replicas=served.replicas,
        paused=model.paused,
        remote_code=model.trust_remote_code,
        extra_args=model.extra_args,
        gated=bool(served.gated),
        weights_on_disk_gib=served.disk_gib,
        resources=server_resources(placed),
        prefetch=plan_prefetch(served, sizing.catalog),
        fit=sized.fit if sized else None,
        rollout=rollout,
        cold_start=start,
        timeouts=limits,
        scaling=plan_scaling(placed, start),
        usd_per_hour=offer.usd_per_gpu_hour * placed.gpus if offer and offer.usd_per_node_hour is not None else None,
        throughput=made,
        reasons=(
            *placed.reasons,
            *arguments,
            *((made.reason,) if made.tokens_per_second or _lacks_a_model(served, sized) else ()),
            *((rollout.reason,) if rollout.strategy == "recreate" or placed.room else ()),
        ),
    )


def _throughput(placed: Placed) -> Throughput:
    if placed.sized:
        return throughput_of(placed.sized)
    return Throughput(None, f"no estimate: {'on the CPU' if placed.served.cpu else 'no pool can run it'}")


def _lacks_a_model(served: Served, sized: Sized | None) -> bool:
    """Whether only the engine's missing throughput model is why there is no rate."""
    return sized is not None and served.task == "chat" and served.engine.throughput is None
