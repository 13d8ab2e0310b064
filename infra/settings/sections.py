"""Keys of the stack file that clouds and services define. `infra/registry.py` adds them before a file is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import Field, create_model

from infra.settings.cluster import Cluster
from infra.settings.platform import Settings
from infra.settings.types import Section


@dataclass(frozen=True, eq=False)
class OwnSection:
    """A key below `llm-platform:platform`, or below `cluster` there. If the file lacks it, the settings have None."""

    key: str
    model: type[Section]
    description: str
    example: Mapping[str, Any]
    of_cluster: bool = False  # True: the key is below `cluster`, and a cloud defines it

    def of(self, settings: Settings) -> Any:
        """The section in the stack file, or None."""
        return getattr(settings.cluster if self.of_cluster else settings, self.key, None)


_ADDED: list[OwnSection] = []


def add_section(section: OwnSection) -> None:
    kind = settings_type()
    fields = kind.model_fields["cluster"].annotation if section.of_cluster else kind
    taken = {field.alias for field in getattr(fields, "model_fields", {}).values()}
    if section.key in taken:
        raise ValueError(f"the stack file has a key {section.key} already")
    _ADDED.append(section)


def remove_section(section: OwnSection) -> None:
    _ADDED.remove(section)


def settings_type() -> type[Settings]:
    """The type of the settings, with every section that was added."""
    return _with(tuple(_ADDED))


@cache
def _with(sections: tuple[OwnSection, ...]) -> type[Settings]:
    fields = _fields(each for each in sections if not each.of_cluster)
    if of_cluster := _fields(each for each in sections if each.of_cluster):
        fields["cluster"] = create_model("Cluster", __base__=Cluster, **of_cluster), Settings.model_fields["cluster"]
    return create_model("Settings", __base__=Settings, **fields) if fields else Settings


def _fields(sections: Iterable[OwnSection]) -> dict[str, Any]:
    return {each.key: (each.model | None, _field(each)) for each in sections}


def _field(section: OwnSection) -> Any:
    return Field(default=None, alias=section.key, description=section.description, examples=[section.example])
