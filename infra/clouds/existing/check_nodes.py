"""Rules for `gpuPools.NAME.existing`: which GPUs the nodes have, and how many nodes there are, because this program
makes none of them."""

import re
from collections.abc import Mapping

from infra.catalog import Gpu, Slice, gpu_named, gpus_named, similar_gpus, slice_named, with_memory
from infra.catalog.gpu_names import counted
from infra.catalog.machines import gpus_of_machine
from infra.clouds.existing.section import ExistingNodes
from infra.plan.words import count, kubectl
from infra.services.serving.next import key_of, with_next
from infra.settings.checks.scope import Scope
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key

_OTHERS = re.compile(r"amd|instinct|mi\d{2,3}|radeon|gaudi|intel|tpu|inferentia|trainium", re.IGNORECASE)
PRODUCT = "nvidia.com/gpu.product"  # the label that NVIDIA's feature discovery gives a node
_ROUNDED = 0.1  # GiB by which a rounded number may be above what an engine sees; the plan counts with the smaller one
_BOX = 1.1  # the number on a card's box is at most this many times what an engine sees


def check_existing_nodes(scope: Scope) -> None:
    """Nodes that exist may be in any cluster, so the rules are the same in every cloud."""
    for name, pool in scope.settings.gpu_pools.items():
        if pool.existing is not None:
            _check_existing(scope, ("gpuPools", name), pool, pool.existing)
            if not is_nvidia(pool.existing):
                _check_images(scope, name, pool.existing)
            if slice_of(pool.existing, scope.catalog.gpus) is not None:
                _check_models_on_slices(scope, name)


def slice_of(nodes: ExistingNodes, gpus: Mapping[str, Gpu]) -> Slice | None:
    """The MIG slice that the nodes have, by the name in the stack file or by NVIDIA's label; None: whole cards, which
    `sharing` may say how to share."""
    return slice_named(nodes.gpu or nodes.selector.get(PRODUCT, ""), gpus) if nodes.sharing is None else None


def is_nvidia(nodes: ExistingNodes) -> bool:
    return nodes.resource is None or nodes.resource.startswith("nvidia.com/")


def _check_images(scope: Scope, pool: str, nodes: ExistingNodes) -> None:
    """The pinned images of the engines are built for NVIDIA's GPUs."""
    for name, (model, next_of) in with_next(scope.settings.models).items():
        key = key_of(name, next_of)
        only = model.pool is None and len(scope.settings.gpu_pools) == 1 and model.gpus != 0
        if (model.pool == pool or only) and model.image is None:
            got = f"missing; pool {pool} offers {nodes.resource}, and the engines' own images are for NVIDIA"
            write = "write image: an image of the engine for these accelerators, with its tag"
            scope.report.wrong((*key, "image"), got, write, reads=[("gpuPools", pool, "existing", "resource")])


def _check_models_on_slices(scope: Scope, pool: str) -> None:
    """A replica can't use several slices: CUDA shows a process only one, and slices can't reach each other's memory."""
    for name, (model, next_of) in with_next(scope.settings.models).items():
        key = key_of(name, next_of)
        has_own = next_of is None or scope.written((*key, "gpus")) or scope.written((*key, "pool"))
        if has_own and model.pool == pool and model.gpus is not None and model.gpus > 1:
            got = f"{model.gpus} GPUs; an engine runs on one MIG slice, and pool {pool} has slices"
            nodes: Key = ("gpuPools", pool, "existing")
            reads: list[Key] = [(*nodes, "gpu"), (*nodes, "selector"), (*key, "pool")]
            scope.report.wrong((*key, "gpus"), got, "write gpus: 1, or a pool of whole GPUs", reads=reads)


