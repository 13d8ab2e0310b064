"""How slow a model that chats is without a GPU: each token of its answer reads the weights from memory."""

from infra.catalog import Catalog, ModelShape
from infra.engines.engine import Engine
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.sizing.estimates import Estimate, Throughput, span

SLOW = ", where it is slow"
READING = 10.0  # tokens per second: an answer that comes more slowly is waited for by whoever reads it
# GiB of weights that llama.cpp reads per second with the few cores that a node has for it: 4.2 GB in 137 ms with four
# threads of a desktop (ggml-org/llama.cpp#39), 1.9 GB in 95 ms on four cores of an Ampere Altra (qwen2.5:3b, 10.6
# tokens per second), less on the half cores that vCPUs are. Read 2026-11.
READS = Estimate(10.0, 20.0, 30.0)


def leave_gpus(plan: Plan, then: Plan) -> list[ModelPlan]:
    """Models that chat, and are on the CPU then: no figures of memory or throughput say how much that takes."""
    chat = (each for each in then.models.values() if each.task == "chat" and each.pool is None)
    return [each for each in chat if each.name in plan.models and plan.models[each.name].pool is not None]


def slow_then(plan: Plan, then: Plan | None) -> int:
    """How many of them answer more slowly than people read."""
    left = leave_gpus(plan, then) if then is not None else []
    return sum(each.weights_on_disk_gib * READING > READS.mid for each in left)


def slow_on_cpu(engine: Engine, name: str, catalog: Catalog, before: Throughput | None) -> str:
    """In words that follow `on the CPU`; the speed where the file is known, beside the speed that it has now."""
    library = engine.library
    if library is None or name not in library.names(catalog):
        return SLOW
    stored = library.stored(name, None, catalog)
    gib = stored.file_gib * _share_read(stored.shape)
    low, high = (f"{max(1.0, each / gib):.0f}" for each in (READS.low, READS.high))
    alone = before.at[0].tokens_per_second.mid if before is not None and before.at else None
    instead = f" instead of {alone:.0f}" if alone is not None else ""
    source = f"an estimate from the {gib:.1f} GiB that each token reads"
    return f"{SLOW}: about {span(low, high)} tokens per second of one answer{instead}, {source}"


def _share_read(shape: ModelShape | None) -> float:
    """Of the weights, per token: a model with experts reads a few of them."""
    if shape is None or not shape.active_params_b or not shape.params_b:
        return 1.0
    return shape.active_params_b / shape.params_b
