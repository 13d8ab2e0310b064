"""Whether each node of a cluster that exists has a way to a file system of ours: in its zone, by a private subnet."""

from collections.abc import Iterator, Sequence
from typing import Any

from infra.live.check import Obstacle
from infra.plan.words import count

_PATH = "cluster.existing.zones"


def mounts_there(zones: Sequence[str], subnets: Sequence[Any], nodes: Sequence[Any]) -> Iterator[Obstacle]:
    """`subnets` and `nodes` as EC2 describes them."""
    lacking = sorted({*zones} - {each["AvailabilityZoneId"] for each in subnets if not each["MapPublicIpOnLaunch"]})
    if lacking:
        there = ", ".join(f"{each['SubnetId']} ({each['AvailabilityZoneId']})" for each in subnets)
        said = f"no private subnet in {', '.join(lacking)} for the file system's mount target; there are {there}"
        left = [each for each in zones if each not in lacking]
        yield Obstacle(_PATH, said, f"{_PATH}: [{', '.join(left)}], or subnetIds with one in each zone")
    ids = {each["AvailabilityZone"]: each["AvailabilityZoneId"] for each in subnets}
    of_nodes = [each["Placement"]["AvailabilityZone"] for each in nodes]
    apart = sorted({each for each in of_nodes if ids.get(each) not in zones})
    if apart:
        many = count(sum(each in apart for each in of_nodes), "node")
        also = [ids.get(each, f"the id of {each}") for each in apart]
        yield Obstacle(
            _PATH,
            f"{many} of {len(of_nodes)} there are in {', '.join(apart)}, where the file system would have no mount"
            " target: weights that are fetched there would wait for their volume forever",
            f"{_PATH}: [{', '.join([*zones, *also])}]",
        )
