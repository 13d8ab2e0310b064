"""What a model's family needs beside what the stack file says, so that it starts and answers right."""

from infra.catalog import Catalog, ModelShape
from infra.engines import ENGINES
from infra.engines.model import Dimensions, Family
from infra.services.serving.section import Model, Task
from infra.services.serving.served import Served
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key
from infra.sizing.kv_cache import keeps_cache


def needed_by(served: Served) -> tuple[str, ...]:
    return served.question.engine.needed(_family_of(served), served.settings.extra_args)


def needed_for(model: Model, catalog: Catalog) -> tuple[str, ...]:
    """Of a model of the stack file, for the rules; none where its shape isn't known."""
    shape = asked_shape(model, catalog)
    if shape is None:
        return ()
    family = Family(model.model, model.like, shape.architecture, model.task or shape.task)
    return ENGINES[model.engine].needed(family, model.extra_args)


def dimensions_of(served: Served) -> Dimensions | None:
    """Sizes that the vectors of this model can have are smaller than the whole vector, or equal to it."""
    return served.question.engine.dimensions(_family_of(served))


def _family_of(served: Served) -> Family:
    shape = served.question.shape
    architecture = shape.architecture if shape is not None else None
    sizes = shape.vector_sizes if shape is not None else None
    return Family(served.settings.model, served.settings.like, architecture, served.question.task, sizes)


def task_of(catalog: Catalog, model: Model) -> Task:
    """The stack file's, or that of a known model."""
    known = catalog.models.get(model.like or model.model)
    return model.task or (known.task if known is not None else "chat")


def check_task(scope: Scope, key: Key, model: Model) -> None:
    """A model that is served for another task than it was made for doesn't start, or its answers are wrong."""
    reads = [(*key, name) for name in ("model", "like", "architecture", "task", "engine", "extraArgs")]
    shape = asked_shape(model, scope.catalog)
    if shape is not None and (why := _other_task(model, shape)) is not None:
        write = f"leave task out: {model.model} is served for {shape.task}"
        scope.report.wrong((*key, "task"), f"{model.task}; {why}", write, reads=reads)
        return
    engine, family = ENGINES[model.engine], _family(model, scope.catalog)
    if family is None or (why := engine.wrong_task(family, model.extra_args)) is None:
        return
    write = "write a reranker that is known here, e.g. BAAI/bge-reranker-v2-m3, or in extraArgs the --hf-overrides"
    write += " that make it a cross-encoder, as the model's page says"
    scope.report.wrong((*key, "model"), f"{model.model} is to rerank, and {why}", write, reads=reads)


def _other_task(model: Model, shape: ModelShape) -> str | None:
    """Vectors can rank a pair. An encoder writes no text. The repository itself, unlike one of its shape, has the
    output layer of one task."""
    own = model.like is None and model.architecture is None
    if model.task == "chat" and shape.modality in ("embedding", "rerank") and not keeps_cache(shape):
        return f"{shape.id} is an encoder, which writes no text"
    if model.task == "chat" and shape.modality == "embedding" and own:
        return f"{shape.id} was made for vectors, and writes no text"
    return f"{shape.id} was made to rerank" if model.task == "embed" and shape.modality == "rerank" and own else None


def _family(model: Model, catalog: Catalog) -> Family | None:
    """None where the shape isn't known, or where the model was made for vectors, which are compared by their cosine."""
    shape = asked_shape(model, catalog)
    if shape is None or shape.modality == "embedding":
        return None
    task: Task = model.task or shape.task
    return Family(model.model, model.like, shape.architecture, task)
