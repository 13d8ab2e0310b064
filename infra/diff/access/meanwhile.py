"""Prompts that leave only while `pulumi up` runs: a fallback answers for a model that has no servers then."""

from collections.abc import Mapping, Sequence

from infra.diff.access.egress import hosted
from infra.diff.access.said import Access, Said
from infra.diff.names import externals_of
from infra.sides.types import Side

_EGRESS = "egress"


def with_prompts(access: Access, answered: Mapping[str, Sequence[str]], new: Side) -> Access:
    """`answered`: by the name of a model elsewhere, the models for which it answers."""
    egress = dict(access[_EGRESS])
    for name, models in answered.items():
        thing = hosted(name, externals_of(new)[name])
        said = egress.get(thing, Said((), ()))
        more = (f"gets all prompts for {model} while `pulumi up` leaves it without servers" for model in models)
        egress[thing] = Said((*said.added, *more), said.removed)
    return {**access, _EGRESS: egress}
