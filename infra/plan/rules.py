"""The rules that a plan, or a change of a plan, can break."""

from enum import StrEnum


class Rule(StrEnum):
    """The values are the words that people read; the JSON has them too."""

    BUDGET = "Budget"
    CONTEXT = "Context"
    DISK = "Disk"
    FIRST_TOKEN = "First token"
    FIT = "Fit"
    GATEWAY_FILES = "Gateway files"
    GPU_NODES = "GPU nodes"
    GPUS_AT_PEAK = "GPUs at peak"
    IN_PLACE = "In place"
    ONE_READER = "One reader"
    ROOM_ON_NODES = "Room on nodes"
    STORAGE_CLASS = "Storage class"
    VERSION = "Version"
    VOLUMES = "Volumes"
    ZONES = "Zones"
