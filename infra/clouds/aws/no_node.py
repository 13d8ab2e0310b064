"""What EC2 says when it starts no instance (its API's error codes), and what that means."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

NO_NODE_WORDS: Mapping[str, Literal["no-capacity", "quota"]] = MappingProxyType(
    {
        "VcpuLimitExceeded": "quota",
        "MaxSpotInstanceCountExceeded": "quota",
        "InstanceLimitExceeded": "quota",
        "InsufficientInstanceCapacity": "no-capacity",
        "InsufficientHostCapacity": "no-capacity",
        "InsufficientReservedInstanceCapacity": "no-capacity",
        "ReservationCapacityExceeded": "no-capacity",  # each instance of the reservation or Capacity Block is in use
        "UnfulfillableCapacity": "no-capacity",
        "Unsupported": "no-capacity",
        "all requested instance types were unavailable during launch": "no-capacity",  # Karpenter, of the same
    }
)
