"""The shape of a model: the catalogue's, or the shape that the stack file describes."""

from infra.catalog import Catalog, ModelShape
from infra.services.serving.architecture import BadArchitecture, described
from infra.services.serving.rope import stretched
from infra.services.serving.section import Model


def shape_for(model: Model, catalog: Catalog) -> ModelShape:
    """The shape with the context to which the stack file stretches it."""
    return stretched(model, own_shape(model, catalog), catalog)


def asked_shape(model: Model, catalog: Catalog) -> ModelShape | None:
    """The own shape, for the rules of the stack file; None: another rule says that it isn't known."""
    if model.architecture is None and (model.like or model.model) not in catalog.models:
        return None
    try:
        return own_shape(model, catalog)
    except BadArchitecture:
        return None


def own_shape(model: Model, catalog: Catalog) -> ModelShape:
    if model.architecture is not None:
        return described(model.model, model.architecture)
    shape = catalog.models[model.like or model.model]
    return catalog.as_stored(shape, model.model) if model.like is not None else shape
