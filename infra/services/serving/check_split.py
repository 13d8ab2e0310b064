"""Rules for `gpus` and for code that a repository brings: what the engine aborts at, whatever the GPU."""

from infra.engines import ENGINES
from infra.models.places import is_url
from infra.services.serving.gpu_numbers import one_of, what_to_write
from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key
from infra.sizing.splitting import counts_that_split, obstacle

_SHAPE = ("model", "like", "architecture", "engine")


def check_gpus(scope: Scope, key: Key, model: Model) -> None:
    """A number of GPUs that is written must be one that a node has, and over which the engine can split the model."""
    if not model.gpus:
        return
    pool = scope.settings.gpu_pools.get(model.pool or "")
    size = scope.gpus_per_node(pool) if pool is not None and pool.shared is None else None
    if size and model.gpus > size:
        got = f"{model.gpus} GPUs; a node of pool {model.pool} has {size}"
        write = what_to_write(scope, model) or f"write gpus: {size}, or a pool of larger nodes"
        reads: list[Key] = [("gpuPools", model.pool or ""), (*key, "pool")]
        scope.report.wrong((*key, "gpus"), got, write, reads=reads)
    else:
        _check_split(scope, key, model)


def _check_split(scope: Scope, key: Key, model: Model) -> None:
    engine, shape = ENGINES[model.engine], asked_shape(model, scope.catalog)
    if shape is None or not model.gpus or engine.library is not None:
        return
    flag = engine.limits.whole_experts
    whole = engine.holds_whole_experts(model.extra_args)
    why = obstacle(shape, model.gpus, model.quantization, whole_experts=whole)
    if why is None:
        return
    allowed = counts_that_split(shape, model.quantization, whole_experts=whole)
    write = what_to_write(scope, model) or f"write gpus: {one_of(allowed)}"
    if flag is not None and obstacle(shape, model.gpus, model.quantization, whole_experts=True) is None:
        write += f', or extraArgs: ["{flag}"], by which each GPU holds whole experts'
    reads = [(*key, name) for name in (*_SHAPE, "quantization", "extraArgs")]
    scope.report.wrong((*key, "gpus"), f"{why}: {engine.title} doesn't start", write, reads=reads)


def check_remote_code(scope: Scope, key: Key, model: Model) -> None:
    """Code of a repository runs in the server: only where the file says so, and at a commit that was looked at."""
    shape = asked_shape(model, scope.catalog)
    name, limits = ENGINES[model.engine].title, ENGINES[model.engine].limits
    trust: Key = (*key, "trustRemoteCode")
    reads = [(*key, each) for each in (*_SHAPE, "revision")]
    if limits.remote_code is None:
        if model.trust_remote_code:
            scope.report.wrong(trust, f"{name} runs no code of a repository here", "leave it out", reads=reads)
        return
    if shape is not None and shape.custom_code and not model.trust_remote_code:
        got = f"{model.model} needs code from its repository, which {name} runs only with your permission"
        write = "write trustRemoteCode: true and revision: the commit whose code you have read, or another model"
        scope.report.wrong((*key, "model"), got, write, reads=[*reads, trust])
    elif model.trust_remote_code and model.revision is None and not is_url(model.model):
        got = "true without a revision: the next start would run whatever code the repository then holds"
        scope.report.wrong(trust, got, "write revision: the commit whose code you have read", reads=reads)
