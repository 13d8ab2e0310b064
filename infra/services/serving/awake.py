"""A minimum of replicas at all hours: what is written, and what goes because it would be refused beside it."""

from infra.plan.notes import Write
from infra.plan.versions import NEXT
from infra.services.serving.section import Model


def at_all_hours(name: str, model: Model, number: int) -> Write:
    """Of its next version too, where that has its own replicas: both sleep, or neither does."""
    path, coming = f"models.{name}", model.next
    own = coming is not None and "replicas" in coming.model_fields_set
    if coming is None or not own or coming.replicas.min >= number:
        return ((f"{path}.replicas.min", number), *what_goes(path, model, number))
    both = [(f"{each}.replicas.min", number) for each in (path, f"{path}.{NEXT}")]
    return (*both, *what_goes(path, model, number))


def what_goes(path: str, model: Model, number: int) -> Write:
    """Windows in which no more run, and what decides when replicas scale where their number is fixed then."""
    given = model.schedule or ()
    kept = tuple(each.model_dump(by_alias=True) for each in given if each.min > number)
    windows = ((f"{path}.schedule", kept or None),) if len(kept) < len(given) else ()
    fixed = model.scaling is not None and number >= model.replicas.max
    return (*windows, *(((f"{path}.scaling", None),) if fixed else ()))
