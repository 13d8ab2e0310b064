"""What stands below each part of a start: its bytes by the network's bandwidth, or the best that anybody published."""

from collections.abc import Iterator, Mapping, Sequence

from infra.catalog import Instance
from infra.plan.models import Floor, StartPart
from infra.services.serving.start_parts import network_mibps


def floors(
    parts: Mapping[str, StartPart], image_gib: float, weights_gib: float, types: Sequence[Instance]
) -> Mapping[str, Floor]:
    """`weights_gib`: that come over the network; 0: they are on the node."""
    gib = {"image": image_gib, "weights": weights_gib}
    return {name: _of(part, gib.get(name, 0.0), network_mibps(types)) for name, part in parts.items()}


def _of(part: StartPart, gib: float, mibps: float) -> Floor:
    """A part that is quicker already, on a node that is there or by a network that is faster for a while, is its own
    floor."""
    if not part.mid:
        return Floor(0.0, "nothing to wait for")
    by_network = gib * 1024 / mibps
    candidates = [Floor(by_network, f"{gib:.1f} GiB at the network's {mibps:.0f} MiB/s")] if by_network else []
    candidates += [Floor(part.low, "the best that was published"), Floor(part.mid, "as it is")]
    return next(_below(candidates, part.mid))


def _below(candidates: Sequence[Floor], seconds: float) -> Iterator[Floor]:
    return (each for each in candidates if each.seconds <= seconds)
