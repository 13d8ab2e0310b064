"""The rules that a plan, or a change of one, can break."""

from enum import StrEnum


class Rule(StrEnum):
    """By the words that a person reads, which stand in the JSON too."""

    BUDGET = "Budget"
    CONTEXT = "Context"
    DISK = "Disk"
    FIT = "Fit"
    GPU_NODES = "GPU nodes"
    GPUS_AT_PEAK = "GPUs at peak"
    IN_PLACE = "In place"
    ONE_READER = "One reader"
    ROOM_ON_NODES = "Room on nodes"
    STORAGE_CLASS = "Storage class"
    VERSION = "Version"
    VOLUMES = "Volumes"
    ZONES = "Zones"
