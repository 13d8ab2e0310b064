"""Keys of the stack file that services bring along; `infra/registry.py` adds them, before any stack file is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import Field, create_model

from infra.settings.platform import Settings
from infra.settings.types import Section


@dataclass(frozen=True, eq=False)
class OwnSection:
    """A key below `llm-platform:platform`. Where it is absent, the settings hold None."""

    key: str
    model: type[Section]
    description: str
    example: Mapping[str, Any]

    def of(self, settings: Settings) -> Any:
        """What the stack file says; None: nothing."""
        return getattr(settings, self.key)


_ADDED: list[OwnSection] = []


def add_section(section: OwnSection) -> None:
    taken = {field.alias for field in settings_type().model_fields.values()}
    if section.key in taken:
        raise ValueError(f"the stack file has a key {section.key} already")
    _ADDED.append(section)


def remove_section(section: OwnSection) -> None:
    _ADDED.remove(section)


def settings_type() -> type[Settings]:
    """What a stack file is read as."""
    return _with(tuple(_ADDED))


@cache
def _with(sections: tuple[OwnSection, ...]) -> type[Settings]:
    fields: dict[str, Any] = {each.key: (each.model | None, _field(each)) for each in sections}
    return create_model("Settings", __base__=Settings, **fields) if fields else Settings


def _field(section: OwnSection) -> Any:
    return Field(default=None, alias=section.key, description=section.description, examples=[section.example])
