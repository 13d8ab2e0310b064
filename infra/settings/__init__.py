"""The stack file: what the user says, validated."""

from infra.settings.aws_config import AwsConfig
from infra.settings.cluster import GpuPool
from infra.settings.load import StackFile, load_config, load_file, stack_path
from infra.settings.mistakes import BadStackFile, Mistake
from infra.settings.model import Model
from infra.settings.platform import Settings

__all__ = [
    "AwsConfig",
    "BadStackFile",
    "GpuPool",
    "Mistake",
    "Model",
    "Settings",
    "StackFile",
    "load_config",
    "load_file",
    "stack_path",
]
