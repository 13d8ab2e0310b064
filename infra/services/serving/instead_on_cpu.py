"""What serves a model without a GPU where its own engine needs one."""

from infra.catalog import Catalog
from infra.engines import Engine, on_cpu
from infra.engines.library import Library
from infra.services.serving.family import task_of
from infra.services.serving.section import Model


def instead_on_cpu(catalog: Catalog, model: Model) -> str:
    """The same model on the engine that needs no GPU, or another of its task; blank: it serves none of that task."""
    other = on_cpu()
    library = other.library if other is not None else None
    if other is None or library is None:
        return ""
    same = library.name_like(model.like or model.model, catalog)
    if same is not None:
        return f"engine: {other.name} and model: {same}"
    task = task_of(catalog, model)
    lengths = lengths_of(library, task, catalog)
    another = library.small if task == "chat" else max(sorted(lengths), key=lambda each: lengths[each], default=None)
    return f"engine: {other.name} and a {noun_of(other)} such as {another}, another model" if another else ""


def lengths_of(library: Library, task: str, catalog: Catalog) -> dict[str, int]:
    """The longest text in tokens, by name, of the models of a task."""
    stored = ((name, library.stored(name, None, catalog)) for name in library.names(catalog))
    return {name: each.own_context for name, each in stored if each.task == task}


def noun_of(engine: Engine) -> str:
    """The word for a name in its library, such as `tag`."""
    return engine.library.noun.rpartition(" ")[2] if engine.library else "repository"
