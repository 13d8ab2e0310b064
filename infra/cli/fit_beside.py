"""The options of `fit` for what a stack file can add to a model: adapters, a model that proposes tokens, and stretched
positions."""

from dataclasses import dataclass, replace

from infra.catalog import Catalog, ModelShape
from infra.cli.fit_typed import Typed
from infra.engines import Engine
from infra.services.serving.adapters import ASSUMED_RANK, STEPS, slots_for
from infra.services.serving.rope import family_of, never_stretched
from infra.services.serving.speculation import other_vocabulary
from infra.sizing.adapters import Slots
from infra.sizing.question import Draft, Question

MAX_PROPOSED, MAX_FACTOR, MAX_ORIGINAL = 32, 64, 10_485_760
ADAPTERS, RANK = "adapters", "adapter-rank"
PROPOSER, PROPOSED = "speculative-model", "speculative-tokens"
FACTOR, ORIGINAL = "rope-factor", "rope-original"


@dataclass(frozen=True)
class Beside:
    """Reads them."""

    typed: Typed
    catalog: Catalog

    def stretched(self, shape: ModelShape, engine: Engine, asked: int | None) -> ModelShape:
        """The model with the context that stretched positions give it, as `ropeScaling` does in a stack file."""
        factor = self.typed.number(FACTOR, MAX_FACTOR, "times the tokens that the model was trained for")
        original = self.typed.whole(ORIGINAL, MAX_ORIGINAL, "tokens")
        if factor is None:
            self._alone(ORIGINAL, FACTOR)
            return shape
        family = family_of(shape, self.catalog)
        original = original or (family.original if family else None)
        length = int((original or 0) * factor)
        if (why := _not_stretched(shape, engine, original, length)) is not None:
            self.typed.wrong(f"--{FACTOR} {factor:g}", why)
            return shape
        if (asked or 0) > length:
            got = f"--{FACTOR} {factor:g} gives {length}; write that or less, or a larger factor"
            self.typed.wrong(f"--max-model-len {asked}", got)
        return replace(shape, max_context=length)

    def added(self, question: Question) -> Question:
        return question.but(slots=self._slots(question), draft=self._draft(question))

    def _slots(self, question: Question) -> Slots | None:
        ranks = question.engine.limits.adapter_ranks
        if not ranks:
            for option in (ADAPTERS, RANK):
                if (given := self.typed.get(option)) is not None:
                    self.typed.wrong(f"--{option} {given}", f"{question.engine.title} serves no adapters here")
            return None
        number, rank = self.typed.whole(ADAPTERS, STEPS[-1], "adapters"), self.typed.whole(RANK, max(ranks), "rank")
        if number is None:
            self._alone(RANK, ADAPTERS)
        elif question.task != "chat":
            self.typed.wrong(f"--{ADAPTERS} {number}", "adapters are for models that chat")
        else:
            return slots_for(number, rank or ASSUMED_RANK, question.engine)
        return None

    def _draft(self, question: Question) -> Draft | None:
        name, tokens = self.typed.get(PROPOSER), self.typed.whole(PROPOSED, MAX_PROPOSED, "tokens")
        if name is None:
            self._alone(PROPOSED, PROPOSER)
            return None
        draft = self.catalog.models.get(name)
        if (why := _refused(name, draft, question, question.engine)) is not None:
            self.typed.wrong(f"--{PROPOSER} {name}", why)
        elif tokens is None and self.typed.get(PROPOSED) is None:
            self.typed.wrong(f"--{PROPOSER} {name}", f"how many tokens at once? Add --{PROPOSED}, e.g. 5")
        return Draft(tokens or 1, draft)

    def _alone(self, option: str, needed: str) -> None:
        if self.typed.get(option) is not None:
            self.typed.wrong(f"--{option} {self.typed.get(option)}", f"of what? Add --{needed}")


def _refused(name: str, draft: ModelShape | None, question: Question, engine: Engine) -> str | None:
    if engine.limits.proposes is None:
        return f"{engine.title} takes no speculation here"
    if question.task != "chat":
        return "only a model that writes tokens can check them"
    if draft is None:
        return f"unknown model; run llm-platform model add {name}, which reads its own files"
    if draft.left_out is not None:
        return f"can't be sized: {draft.left_out}"
    return other_vocabulary(draft, question.shape)


def _not_stretched(shape: ModelShape, engine: Engine, original: int | None, length: int) -> str | None:
    if (why := engine.limits.refused_keys.get("rope_scaling")) is not None:
        return why
    if (why := never_stretched(shape, "these options")) is not None:
        return why
    if original is None:
        field = "original_max_position_embeddings (or max_position_embeddings) of its config.json"
        return f"nobody has looked up the positions of {shape.id}; add --{ORIGINAL}, which is {field}"
    if length <= shape.max_context:
        got = f"{length} tokens, and the model takes {shape.max_context} without"
        return f"{got}; write more than {shape.max_context / original:g}, or leave it out"
    return None
