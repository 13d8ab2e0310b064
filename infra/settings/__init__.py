"""The stack file: what the user says, validated."""

from typing import TYPE_CHECKING, Any

from infra.settings.mistakes import BadStackFile, Mistake

if TYPE_CHECKING:
    from infra.services.serving.section import Model
    from infra.settings.cluster import GpuPool
    from infra.settings.platform import Settings

__all__ = ["BadStackFile", "GpuPool", "Mistake", "Model", "Settings"]
_WHERE = {
    "GpuPool": "infra.settings.cluster",
    "Model": "infra.services.serving.section",
    "Settings": "infra.settings.platform",
}


def __getattr__(name: str) -> Any:
    """Sections stand in other rooms, which import `infra.settings.types`: this package must be there before them."""
    import importlib

    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(name)