def _check_existing(scope: Scope, key: Key, pool: GpuPool, nodes: ExistingNodes) -> None:
    _check_gpu(scope, (*key, "existing"), nodes)
    _check_memory(scope, (*key, "existing"), nodes)
    _check_number(scope, key, pool, nodes)
    if pool.capacity != "on-demand":
        scope.report.wrong(
            (*key, "capacity"), "nodes that we don't make have no capacity type here", "leave capacity out"
        )
    for index, toleration in enumerate(nodes.tolerations):
        where: Key = (*key, "existing", "tolerations", index)
        if toleration.operator == "Exists" and toleration.value is not None:
            scope.report.wrong(where, "Exists takes no value", "leave value out, or write operator: Equal")
        elif toleration.operator == "Equal" and toleration.key is None:
            scope.report.wrong(where, "Equal needs a key", "write key: nvidia.com/gpu, or operator: Exists")


def _check_gpu(scope: Scope, key: Key, nodes: ExistingNodes) -> None:
    wrong, gpus = scope.report.wrong, scope.catalog.gpus
    if nodes.sharing is not None and nodes.gpu is not None and slice_named(nodes.gpu, gpus) is not None:
        return  # refused where sharing is checked
    if nodes.gpu is None:
        if nodes.gpu_memory_gib is None:
            forms: list[Key] = [(*key, "gpu"), (*key, "gpuMemoryGib")]
            wrong(key, "nothing says which GPU these nodes have", "write gpu: A10G, or gpuMemoryGib: 44.4", reads=forms)
        return
    if _OTHERS.match(nodes.gpu) and nodes.resource is None:
        got = f"{nodes.gpu} is not NVIDIA's; the engines' images are for NVIDIA"
        write = "write what the nodes offer, e.g. resource: amd.com/gpu, and an image for each model there"
        wrong((*key, "gpu"), got, write, reads=[(*key, "gpu"), (*key, "resource")])
        return
    if not is_nvidia(nodes):
        if nodes.gpu_memory_gib is None:
            got = f"what an engine sees of {nodes.gpu} isn't known"
            wrong((*key, "gpu"), got, "give its gpuMemoryGib beside it", reads=[(*key, "gpu"), (*key, "gpuMemoryGib")])
        return
    cut = slice_of(nodes, gpus)
    if cut is not None:
        _check_slice(scope, key, nodes, cut)
        return
    several = counted(nodes.gpu, gpus)
    if several is not None:
        number, name = several
        got = f"{nodes.gpu} is a number and a card; gpu is the card, and gpusPerNode the number in one node"
        wrong((*key, "gpu"), got, f"write gpu: {name} with gpusPerNode: {number}, if one node has as many")
        return
    known = gpu_named(nodes.gpu, gpus)
    if known is not None and (known.engine_gib is not None or nodes.gpu_memory_gib is not None):
        _check_label(scope, key, nodes, known)
    elif known is not None:
        got = f"what an engine sees of {nodes.gpu} isn't known"
        wrong((*key, "gpu"), got, "give its gpuMemoryGib beside it")
    elif nodes.gpu_memory_gib is None and (machine := gpus_of_machine(nodes.gpu, scope.catalog)) is not None:
        name, number = machine
        got = f"{nodes.gpu} is a machine type, which has {number} x {name}; gpu is the card"
        wrong((*key, "gpu"), got, f"write gpu: {name} with gpusPerNode: {number}")
    elif nodes.gpu_memory_gib is None:
        several = len(gpus_named(nodes.gpu, gpus)) > 1
        got = f"{nodes.gpu} has several sizes" if several else f"unknown GPU {nodes.gpu}"
        near = similar_gpus(nodes.gpu, gpus)
        ways = [f"write {'gpu: ' * (len(near) == 1)}{with_memory(near, gpus)}"] if near else []
        ways += [] if several else ["give its gpuMemoryGib beside it"]
        wrong((*key, "gpu"), got, ", or ".join(ways), reads=[(*key, "gpu"), (*key, "gpuMemoryGib")])


