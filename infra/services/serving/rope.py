"""`ropeScaling`: positions that are stretched, so that a model reads more tokens than it was trained for."""

import math
from dataclasses import replace

from infra.catalog import Catalog, ModelShape
from infra.engines.model import Rope
from infra.services.serving.section import Model


def rope_of(model: Model, shape: ModelShape | None, catalog: Catalog) -> Rope | None:
    """The positions as the stack file stretches them; None: not at all, or a number isn't known."""
    asked = model.rope_scaling
    if asked is None or shape is None:
        return None
    family = catalog.rope.get((shape.model_type or "", shape.max_context))
    original = asked.original or (family.original if family else None)
    theta = asked.theta or (family.theta if family else None)
    return Rope(asked.type, asked.factor, original, theta) if original and theta else None


def stretched(model: Model, shape: ModelShape, catalog: Catalog) -> ModelShape:
    """The shape with the context that it has so."""
    rope = rope_of(model, shape, catalog)
    return shape if rope is None else replace(shape, max_context=rope.length)


def longer_by_rope(shape: ModelShape | None, tokens: int, catalog: Catalog) -> str:
    """What to write if the family's maker documents a context of this many tokens; otherwise blank."""
    family = catalog.rope.get((shape.model_type or "", shape.max_context)) if shape else None
    if family is None or tokens > family.original * family.factor:
        return ""
    factor = math.ceil(2 * tokens / family.original) / 2
    length = int(family.original * factor)
    return f", or ropeScaling: {{type: yarn, factor: {factor:g}}}, by which it takes {length}"
