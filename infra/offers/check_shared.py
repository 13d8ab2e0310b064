"""Rules for `sharing` of a pool: what its cards can, and what its models may ask of a part of one."""

from infra.catalog import Gpu, gpu_named
from infra.catalog.gpu_names import is_shared, slice_named
from infra.clouds.existing.check_nodes import PRODUCT
from infra.clouds.existing.section import ExistingNodes
from infra.plan.labels import GPU_RESOURCE
from infra.services.serving.next import key_of, with_next
from infra.settings.checks.scope import Scope
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key
from infra.settings.sharing import Sharing


def check_sharing(scope: Scope) -> None:
    for name, pool in scope.settings.gpu_pools.items():
        key: Key = ("gpuPools", name)
        if pool.existing is not None and pool.sharing is not None:
            got, write = "these nodes exist, and say in existing how they share their GPUs", "write it in existing"
            scope.report.out_of_place((*key, "sharing"), got, write)
        where: Key = (*key, "existing", "sharing") if pool.existing is not None else (*key, "sharing")
        if pool.shared is not None:
            _check_pool(scope, where, pool, pool.shared)
            _check_models(scope, name, where, pool.shared)


def _check_pool(scope: Scope, where: Key, pool: GpuPool, sharing: Sharing) -> None:
    ways = [each for each in ("timeSlicing", "mps", "mig") if scope.written((*where, each))]
    if len(ways) != 1:
        got = f"has {' and '.join(ways) or 'none of these'}; a GPU is shared in one way"
        scope.report.wrong(where, got, "write {timeSlicing: 4}, {mps: 4} or {mig: 1g.10gb}")
        return
    if pool.existing is not None:
        _check_names(scope, where, pool, sharing)
    card = _card(scope, pool)
    if sharing.mig is not None and card is not None:
        _check_profile(scope, (*where, "mig"), card, sharing.mig)


def _check_names(scope: Scope, where: Key, pool: GpuPool, sharing: Sharing) -> None:
    nodes = pool.existing
    if nodes is None:
        return
    at: Key = where[:-1]
    if nodes.gpu is not None and slice_named(nodes.gpu, scope.catalog.gpus) is not None:
        got = f"{nodes.gpu} is a slice; with sharing, gpu is the whole card, and gpusPerNode counts whole cards"
        scope.report.wrong((*at, "gpu"), got, "write the card, e.g. gpu: A100-80", reads=[where])
    elif nodes.gpu is not None and is_shared(nodes.gpu):
        got = f"{nodes.gpu} is the label of nodes that share their GPUs; with sharing, gpu is the card"
        scope.report.wrong((*at, "gpu"), got, f"write gpu: {nodes.gpu[: -len('-shared')]}", reads=[where])
    _check_label(scope, (*at, "selector"), nodes, sharing)
    offered = (nodes.resource or GPU_RESOURCE) in _resources(sharing)
    if not offered:
        got = f"{nodes.resource}; nodes with this sharing offer {' or '.join(_resources(sharing))}"
        scope.report.wrong((*at, "resource"), got, f"write resource: {_resources(sharing)[-1]}", reads=[where])


def _check_label(scope: Scope, where: Key, nodes: ExistingNodes, sharing: Sharing) -> None:
    """NVIDIA's label of the card gets an end once the node shares its GPUs: a pod that selects the old one waits."""
    label = nodes.selector.get(PRODUCT)
    renamed = nodes.resource is not None and nodes.resource != GPU_RESOURCE
    if label is None or renamed:
        return
    end = f"-MIG-{sharing.mig}" if sharing.mig is not None else "-SHARED"
    if not label.lower().endswith(end.lower()):
        got = f"{PRODUCT}: {label}; with this sharing NVIDIA's label of these nodes ends in {end}"
        write = f"write {PRODUCT}: {label}{end}, or another label of these nodes"
        scope.report.wrong((*where, PRODUCT), got, write, reads=[(*where[:-1], "sharing")])


def _resources(sharing: Sharing) -> tuple[str, str]:
    """What NVIDIA's device plugin may call the parts: as whole GPUs, or by a separate name."""
    return GPU_RESOURCE, f"nvidia.com/mig-{sharing.mig}" if sharing.mig is not None else f"{GPU_RESOURCE}.shared"


def _check_profile(scope: Scope, where: Key, card: Gpu, profile: str) -> None:
    known = scope.catalog.mig.get(card.name, {})
    if profile in known:
        return
    if known:
        got = f"{profile} isn't among the profiles that are known of {card.name}"
        scope.report.wrong(where, got, f"write one of {', '.join(known)}")
        return
    cards = ", ".join(scope.catalog.mig)
    got = f"no MIG profile is known of {card.name}; some are of {cards}"
    scope.report.wrong(where, got, "write {timeSlicing: N} for servers that may share memory, or leave sharing out")


def _card(scope: Scope, pool: GpuPool) -> Gpu | None:
    if pool.existing is not None:
        return gpu_named(pool.existing.gpu or "", scope.catalog.gpus)
    types = [scope.catalog.instances[each] for each in pool.instance_types or () if each in scope.catalog.instances]
    return scope.catalog.gpus.get(types[0].gpu) if types else None


def _check_models(scope: Scope, pool: str, where: Key, sharing: Sharing) -> None:
    for name, (model, next_of) in with_next(scope.settings.models).items():
        key = key_of(name, next_of)
        only = model.pool is None and len(scope.settings.gpu_pools) == 1 and model.gpus != 0
        if model.pool != pool and not only:
            continue
        own = next_of is None or scope.written((*key, "gpus")) or scope.written((*key, "pool"))
        if own and model.gpus is not None and model.gpus > 1:
            got = f"{model.gpus} GPUs; an engine runs on one part of a GPU, and pool {pool} shares its GPUs"
            scope.report.wrong((*key, "gpus"), got, "write gpus: 1, or a pool of whole GPUs", reads=[where])
        if model.isolated and sharing.mig is None:
            got = f"true; servers on pool {pool} share a GPU, and nothing separates their memory and errors"
            write = "write isolated: false, a pool of whole GPUs, or one that MIG has cut"
            scope.report.wrong((*key, "isolated"), got, write, reads=[where])
