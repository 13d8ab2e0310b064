"""A model with the nodes that it runs on, and what they cost."""

from collections.abc import Iterable
from dataclasses import dataclass

from infra.offers.pools import Offer
from infra.services.serving.served import Served
from infra.sizing.question import Sized

GPUS_OF_A_NODE = 8  # at most


@dataclass(frozen=True)
class Placed:
    """A model with its nodes; `offer` and `sized` are None on the CPU, and where no pool can run it."""

    served: Served
    offer: Offer | None
    sized: Sized | None
    reasons: tuple[str, ...]
    room: str = ""  # on counted nodes: where GPUs are free for one more pod at every time; blank: nowhere for certain
    no_room: str = ""  # on counted nodes: why that isn't certain

    @property
    def starts(self) -> bool:
        """False: no pool can run it, or it doesn't fit its GPUs."""
        return self.served.cpu if self.sized is None else self.sized.fit.judged is not False

    @property
    def gpus(self) -> int:
        """GPUs that one replica requests, even where no pool has them."""
        if self.sized is not None:
            return self.sized.gpus
        return 0 if self.served.cpu else self.served.settings.gpus or 1


def by_pool(placed: Iterable[Placed]) -> dict[str, list[Placed]]:
    """The models of each pool, in the order given."""
    on: dict[str, list[Placed]] = {}
    for each in placed:
        if each.offer is not None:
            on.setdefault(each.offer.name, []).append(each)
    return on


def cost(served: Served, offer: Offer, sized: Sized) -> tuple[float, float, str]:
    """Dollars per hour at the minimum of replicas, then at the maximum. A pool that the planner makes is paid in whole
    nodes."""
    if offer.settings is not None:
        share = offer.usd_per_gpu_hour * sized.gpus
        return share * served.replicas.min, share * served.replicas.max, offer.name
    a_node = offer.gpus_per_node // sized.gpus
    price = offer.usd_per_node_hour or 0.0
    return -(-served.replicas.min // a_node) * price, -(-served.replicas.max // a_node) * price, offer.name
