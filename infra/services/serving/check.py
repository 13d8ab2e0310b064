"""Rules for `models`."""

import re

from infra.engines import DEFAULT, ENGINES, on_cpu
from infra.plan.versions import NEXT
from infra.services.serving.answers import check_parsers
from infra.services.serving.check_adapters import check_adapters
from infra.services.serving.check_arguments import check_extra_args
from infra.services.serving.check_batch import check_batch, check_graphs
from infra.services.serving.check_identity import check_identity
from infra.services.serving.check_next import check_next
from infra.services.serving.check_rope import check_rope
from infra.services.serving.check_scaling import check_scaling
from infra.services.serving.check_schedule import check_schedule
from infra.services.serving.check_speculation import check_speculation
from infra.services.serving.check_split import check_gpus, check_remote_code
from infra.services.serving.check_vertical import check_vertical
from infra.services.serving.check_weights import check_weights
from infra.services.serving.family import check_task
from infra.services.serving.instead_on_cpu import instead_on_cpu
from infra.services.serving.next import next_of, servers, written
from infra.services.serving.on_cpu import is_on_cpu, no_gpu_nodes
from infra.services.serving.rope import longer_by_rope, rope_of
from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key, did_you_mean

_ONE_TYPE = re.compile(r"(\S+) \(\d+ x ([\w-]+)\)")  # as `holding` says it, where no other key has to change
_OF_THE_GATEWAY = ("gateway", "gateway-pods", "gateway-tokens", "gateway-traces")


def check_models(scope: Scope) -> None:
    for name, model in scope.settings.models.items():
        key: Key = ("models", name)
        before = len(scope.report.mistakes)
        _check_name(scope, key, name)
        _check_server(scope, key, model)
        check_schedule(scope, key, model)
        check_vertical(scope, key, model)
        check_next(scope, key, model)
        if model.next is not None:
            own = len(scope.report.mistakes)
            _check_server(scope, (*key, NEXT), next_of(model))
            scope.report.forget_inherited(before, own, key, (*key, NEXT), written(model.next))


def _check_server(scope: Scope, key: Key, model: Model) -> None:
    _check_engine(scope, key, model)
    _check_image(scope, key, model)
    check_identity(scope, key, model)
    _check_limits(scope, key, model)
    _check_refusals(scope, key, model)
    _check_place(scope, key, model)
    _check_replicas(scope, key, model)
    _check_ready(scope, key, model)
    check_gpus(scope, key, model)
    check_remote_code(scope, key, model)
    check_parsers(scope, key, model)
    check_batch(scope, key, model)
    check_graphs(scope, key, model)
    check_rope(scope, key, model)
    check_scaling(scope, key, model)
    check_task(scope, key, model)
    check_adapters(scope, key, model)
    check_weights(scope, key, model)
    check_speculation(scope, key, model)
    check_extra_args(scope, key, model)


def _check_name(scope: Scope, key: Key, name: str) -> None:
    """Names of objects that are taken: each model has a Job `<model>-prefetch` and a Service `<model>-pods`, the
    gateway has the same for itself, and namespace `default` has a Service named `kubernetes`."""
    if name in _OF_THE_GATEWAY:
        scope.report.wrong(key, "the name of an object of the gateway", f"write {name}-2", reads=())
        return
    for suffix, what in (("-prefetch", "download"), ("-pods", "pods")):
        base = name.removesuffix(suffix)
        if base != name and base in servers(scope.settings.models):
            scope.report.wrong(key, f"the name of {base}'s own {what}", f"write {base}-2", reads=())
    if name == "kubernetes" and scope.settings.namespace.name == "default":
        scope.report.wrong(
            key, "namespace default has a Service of this name", "write another name", reads=[("namespace",)]
        )


def _check_engine(scope: Scope, key: Key, model: Model) -> None:
    engine, limits = (*key, "engine"), ENGINES[model.engine].limits
    for attribute, reason in limits.refused_keys.items():
        name = Model.model_fields[attribute].alias or attribute
        if scope.written((*key, name)):
            scope.report.out_of_place((*key, name), reason, f"leave {name} out", reads=[engine])
    if model.gpus == 0 and not limits.cpu:
        got = f"0 GPUs is the CPU, and {model.engine} needs a GPU here"
        without = no_gpu_nodes(scope.settings, scope.cloud)
        gpus = "gpus: 1" + " and the cluster's GPU nodes under gpuPools" * without
        said = instead_on_cpu(scope.catalog, model)
        write = f"write {said}, or {gpus}" if said else f"no engine here serves it without a GPU: write {gpus}"
        reads = [engine, (*key, "model"), (*key, "like"), (*key, "task")]
        scope.report.wrong((*key, "gpus"), got, write, reads=reads)


def _check_limits(scope: Scope, key: Key, model: Model) -> None:
    """Limits of the model itself, from the catalogue."""
    library = ENGINES[model.engine].library
    reads: list[Key] = [(*key, name) for name in ("model", "like", "engine", "architecture")]
    if model.quantization is not None and library is None and model.quantization not in scope.catalog.quantizations:
        known = scope.catalog.quantizations
        close = did_you_mean(model.quantization, known)
        write = f"did you mean {close}?" if close else f"write one of {', '.join(known)}"
        scope.report.wrong((*key, "quantization"), f"unknown quantization {model.quantization}", write)
    shape = scope.catalog.models.get(model.like or model.model) if library is None else None
    context = shape.max_context if shape else None
    if library is not None and model.model in library.names(scope.catalog):
        context = library.stored(model.model, None, scope.catalog).own_context
    asked, rope = model.max_model_len, rope_of(model, shape, scope.catalog)
    if rope is not None and asked is not None and asked > rope.length:
        got = f"{asked} tokens; ropeScaling gives {rope.factor:g} x {rope.original} = {rope.length}"
        write = f"write maxModelLen: {rope.length} or less, or a larger factor"
        scope.report.wrong((*key, "maxModelLen"), got, write, reads=[*reads, (*key, "ropeScaling")])
    elif rope is None and context is not None and asked is not None and asked > context:
        got = f"{asked} tokens; the model was made for {context}"
        write = f"write maxModelLen: {context} or less{longer_by_rope(shape, asked, scope.catalog)}"
        scope.report.wrong((*key, "maxModelLen"), got, write, reads=reads)


