"""`verticalScaling`: what pods on the CPU ask for follows what they used."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from infra.settings.types import Section, Short

Mode = Literal["Off", "Initial", "Recreate", "InPlaceOrRecreate"]
Resource = Literal["cpu", "memory"]
MODES = (
    "Off: it only says what it would change; Initial: it changes pods as they start; Recreate: it ends pods too, so"
    " that they start with what it found; InPlaceOrRecreate: it changes pods while they run, and ends them where that"
    " isn't possible"
)


class Vertical(Section):
    """How, and what of a pod: a word alone is the mode."""

    mode: Mode = Field(description=MODES, examples=["Initial"])
    resources: tuple[Resource, ...] = Field(
        default=("cpu", "memory"),
        min_length=1,
        max_length=2,
        description="what it changes; not what the replicas scale by",
        examples=[["memory"]],
    )


def _one_mode(value: Any) -> Any:
    """`verticalScaling: Initial` means `{mode: Initial}`. Behind this a list isn't taken for a tuple any more."""
    if isinstance(value, dict):
        return {key: tuple(each) if isinstance(each, list) else each for key, each in value.items()}
    return {"mode": value} if isinstance(value, str) else value


VerticalChoice = Annotated[
    Vertical, BeforeValidator(_one_mode), Short({"enum": ["Off", "Initial", "Recreate", "InPlaceOrRecreate"]})
]
