"""A model on the CPU: what to write, and what else that changes."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.catalog import Catalog
from infra.engines import on_cpu
from infra.engines.engine import Engine
from infra.offers.fixes import Changes
from infra.offers.sizing import throughput_of
from infra.planning.cpu_speed import slow_on_cpu
from infra.services.serving.instead_on_cpu import lengths_of
from infra.services.serving.placed import Placed
from infra.services.serving.section import Model

MAX_CHAT_GIB = 6.0  # of a chat model's file: each token reads all of it


@dataclass(frozen=True)
class WithoutGpu:
    changes: Changes  # keys of the model
    harm: str = ""  # begins with a comma
    slow: bool = False  # a model that chats


def without_gpu(placed: Placed, catalog: Catalog) -> WithoutGpu | None:
    """The same model, where its engine or the one of the CPU serves it there; an embedding model is fast enough."""
    other, model = on_cpu(), placed.served.settings
    if placed.served.question.engine.limits.cpu:
        changes = (("gpus", 0),)
        return _slow(placed, changes, model.model, catalog) if _chats(placed) else WithoutGpu(changes)
    if other is None or other.library is None or placed.served.question.task != "embed":
        return None
    name = other.library.name_like(model.model, catalog)
    return WithoutGpu(_changes(name, other)) if name is not None else None


def another_without_gpu(placed: Placed, catalog: Catalog) -> Iterator[WithoutGpu]:
    """Where there is none of that kind: the same chat model on the CPU's engine, if it is small, slowly; or another
    embedding model."""
    other = on_cpu()
    if other is None or other.library is None or placed.served.question.engine is other:
        return
    library = other.library
    same = library.name_like(placed.served.settings.model, catalog)
    if _chats(placed) and same is not None and library.stored(same, None, catalog).file_gib <= MAX_CHAT_GIB:
        yield _slow(placed, _changes(same, other), same, catalog)
    embedding = max(lengths_of(library, "embed", catalog).items(), key=lambda each: each[1], default=None)
    if placed.served.question.task == "embed" and same is None and embedding:
        harm = f", another model: texts have to be embedded again, of {embedding[1]:,} tokens at most"
        yield WithoutGpu((*_changes(embedding[0], other), ("maxModelLen", None)), harm)


def _chats(placed: Placed) -> bool:
    return placed.served.question.task == "chat"


def _slow(placed: Placed, changes: Changes, name: str, catalog: Catalog) -> WithoutGpu:
    engine = on_cpu() or placed.served.question.engine
    now = throughput_of(placed.sized) if placed.sized is not None else None
    return WithoutGpu(changes, slow_on_cpu(engine, name, catalog, now), slow=True)


def _changes(name: str, engine: Engine) -> Changes:
    """Keys that the engine refuses go."""
    refused = (Model.model_fields[each].alias or each for each in engine.limits.refused_keys)
    return (("model", name), ("engine", engine.name), ("gpus", 0), *((each, None) for each in refused))