def _check_memory(scope: Scope, key: Key, nodes: ExistingNodes) -> None:
    """More than an engine sees of a known card would make a model that can't start fit for certain."""
    gpus, gib = scope.catalog.gpus, nodes.gpu_memory_gib
    known = gpu_named(nodes.gpu or "", gpus) or gpu_named(nodes.selector.get(PRODUCT, ""), gpus)
    if gib is None or known is None or known.engine_gib is None or slice_of(nodes, gpus) is not None:
        return
    sees = known.engine_gib
    if gib > sees + _ROUNDED:
        box = ", less than the number on its box" if gib <= sees * _BOX else ""
        got = f"{gib:g} GiB; an engine sees {sees:g} of {known.name}{box}"
        write = f"leave gpuMemoryGib out, or write at most {sees:g}"
        reads: list[Key] = [(*key, "gpuMemoryGib"), (*key, "gpu"), (*key, "selector")]
        scope.report.wrong((*key, "gpuMemoryGib"), got, write, reads=reads)


def _check_slice(scope: Scope, key: Key, nodes: ExistingNodes, cut: Slice) -> None:
    """A slice's name says how much of the card's memory it has; an engine sees a little less."""
    label, minimum = nodes.selector.get(PRODUCT), f"a little less than its {cut.gb} GB" if cut.gb else "of one slice"
    labelled = slice_named(label or cut.name, scope.catalog.gpus)
    if labelled is None or labelled.gb != cut.gb:
        got = f"{cut.name}, and the nodes that the selector asks for have {label}"
        reads: list[Key] = [(*key, "gpu"), (*key, "selector")]
        scope.report.wrong((*key, "gpu"), got, f"write gpu: {label}, or another selector", reads=reads)
    elif nodes.gpu_memory_gib is None:
        got = f"{cut.name} is a MIG slice, and what an engine sees of it isn't known"
        scope.report.wrong((*key, "gpu"), got, f"give its gpuMemoryGib beside it, {minimum}")
    elif cut.gb is not None and nodes.gpu_memory_gib > cut.gb:
        got = f"{nodes.gpu_memory_gib:g} GiB; {cut.name} is a MIG slice"
        scope.report.wrong((*key, "gpuMemoryGib"), got, f"write what an engine sees, {minimum}", reads=[(*key, "gpu")])


def _check_label(scope: Scope, key: Key, nodes: ExistingNodes, known: Gpu) -> None:
    """The card has to be the card in NVIDIA's label, if the selector has this label."""
    label = nodes.selector.get(PRODUCT)
    cut = slice_named(label, scope.catalog.gpus) if label is not None else None
    labelled = gpu_named(label, scope.catalog.gpus) if label is not None else None
    if cut is not None and nodes.sharing is None:
        got = f"{known.name}, and the nodes that the selector asks for have MIG slices of it: {label}"
        reads: list[Key] = [(*key, "gpu"), (*key, "selector")]
        write = f"write gpu: {label} with the gpuMemoryGib of a slice, or another selector"
        scope.report.wrong((*key, "gpu"), got, write, reads=reads)
    if labelled is not None and labelled.name != known.name:
        got = f"{known.name}, and the nodes that the selector asks for have {labelled.name}"
        reads = [(*key, "gpu"), (*key, "selector")]
        scope.report.wrong((*key, "gpu"), got, f"write gpu: {labelled.name}, or another selector", reads=reads)


def _check_number(scope: Scope, key: Key, pool: GpuPool, nodes: ExistingNodes) -> None:
    where: Key = (*key, "existing", "nodes")
    there = f"{count(nodes.nodes or 0, 'node')} that exist{'s' * (nodes.nodes == 1)}"
    if nodes.nodes is None and pool.max is None:
        labels = ",".join(f"{name}={value}" for name, value in nodes.selector.items())
        got = "missing; this program makes none of these nodes, so it has to know how many there are"
        cluster = scope.settings.cluster.existing
        command = kubectl(cluster.context if cluster else None)
        write = f"write nodes: N, as many as `{command} get nodes -l {labels}` lists"
        scope.report.wrong(where, got, write, reads=[where, (*key, "max")])
    elif nodes.nodes is not None and pool.max is not None and pool.max > nodes.nodes:
        got = f"max {pool.max} is more than the {there}"
        scope.report.wrong((*key, "max"), got, "leave max out", reads=[where, (*key, "max")])
    if nodes.nodes is not None and pool.min > nodes.nodes:
        got = f"min {pool.min} is more than the {there}"
        scope.report.wrong((*key, "min"), got, "leave min out", reads=[where, (*key, "min")])
