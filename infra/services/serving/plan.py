"""Models as they are served: how each starts, is replaced, scaled and asked."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from infra.offers.sizing import Sizing, throughput_of
from infra.plan.cache import CachePlan
from infra.plan.findings import Decided
from infra.plan.models import ColdStart, ModelPlan, RolloutPlan, Timeouts
from infra.plan.pools import Loss, PoolPlan
from infra.services.serving.adapters import adapters_of, explain_slots
from infra.services.serving.answers import parsers_of, say_unknown_parsers
from infra.services.serving.arguments import choose_arguments, say_few_graphs
from infra.services.serving.at_once import check_at_once
from infra.services.serving.bucket_files import mounts, streams
from infra.services.serving.cold_start import Waits, can_keep_compiled, cold_start, timeouts
from infra.services.serving.family import dimensions_of, needed_by
from infra.services.serving.older_image import check_image
from infra.services.serving.placed import Placed
from infra.services.serving.pod_scaling import plan_pod_scaling, say_pods
from infra.services.serving.pods import server_resources
from infra.services.serving.prefetch import plan_prefetch
from infra.services.serving.promise import check_promise
from infra.services.serving.rollout import after_old_pod, check_rollout, plan_rollout
from infra.services.serving.scaling import cooldown, plan_scaling
from infra.services.serving.schedule import plan_schedule, say_schedule
from infra.services.serving.speculation import proposer_of
from infra.services.serving.vertical import plan_vertical, say_vertical, warn_of_vertical
from infra.services.serving.warnings import warn_of_model
from infra.sizing.estimates import Throughput
from infra.sizing.question import Sized
from infra.sizing.weights import served_dtype


def plan_models(
    placed: Sequence[Placed],
    pools: Mapping[str, PoolPlan],
    cache: CachePlan,
    gateway: Waits,
    sizing: Sizing,
    *,
    system_disk: int,
) -> Decided[dict[str, ModelPlan]]:
    """`system_disk`: MiB/s of the nodes without GPUs; 0: nobody knows."""
    models: dict[str, ModelPlan] = {}
    for each in placed:
        models[each.served.name] = yield from _model(each, pools, cache, gateway, sizing, system_disk)
    return models


def _model(
    placed: Placed,
    pools: Mapping[str, PoolPlan],
    cache: CachePlan,
    gateway: Waits,
    sizing: Sizing,
    system_disk: int,
) -> Decided[ModelPlan]:
    offer, one_reader = placed.offer, cache.one_reader
    pool = pools.get(offer.name) if offer else None
    start = cold_start(placed, pool, cache, sizing.catalog, system_disk=system_disk)
    waits = after_old_pod(placed, one_reader=one_reader)
    limits = timeouts(placed, pool, start, gateway, after_old_pod=waits)
    rollout = plan_rollout(placed, start, pool, drain=limits.drain, one_reader=one_reader)
    yield from check_rollout(placed, one_reader=one_reader)
    yield from warn_of_model(placed, rollout, start, _loss(placed, pool, cache))
    yield from warn_of_vertical(placed.served, start)
    yield from say_unknown_parsers(placed.served)
    arguments = yield from choose_arguments(placed, sizing)
    yield from check_promise(placed, sizing)
    yield from check_at_once(placed)
    made = _plan(placed, start, limits, rollout, arguments, sizing, cache)
    yield from check_image(placed.served, made, sizing.catalog)
    return made


def _loss(placed: Placed, pool: PoolPlan | None, cache: CachePlan) -> Loss | None:
    if placed.served.cpu and cache.node_of(None, placed.served.place):
        return "waits"
    return pool.own.lose_one.get(placed.served.name) if pool and pool.own else None


def _plan(
    placed: Placed,
    start: ColdStart,
    limits: Timeouts,
    rollout: RolloutPlan,
    arguments: tuple[str, ...],
    sizing: Sizing,
    cache: CachePlan,
) -> ModelPlan:
    served, model, offer = placed.served, placed.served.settings, placed.offer
    given, made = _given(placed), _throughput(placed)
    schedule = plan_schedule(model, served.asked, start, cooldown(start))
    scaling = plan_scaling(placed, start, schedule, made)
    vertical = plan_vertical(served, server_resources(placed))
    pods = plan_pod_scaling(placed, cooldown(start), schedule)
    return ModelPlan(
        name=served.name,
        model=model.model,
        revision=served.revision,
        engine=model.engine,
        engine_version=served.image.version,
        image=served.image.image,
        own_image=model.image is not None,
        task=served.question.task,
        dtype=_dtype(placed),
        quantization=served.made_at_load,
        kv_cache_dtype=model.kv_cache_dtype,
        pool=offer.name if offer else None,
        instance_type=offer.instance_type if offer else None,
        gpus=placed.gpus,
        utilization=given.utilization,
        max_model_len=served.question.max_model_len,
        vision=served.question.shape is not None and served.question.shape.modality == "vision",
        embedding_size=served.embedding_size,
        dimensions=dimensions_of(served),
        max_num_seqs=given.max_num_seqs,
        max_num_batched_tokens=given.max_num_batched_tokens,
        concurrency=given.concurrency,
        replicas=served.replicas,
        paused=model.paused,
        parsers=parsers_of(served),
        rope=served.rope,
        needed=needed_by(served),
        adapters=adapters_of(model),
        slots=served.question.slots,
        proposer=proposer_of(model, sizing.catalog),
        remote_code=model.trust_remote_code,
        graph_sizes=served.question.engine.graph_sizes(placed.sized) if placed.sized else (),
        extra_args=model.extra_args,
        gated=bool(served.gated or served.draft_gated),
        weights_on_disk_gib=served.cached_gib,
        resources=server_resources(placed),
        prefetch=plan_prefetch(served, sizing.catalog, cache),
        fit=placed.sized.fit if placed.sized else None,
        rollout=rollout,
        cold_start=start,
        timeouts=limits,
        scaling=scaling,
        pods=pods,
        vertical=vertical,
        usd_per_hour=_usd_per_hour(placed),
        throughput=made,
        reasons=(
            *placed.reasons,
            *arguments,
            *say_few_graphs(placed, made),
            *explain_slots(placed.sized),
            *_reasons(placed, made, rollout),
            *(scaling.reasons if scaling is not None else ()),
            *say_schedule(schedule, served.replicas, start),
            *say_pods(pods, scaling),
            *say_vertical(vertical),
        ),
        schedule=schedule,
        next_of=served.next_of,
        streamed=streams(served, cache),
        mounted=mounts(served, cache),
        keeps_compiled=cache.compiled and can_keep_compiled(served, cache),
    )


class _Given(NamedTuple):
    """The arguments that decide memory, where the engine has them."""

    utilization: float | None
    max_num_seqs: int | None
    max_num_batched_tokens: int | None
    concurrency: int | None


def _given(placed: Placed) -> _Given:
    """An engine that takes no batch answers as many requests at once as `concurrency` says."""
    asked, sized = placed.served.question, placed.sized
    seqs = (sized.arguments.max_num_seqs or None) if sized else asked.concurrency
    if not asked.engine.limits.takes_batch:
        return _Given(None, seqs, None, asked.concurrency)
    utilization = _utilization(sized) if sized else None
    tokens = (sized.arguments.max_num_batched_tokens or None) if sized else None
    return _Given(utilization, seqs, tokens, placed.served.settings.concurrency)


def _utilization(sized: Sized) -> float | None:
    """An engine takes a share of all memory that it sees: more than its part, where servers share a GPU."""
    share, seen = sized.arguments.utilization or None, sized.gpu.seen_gib
    if share is None or seen is None or sized.gpu.engine_gib is None:
        return share
    return math.floor(share * sized.gpu.engine_gib / seen * 10_000) / 10_000


def _dtype(placed: Placed) -> str:
    asked, bf16 = placed.served.question, placed.offer.card.bf16 if placed.offer else True
    dtype = served_dtype(asked.shape, asked.quantization, bf16=bf16)
    return placed.served.form or asked.engine.computes_in(asked.shape, dtype)


def _usd_per_hour(placed: Placed) -> float | None:
    """Of one replica: its share of the node."""
    offer = placed.offer
    return offer.usd_per_gpu_hour * placed.gpus if offer and offer.usd_per_node_hour is not None else None


def _reasons(placed: Placed, made: Throughput, rollout: RolloutPlan) -> Iterator[str]:
    if made.tokens_per_second or _lacks_a_model(placed):
        yield made.reason
    if placed.starts:
        yield rollout.reason


def _throughput(placed: Placed) -> Throughput:
    if placed.sized:
        return throughput_of(placed.sized)
    return Throughput(None, f"no estimate: {'on the CPU' if placed.served.cpu else 'no pool can run it'}")


def _lacks_a_model(placed: Placed) -> bool:
    """Whether only the engine's missing throughput model is why there is no rate."""
    asked = placed.served.question
    return placed.sized is not None and asked.task == "chat" and asked.engine.throughput is None
