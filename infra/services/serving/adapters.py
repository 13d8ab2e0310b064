"""`adapters` (LoRA) of a model: how many slots are kept for them, of which rank, and what they take on disk."""

from collections.abc import Iterator

from infra.catalog import ModelShape
from infra.engines import ENGINES, Engine
from infra.engines.model import Adapter
from infra.plan.findings import warned
from infra.plan.notes import Assumption, Finding
from infra.plan.words import memory
from infra.services.serving.section import Model
from infra.sizing.adapters import Slots, file_gib
from infra.sizing.question import Sized

# Nearly all adapters have a rank of 8 to 64; the engine refuses a rank above that of its slots.
ASSUMED_RANK = 64
# Steps, so that a new adapter seldom changes the arguments of the server, which would restart it.
STEPS = (4, 8, 16, 32, 64)


def adapters_of(model: Model) -> tuple[Adapter, ...]:
    return tuple(
        Adapter(name, each.model, each.revision, each.rank or ASSUMED_RANK)
        for name, each in (model.adapters or {}).items()
    )


def slots_of(model: Model) -> Slots | None:
    adapters = adapters_of(model)
    if not adapters:
        return None
    return slots_for(len(adapters), max(each.rank for each in adapters), ENGINES[model.engine])


def slots_for(adapters: int, highest: int, engine: Engine) -> Slots:
    """`highest`: of their ranks, and not above what the engine takes."""
    number = next((step for step in STEPS if step >= adapters), STEPS[-1])
    return Slots(number, next(rank for rank in engine.limits.adapter_ranks if rank >= highest))


def adapters_gib(model: Model, shape: ModelShape) -> float:
    """What their downloads take at most."""
    return sum(file_gib(shape, each.rank) for each in adapters_of(model))


def explain_slots(sized: Sized | None) -> Iterator[str]:
    for term in sized.fit.terms if sized is not None else ():
        if term.name == "adapters":
            yield (
                f"adapters: {memory(term.gib)} on each GPU for {term.reason}, filled or empty; more adapters than slots"
                " take turns"
            )


def explain_adapters(path: str, model: Model) -> Iterator[Finding]:
    """`path`: of the model."""
    yield from _warn_of_adapters(path, model)
    unknown = [adapter for adapter, each in (model.adapters or {}).items() if each.rank is None]
    if unknown:
        yield Assumption(
            f"{path}.adapters",
            f"{', '.join(unknown)}: a rank of at most {ASSUMED_RANK}, as none is given; the download of an adapter with"
            " a higher rank stops",
        )


def _warn_of_adapters(path: str, model: Model) -> Iterator[Finding]:
    for each in adapters_of(model):
        if each.revision is None:
            message = f"none is given: main of {each.model} can move, and with it what is served"
            yield warned(f"{path}.adapters.{each.name}.revision", message, kind="adapter-revision")