def _check_refusals(scope: Scope, key: Key, model: Model) -> None:
    for each in ENGINES[model.engine].refuse(model, asked_shape(model, scope.catalog), scope.catalog):
        scope.report.wrong((*key, each.key), each.got, each.write, reads=[(*key, name) for name in each.reads])


def _check_image(scope: Scope, key: Key, model: Model) -> None:
    if model.image is not None and model.image.endswith(":latest"):
        got = "the tag latest moves: a pod that starts later may get another engine"
        scope.report.wrong((*key, "image"), got, "write the tag of a version, or a digest")


_OR_CHOSEN = ", or remove this line: the program then chooses the pool"


def _check_place(scope: Scope, key: Key, model: Model) -> None:
    pools, existing = scope.settings.gpu_pools, scope.settings.cluster.existing
    pool_key, gpus_key = (*key, "pool"), (*key, "gpus")
    if scope.written(pool_key) and model.gpus == 0:
        got = "a pool is for GPUs, and gpus is 0"
        scope.report.out_of_place(pool_key, got, "leave pool out, or write gpus: 1", reads=[gpus_key])
    elif model.pool is not None and model.pool not in pools:
        close = did_you_mean(model.pool, pools)
        known = f"did you mean {close}?" if close else f"known: {', '.join(pools) or 'none'}"
        scope.report.wrong(
            pool_key,
            f"no pool {model.pool}; {known}",
            "" if pools else f"write gpuPools.{model.pool}{'' if existing else _OR_CHOSEN}",
            reads=[("gpuPools", model.pool)],
        )
    elif not pools and model.gpus != 0 and existing is not None and scope.cloud is not None:
        reads = [*CLUSTER_KIND, ("gpuPools",), gpus_key, (*key, "engine")]
        scope.report.wrong(key, *_without_a_pool(scope), reads=reads)


def _without_a_pool(scope: Scope) -> tuple[str, str]:
    """Of a model for which a cluster that exists needs GPU nodes: nobody makes any where a context leads."""
    other, existing = on_cpu(), scope.settings.cluster.existing
    own = f"the cluster's GPU nodes under gpuPools{f', or engine: {other.name} with gpus: 0' if other else ''}"
    if existing is not None and existing.context is not None:
        return "needs a GPU, and no nodes are made on a cluster that exists", f"write {own}"
    got = "needs a GPU, and on a cluster that exists nodes are made only for a pool of gpuPools"
    for each in scope.holding(""):
        if plain := _ONE_TYPE.fullmatch(each):
            pool = f"{plain[2].lower()}: {{instanceTypes: [{plain[1]}]}}"
            return got, f"write gpuPools: {{{pool}}}, whose nodes are made, or {own}"
    return got, f"write a pool with instanceTypes, whose nodes are made, or {own}"


def _check_replicas(scope: Scope, key: Key, model: Model) -> None:
    replicas = model.replicas
    where: Key = (*key, "replicas")
    low, high = replicas.min, replicas.max
    if high == 0:
        scope.report.wrong(where, "max 0: it would never have a pod", "write {min: 0, max: 1}, or `paused: true`")
    elif low > high:
        got = f"min {low} is more than max {high}"
        if "max" not in replicas.model_fields_set:
            got += ", which is the default"
            scope.report.wrong(where, got, f"write {{min: {low}, max: {low}}}")
        else:
            scope.report.wrong(where, got, f"write {{min: {high}, max: {low}}}" if high else f"write {low}")
    elif low < high and (low, high) != (0, 1) and not _is_asked_for(model) and not _is_measured(scope, model):
        got = f"{ENGINES[model.engine].title} has no metrics that a scaler could read"
        scope.report.wrong(
            where,
            got,
            f"write replicas: {high} or {{min: 0, max: 1}}, or engine: {DEFAULT}",
            reads=[where, (*key, "engine")],
        )


def _check_ready(scope: Scope, key: Key, model: Model) -> None:
    replicas, at = model.replicas, (*key, "replicas", "ready")
    if replicas.ready is None or not replicas.min <= replicas.max:
        return
    if key[-1] != NEXT and model.next is None:
        write = f"leave ready out, or write min: {min(replicas.ready, replicas.max)}"
        scope.report.out_of_place(at, "there is no next version, so no requests move", write, reads=[(*key, NEXT)])
    elif not replicas.min <= replicas.ready <= replicas.max:
        got = f"got {replicas.ready}; allowed: {max(replicas.min, 1)} to {replicas.max}, as replicas.min and max are"
        scope.report.wrong(at, got, f"write ready: {replicas.max}")


def _is_measured(scope: Scope, model: Model) -> bool:
    """By its engine, or by the CPU that it uses."""
    without = no_gpu_nodes(scope.settings, scope.cloud)
    return ENGINES[model.engine].is_measured or is_on_cpu(model, no_gpu_nodes=without)


def _is_asked_for(model: Model) -> bool:
    """Whether a schedule asks for every replica, so that nothing has to be measured."""
    return max((window.min for window in model.schedule or ()), default=0) >= model.replicas.max
