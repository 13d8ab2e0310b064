"""What stands for an engine: what the plan says that its model can do, and how fast."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.engines import ENGINES
from infra.engines.model import Dimensions
from infra.plan.external import External
from infra.plan.gateway import Upstream
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.plan.words import count
from infra.sizing.estimates import Throughput

_ASSUMED_FIRST, _ASSUMED_NEXT = 0.5, 0.05  # seconds, where the plan has no estimate
_UNKNOWN_SIZE = 1024  # numbers per vector
_UNKNOWN_LENGTH = 128_000  # tokens


@dataclass(frozen=True)
class Pace:
    """Seconds to the first token and from a token to the next, while `running` requests are answered at once."""

    running: int
    first: float
    next: float


@dataclass(frozen=True)
class StandIn:
    """A model's server that runs no model."""

    model: str
    names: tuple[str, ...]  # that a request may send as `model`
    kind: str  # chat, embed or rerank
    answers: Mapping[str, str]  # path that the engine serves -> the path of a request that it stands for
    max_model_len: int
    truncates: bool  # a prompt that is too long is cut, not refused
    checks_key: bool
    tools: bool
    reasoning: bool
    vision: bool
    size: int  # numbers per vector
    dimensions: Dimensions | None
    counts_streams: bool
    says_not_kept: str | None  # of an earlier answer, with {id}; None: it takes no notice of one
    paces: tuple[Pace, ...]  # ascending by requests at once
    estimated: bool  # False: the plan has no estimate of the speed, so it is assumed

    def pace(self, running: int) -> Pace:
        return next((pace for pace in self.paces if running <= pace.running), self.paces[-1])

    @property
    def speed(self) -> str:
        """In words, for one request."""
        if self.kind != "chat":
            return "answers at once"
        alone = self.pace(1)
        said = f"first token after {alone.first:.2g} s, then {count(round(1 / alone.next), 'token')} per second"
        return f"{said} ({'as planned' if self.estimated else 'assumed: the plan has no estimate'})"


def stand_ins(plan: Plan) -> Iterable[StandIn]:
    """One for each model that has a pod, and for each that somebody else hosts."""
    servers = {each.model: each for each in plan.traffic.servers}
    here = [_stand_in(model, servers[name]) for name, model in plan.models.items() if not model.paused]
    return [*here, *map(_elsewhere, plan.traffic.externals.values())]


def _elsewhere(external: External) -> StandIn:
    return StandIn(
        model=external.name,
        names=(external.model,),
        kind=external.kind,
        answers={external.path(asked): asked for asked in external.paths},
        max_model_len=external.context_length or _UNKNOWN_LENGTH,
        truncates=False,
        checks_key=True,
        tools=True,
        reasoning=False,
        vision=True,
        size=_UNKNOWN_SIZE,
        dimensions=None,
        counts_streams=False,
        says_not_kept=None,
        paces=(Pace(1, _ASSUMED_FIRST, _ASSUMED_NEXT),),
        estimated=False,
    )


def _stand_in(model: ModelPlan, upstream: Upstream) -> StandIn:
    engine, made = ENGINES[model.engine], model.throughput
    return StandIn(
        model=model.name,
        names=upstream.names,
        kind=model.task,
        answers={served: asked for asked, served in upstream.paths.items()},
        max_model_len=model.max_model_len,
        truncates=engine.limits.truncates_prompts,
        checks_key=engine.checks_key,
        tools=bool(upstream.abilities.get("tools")),
        reasoning=bool(upstream.abilities.get("reasoning")),
        vision=model.vision,
        size=model.embedding_size or _UNKNOWN_SIZE,
        dimensions=model.dimensions,
        counts_streams=upstream.counts_streams,
        says_not_kept=engine.says_not_kept,
        paces=_paces(made),
        estimated=made.full is not None,
    )


def _paces(made: Throughput) -> tuple[Pace, ...]:
    if made.full is None:
        return (Pace(1, _ASSUMED_FIRST, _ASSUMED_NEXT),)
    return tuple(Pace(each.concurrency, each.first_token.mid, each.next_token.mid) for each in made.at)
