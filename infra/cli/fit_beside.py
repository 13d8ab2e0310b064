"""The options of `fit` for what takes memory beside the model: adapters, and a model that proposes tokens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.catalog import Catalog, ModelShape
from infra.engines import Engine
from infra.services.serving.adapters import ASSUMED_RANK, STEPS, slots_for
from infra.sizing.adapters import Slots
from infra.sizing.question import Draft, Question

MAX_PROPOSED = 32
ADAPTERS, RANK = "adapters", "adapter-rank"
PROPOSER, PROPOSED = "speculative-model", "speculative-tokens"


@dataclass(frozen=True)
class Beside:
    """Reads them. `whole` reads an option as a whole number: its name, the maximum, the unit."""

    given: Mapping[str, str | None]
    catalog: Catalog
    whole: Callable[[str, int, str], int | None]
    wrong: Callable[[str, str], None]

    def added(self, question: Question) -> Question:
        return question.but(slots=self._slots(question), draft=self._draft(question))

    def _slots(self, question: Question) -> Slots | None:
        ranks = question.engine.limits.adapter_ranks
        number, rank = self.whole(ADAPTERS, STEPS[-1], "adapters"), self.whole(RANK, max(ranks, default=1), "rank")
        if number is None:
            self._alone(RANK, ADAPTERS)
            return None
        if not ranks:
            self.wrong(f"--{ADAPTERS} {number}", f"{question.engine.title} serves no adapters here")
        elif question.task != "chat":
            self.wrong(f"--{ADAPTERS} {number}", "adapters are for models that chat")
        else:
            return slots_for(number, rank or ASSUMED_RANK, question.engine)
        return None

    def _draft(self, question: Question) -> Draft | None:
        name, tokens = self.given.get(PROPOSER), self.whole(PROPOSED, MAX_PROPOSED, "tokens")
        if name is None:
            self._alone(PROPOSED, PROPOSER)
            return None
        draft = self.catalog.models.get(name)
        if (why := _refused(name, draft, question, question.engine)) is not None:
            self.wrong(f"--{PROPOSER} {name}", why)
        elif tokens is None and self.given.get(PROPOSED) is None:
            self.wrong(f"--{PROPOSER} {name}", f"how many tokens at once? Add --{PROPOSED}, e.g. 5")
        return Draft(tokens or 1, draft)

    def _alone(self, option: str, needed: str) -> None:
        if self.given.get(option) is not None:
            self.wrong(f"--{option} {self.given[option]}", f"of what? Add --{needed}")


def _refused(name: str, draft: ModelShape | None, question: Question, engine: Engine) -> str | None:
    if engine.limits.proposes is None:
        return f"{engine.title} takes no speculation here"
    if question.task != "chat":
        return "only a model that writes tokens can check them"
    if draft is None:
        return f"unknown model; run llm-platform model add {name}, which reads its own files"
    if draft.left_out is not None:
        return f"can't be sized: {draft.left_out}"
    shape = question.shape
    if shape is not None and draft.vocab_size != shape.vocab_size:
        return f"has {draft.vocab_size} tokens of vocabulary, and {shape.id} has {shape.vocab_size}"
    return None
