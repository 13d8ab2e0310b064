"""`ropeScaling`: positions that are stretched, so that a model reads more tokens than it was trained for."""

import math
from dataclasses import replace

from infra.catalog import Catalog, ModelShape
from infra.catalog.shapes import RopeFamily
from infra.engines.model import Rope
from infra.services.serving.section import Model


def family_of(shape: ModelShape, catalog: Catalog) -> RopeFamily | None:
    """The numbers that are known of models of this kind and context."""
    return catalog.rope.get((shape.model_type or "", shape.max_context))


def never_stretched(shape: ModelShape, asked_by: str) -> str | None:
    """Why no numbers stretch the positions of this model; `asked_by`: what the numbers are given by, such as keys."""
    if shape.modality == "text":
        return None
    if shape.modality == "vision":
        return f"{shape.id} isn't a model of text alone, and its positions have parts that {asked_by} don't describe"
    return f"{shape.id} writes no text, and nobody has looked up how its positions stretch"


def rope_of(model: Model, shape: ModelShape | None, catalog: Catalog) -> Rope | None:
    """The positions as the stack file stretches them; None: not at all, or a number isn't known."""
    asked = model.rope_scaling
    if asked is None or shape is None:
        return None
    family = family_of(shape, catalog)
    original = asked.original or (family.original if family else None)
    theta = asked.theta or (family.theta if family else None)
    return Rope(asked.type, asked.factor, original, theta) if original and theta else None


def stretched(model: Model, shape: ModelShape, catalog: Catalog) -> ModelShape:
    """The shape with the context that it has so."""
    rope = rope_of(model, shape, catalog)
    return shape if rope is None else replace(shape, max_context=rope.length)


def factor_for(shape: ModelShape | None, tokens: int, catalog: Catalog) -> tuple[float, int] | None:
    """The factor that the family's maker documents for a context of this many tokens, and the context that it gives."""
    family = family_of(shape, catalog) if shape else None
    if family is None or tokens > family.original * family.factor:
        return None
    factor = math.ceil(2 * tokens / family.original) / 2
    return factor, int(family.original * factor)


def longer_by_rope(shape: ModelShape | None, tokens: int, catalog: Catalog) -> str:
    """What to write for a context of this many tokens; blank where no factor is documented."""
    found = factor_for(shape, tokens, catalog)
    return f", or ropeScaling: {{type: yarn, factor: {found[0]:g}}}, by which it takes {found[1]}" if found else ""
