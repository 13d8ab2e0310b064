"""The numbers of GPUs per replica with which a model runs on its nodes, where the stack file asks for another one."""

from collections.abc import Iterable, Iterator, Sequence

from infra.catalog import AT_LOAD, Catalog
from infra.engines import ENGINES
from infra.offers.fixes import smaller_weights
from infra.offers.options import everywhere, smallest_fit
from infra.offers.pools import Offer, declared, makeable
from infra.offers.sizing import Sizing
from infra.plan.findings import split
from infra.plan.writes import written
from infra.services.serving.resolve import resolve
from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import Scope
from infra.settings.cluster import GpuPool
from infra.sizing.question import Question
from infra.sizing.splitting import MAX_GPUS

_NAMED = 4  # types of nodes that a message proposes


def what_to_write(scope: Scope, model: Model) -> str | None:
    """The numbers that work on the nodes of the model's pool, or of those that it may have; where none does, another
    pool of the stack file, or other nodes. None: it isn't known what the model or these nodes need."""
    question, pools, sizing = _question(scope, model), scope.settings.gpu_pools, Sizing(scope.catalog)
    names = [model.pool] if model.pool is not None else [*pools]
    offers = _offers(scope, names) if pools else _made(scope)
    if question is None or not offers:
        return None
    if numbers := numbers_that_work(question, offers, sizing):
        return f"write gpus: {one_of(numbers)}"
    why = f"it doesn't fit a node of {' or '.join(each.name for each in offers)}" if pools else "it fits no node"
    for other in _offers(scope, [name for name in pools if name not in names]):
        if there := numbers_that_work(question, [other], sizing):
            return f"write pool: {other.name} with gpus: {one_of(there)} ({why})"
    ways = (*_smaller(scope, question, offers, sizing), _other_nodes(scope, question, names, sizing))
    return f"write {', or '.join(ways)} ({why})"


def _smaller(scope: Scope, question: Question, offers: Sequence[Offer], sizing: Sizing) -> Iterator[str]:
    """Weights that the engine makes smaller as it loads them, on the same nodes."""
    for changes, smaller in smaller_weights(question, scope.catalog):
        numbers = numbers_that_work(smaller, offers, sizing) if smaller.quantization in AT_LOAD else []
        if numbers:
            yield f"gpus: {one_of(numbers)} with {written(changes)}"


def numbers_that_work(question: Question, offers: Iterable[Offer], sizing: Sizing) -> list[int]:
    """Over which the engine can split the model, and on which it fits one of the nodes."""
    legal = [number for number in range(1, MAX_GPUS + 1) if question.obstacle(number) is None]
    nodes = list(offers)
    return [n for n in legal if any(smallest_fit(question.but(gpus=n), each, sizing) for each in nodes)]


def _question(scope: Scope, model: Model) -> Question | None:
    """None: another rule says that the model, or the form of its weights, isn't known."""
    catalog, library = scope.catalog, ENGINES[model.engine].library
    in_library = library is not None and model.model in library.names(catalog)
    if not in_library and asked_shape(model, catalog) is None:
        return None
    if library is None and model.quantization not in (None, *catalog.quantizations):
        return None
    return split(resolve("", model, catalog, no_gpu_nodes=False))[0].question.but(gpus=None)


def _offers(scope: Scope, names: Iterable[str | None]) -> list[Offer]:
    """The pools of the stack file whose nodes are known."""
    catalog, zones = scope.catalog, scope.catalog.regions.get(scope.region or "", ())
    pools = ((name, scope.settings.gpu_pools.get(name or "")) for name in names)
    known = [(name, pool) for name, pool in pools if name and pool is not None and _is_known(pool, catalog)]
    offers = (declared(name, pool, catalog, scope.region, tuple(zones)) for name, pool in known)
    return [each for each in offers if each.card.engine_gib is not None]


def _is_known(pool: GpuPool, catalog: Catalog) -> bool:
    return pool.existing is not None or all(each in catalog.instances for each in pool.instance_types or ())


def _made(scope: Scope) -> Sequence[Offer]:
    """What the program could choose, for a stack file without pools."""
    return makeable(scope.catalog, scope.region, tuple(scope.catalog.regions.get(scope.region or "", ())))


def one_of(numbers: Sequence[int]) -> str:
    return f"{'one of ' if len(numbers) > 1 else ''}{', '.join(map(str, numbers))}"


def _other_nodes(scope: Scope, question: Question, names: Sequence[str | None], sizing: Sizing) -> str:
    """Types that hold all models of the pool where nodes are made; else the smallest GPUs that are enough."""
    made = [name for name in names if name and scope.settings.gpu_pools[name].existing is None]
    held = list(scope.holding(made[0]))[:_NAMED] if made else []
    if held:
        return f"gpuPools.{made[0]}.instanceTypes: one of {', '.join(held)}"
    enough = [each for each in everywhere(question, sizing) if each.fits]
    smallest = min(enough, key=lambda each: each.sized.gpus * (each.sized.gpu.engine_gib or 0.0), default=None)
    size = f", such as {smallest.where} in one node" if smallest is not None else ""
    return f"a pool of nodes with more GPU memory{size}"
