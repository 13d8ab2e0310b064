"""Other nodes for a model that fits none of those that it has: as it is, or with smaller weights or a smaller cache."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from infra.offers.fixes import WORTH_A_CHANGE, Changes, Fix, other_type, other_types, runs_in_8_bit, smaller_ways
from infra.offers.options import Goal, Option, fits, is_certain, serving
from infra.offers.pools import Offer, beside, on_spot
from infra.offers.sizing import Sizing
from infra.services.serving.placed import cost
from infra.services.serving.served import Served
from infra.sizing.question import Question


@dataclass(frozen=True)
class Elsewhere:
    """The pools of the stack file that a model could have instead of those near it, and those that could be made."""

    served: Served
    near: Sequence[Offer]
    own: Sequence[Offer]
    made: Sequence[Offer]  # on demand
    sizing: Sizing

    def fixes(self, gpus: int, *, smaller: bool) -> Iterator[Fix]:
        """Two at most. As it is: the cheapest, and the smallest GPU of which at most `gpus` are enough. Instead of the
        second, where `smaller` is asked for, the cheapest with smaller weights or a smaller cache, if that costs much
        less."""
        asked = self.served.question
        question = asked.but(max_model_len=min(asked.max_model_len, asked.own_context), gpus=None)
        as_it_is = self._options(question, fits)
        less = self._smaller(question) if smaller else None
        if less is not None and (not as_it_is or WORTH_A_CHANGE * self._price(less[1]) <= self._price(as_it_is[0])):
            changes, option = less
            yield from other_type(option, "", changes)
            yield from other_types(as_it_is[:1], gpus)
        else:
            yield from other_types(as_it_is, gpus)

    def _smaller(self, question: Question) -> tuple[Changes, Option] | None:
        """Of the same price, the smallest change. Weights of a user's own are as they are stored."""
        smaller = smaller_ways(question, self.sizing.catalog)
        ways = (way for way in smaller if question.own_repository or "quantization" not in dict(way[0]))
        firsts = ((changes, self._options(each, is_certain)[:1]) for changes, each in ways)
        found = [(changes, option) for changes, options in firsts for option in options]
        return min(found, key=lambda pair: (_is_borrowed(pair[1]), self._price(pair[1])), default=None)

    def _options(self, question: Question, goal: Goal) -> list[Option]:
        """Cheapest first; another region's prices are last. On demand, where none on spot serves it."""
        spot = all(each.capacity == "spot" for each in self.near)
        for new in (self._on_spot, self.made) if spot else (self.made,):
            able = serving(question, [*self.own, *new], self.sizing, goal)
            options = [each for each in able if runs_in_8_bit(each.sized.question, each.sized.gpu)]
            if options:
                return sorted(options, key=lambda option: (_is_borrowed(option), self._cost(option)))
        return []

    @cached_property
    def _on_spot(self) -> tuple[Offer, ...]:
        return beside([*self.near, *self.own], on_spot(self.made))

    def _cost(self, option: Option) -> tuple[float, float, str]:
        """Of a pool for this model alone. A new one is paid in whole nodes, on spot too, whose offers have settings."""
        offer = option.offer
        assert offer is not None
        whole = offer if offer in self.own else replace(offer, settings=None)
        return cost(self.served, whole, option.sized)

    def _price(self, option: Option) -> float:
        return self._cost(option)[1]


def _is_borrowed(option: Option) -> bool:
    return option.offer is not None and option.offer.borrowed
