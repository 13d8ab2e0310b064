"""The stack file: what the user says, validated."""

from infra.settings.cluster import GpuPool
from infra.settings.model import Model
from infra.settings.platform import Settings

__all__ = ["GpuPool", "Model", "Settings"]
