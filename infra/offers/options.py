"""A model on each kind of node, and which has the lowest price per replica."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from infra.catalog import Catalog, Gpu
from infra.offers.host import has_room
from infra.offers.pools import Offer, every_type
from infra.offers.sizing import Sizing
from infra.sizing.question import Question, Sized

# A GPU that is known by its memory alone counts as a cloud's GPU if the engine sees the same memory, within this part.
SAME_MEMORY = 0.02
CONTEXT_STEP = 256

Goal = Callable[[Sized], bool]


def fits(sized: Sized) -> bool:
    return sized.fits


def is_certain(sized: Sized) -> bool:
    return sized.fit.certain


@dataclass(frozen=True)
class Option:
    """One replica of a model on nodes of one kind."""

    offer: Offer | None  # None: a GPU that no cloud here has
    sized: Sized

    @property
    def usd_per_hour(self) -> float | None:
        """The price of its share of the node's GPUs; 0 on nodes that somebody else pays for."""
        return self.offer.usd_per_gpu_hour * self.sized.gpus if self.offer is not None else None

    @property
    def usd_per_node_hour(self) -> float | None:
        return self.offer.usd_per_node_hour if self.offer is not None else None

    @property
    def is_a_share(self) -> bool:
        """Whether a replica takes only some of a node's GPUs, so that the node costs more than the replica."""
        return self.offer is not None and self.sized.gpus < self.offer.gpus_per_node

    @property
    def takes_all(self) -> bool:
        """Whether a batch has all the requests that are asked for at once; 0: its size isn't known."""
        return not 0 < self.sized.arguments.max_num_seqs < self.sized.question.concurrency

    @property
    def fits(self) -> bool:
        question = self.sized.question
        return self.sized.fits and self.takes_all and question.max_model_len <= question.own_context

    @property
    def judged(self) -> bool | None:
        """Whether the model fits; None: nobody knows."""
        return self.sized.fit.judged if self.fits else False

    @property
    def certain(self) -> bool:
        return self.sized.fit.certain and self.fits

    @property
    def likely(self) -> bool:
        """Whether it fits, but not for certain."""
        return self.judged is True and not self.certain

    @property
    def where(self) -> str:
        return f"{self.sized.gpus} x {self.sized.gpu.name}"


def tries(question: Question, offer: Offer, sizing: Sizing) -> Iterator[Sized]:
    """The model on each number of the offer's GPUs for which the node also has room for the server, smallest first."""
    for sized in sizing.tries(question, offer.card, offer.gpus_per_node):
        if has_room(offer.types, sized.gpus, offer.parts):
            yield sized


def smallest_fit(question: Question, offer: Offer, sizing: Sizing, goal: Goal = fits) -> Sized | None:
    """The model on the smallest number of the offer's GPUs that serves it."""
    key = question, offer, goal
    if key not in sizing.smallest:
        sizing.smallest[key] = next(filter(goal, tries(question, offer, sizing)), None)
    return sizing.smallest[key]


def serving(question: Question, offers: Sequence[Offer], sizing: Sizing, goal: Goal = fits) -> list[Option]:
    """The offers that serve a model, the lowest price per replica first."""
    found = ((offer, smallest_fit(question, offer, sizing, goal)) for offer in offers)
    options = (Option(offer, sized) for offer, sized in found if sized is not None)
    return sorted((each for each in options if each.fits), key=share)


def on_offer(question: Question, offer: Offer, sizing: Sizing) -> Option | None:
    """The model on the smallest number of GPUs that serves it, or else on the largest number that it splits over.

    None: it can't run there.
    """
    nearest: Sized | None = None
    for nearest in tries(question, offer, sizing):
        if nearest.fits:
            break
    return Option(offer, nearest) if nearest is not None else None


def everywhere(question: Question, sizing: Sizing) -> list[Option]:
    """The model on each instance type that can run it, whether it fits or not; the lowest price per replica first."""
    found = (on_offer(question, offer, sizing) for offer in every_type(sizing.catalog))
    return sorted((each for each in found if each is not None), key=share)


def share(option: Option) -> tuple[bool, float, float, str]:
    """How options are sorted: by dollars per hour of a replica, then of its node. Options whose price in the region
    isn't known come last."""
    offer = option.offer
    if offer is None:
        return False, 0.0, 0.0, ""
    return offer.borrowed, option.usd_per_hour or 0.0, offer.usd_per_node_hour or 0.0, offer.name


def offer_with(gpu: Gpu, gpus: int, catalog: Catalog) -> Offer | None:
    """The type with the lowest price per GPU that has at least `gpus` of this GPU, or of its memory where that is all
    that is known. A slice has no type: a type would be a whole card of its memory."""
    if gpu.slice:
        return None
    enough = [each for each in every_type(catalog) if each.gpus_per_node >= gpus and _same(each, gpu)]
    own = [each for each in enough if each.gpu == gpu.name]
    alike = own if gpu.name in catalog.gpus else enough
    return min(
        alike, key=lambda each: (each.borrowed, round(each.usd_per_gpu_hour, 3), each.gpus_per_node), default=None
    )


def largest_context(sized: Sized, sizing: Sizing, goal: Goal = fits) -> int:
    """The longest context, in steps, with which the requests at once that are asked for fit the same GPUs; 0: none."""
    low, high = 0, min(sized.question.own_context, sized.question.max_model_len) // CONTEXT_STEP
    while low < high:
        middle = (low + high + 1) // 2
        if goal(sizing.size(sized.question.but(max_model_len=middle * CONTEXT_STEP), sized.gpu, sized.gpus)):
            low = middle
        else:
            high = middle - 1
    return low * CONTEXT_STEP


def _same(offer: Offer, gpu: Gpu) -> bool:
    theirs = offer.card.engine_gib or 0.0
    return abs(theirs - (gpu.engine_gib or 0.0)) <= SAME_MEMORY * (gpu.engine_gib or 0.0)
