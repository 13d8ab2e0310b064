"""What it means that zones share a NAT gateway, or no longer do."""

from collections.abc import Iterator

from infra.clouds.aws.diff.tokens import SUBNET, is_ours
from infra.sides.types import Side

_NAT, _NAME = "aws:ec2/natGateway:NatGateway", "network-nat-"
_MOVES = "connections from nodes to the internet, such as downloads of weights, are cut once and tried again"


def way_out(old: Side, new: Side) -> Iterator[tuple[str, str, str]]:
    """A thing, what happens while `pulumi up` runs, and what holds afterwards."""
    was, now = _shared(old), _shared(new)
    if not (old.exists and new.exists) or was == now or not (_gateways(old) and _gateways(new)):
        return
    if now:
        then = (
            f"all zones use the NAT gateway in {now}: if {now} fails, no node of any zone pulls an image or downloads"
            " weights until it is back, and what runs goes on; what the other zones send through it crosses zones,"
            " which AWS bills by the GB and no bill here counts; they call the internet from its public address"
        )
    else:
        then = (
            "each zone uses its own NAT gateway, so one that fails stops no other, and nothing crosses zones on its way"
            f" out; nodes outside {was} call the internet from new public addresses, which others' allow lists need"
        )
    yield "The way out", _MOVES, then


def _shared(side: Side) -> str | None:
    """The zone of the one NAT gateway that several zones use."""
    gateways, zones = _gateways(side), _zones(side)
    return gateways[0] if len(gateways) == 1 < len(zones) else None


def _gateways(side: Side) -> list[str]:
    """Their zones, which stand in their names."""
    return [each["name"].removeprefix(_NAME) for each in side.resources if is_ours(each["urn"], _NAT)]


def _zones(side: Side) -> set[str]:
    return {each["inputs"]["availabilityZoneId"] for each in side.resources if is_ours(each["urn"], SUBNET)}
