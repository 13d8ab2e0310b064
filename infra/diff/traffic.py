"""What the users of each model notice: while `pulumi up` runs, and afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from infra.diff.adapters import adapters_changed
from infra.diff.afterwards import afterwards, gateway_of
from infra.diff.during import NEVER, during_up, first_answer, instead_of, never_starts
from infra.diff.events import AWAY, ELSEWHERE, FEWER, GONE, MOVES, NEW, NOTHING
from infra.diff.fallbacks import answers_meanwhile
from infra.diff.names import said_by
from infra.diff.pods import Wait
from infra.diff.rollouts import starts_in
from infra.diff.versions import comes, goes, model_of
from infra.diff.waiting import waits, while_waiting
from infra.plan.words import minutes
from infra.sides.types import ResourceChanges, Side


@dataclass(frozen=True)
class Notice:
    """What one model's users notice."""

    model: str
    event: str
    during: str
    afterwards: tuple[str, ...]
    seconds: int | None = None  # how long it may be away
    starts: bool = True  # False: a new pod doesn't, because the model doesn't fit
    waits: Wait | None = None  # for GPUs that old pods hold
    answered_by: str | None = None  # a model elsewhere, while it has no servers


def notices(old: Side, new: Side, resources: ResourceChanges) -> list[Notice]:
    """Of every model that is there before or after; `nothing` included."""
    found = (_notice(name, old, new, resources) for name in sorted(old.models.keys() | new.models.keys()))
    waiting = waits(old, new, resources)
    return [_answered(_waiting(each, waiting.get(each.model), old, new), old, new) for each in found]


def _waiting(notice: Notice, wait: Wait | None, old: Side, new: Side) -> Notice:
    if wait is None:
        return notice
    instead = answers_meanwhile(old, new, notice.model)
    during = while_waiting(notice.model, wait, notice.during, instead)
    if not wait.in_vain:
        return replace(notice, during=during, waits=wait)
    gone = AWAY if instead is None else ELSEWHERE
    event = notice.event if wait.answers or notice.event == NEW else gone
    return replace(notice, event=event, during=during, seconds=None, waits=wait)


def _answered(notice: Notice, old: Side, new: Side) -> Notice:
    """With the model elsewhere that answers for its time without servers."""
    away = notice.event == ELSEWHERE or (notice.event == MOVES and notice.seconds is not None)
    return replace(notice, answered_by=answers_meanwhile(old, new, notice.model)) if away else notice


def noticed(notice: Notice) -> bool:
    return notice.event != NOTHING or bool(notice.afterwards)


def _notice(name: str, old: Side, new: Side, resources: ResourceChanges) -> Notice:
    if name not in new.models and model_of(old, name):
        during, then = goes(old, new, name)
        return Notice(name, NOTHING, during, (then,))
    if name not in old.models and model_of(new, name):
        during, then = comes(new, name, minutes(starts_in(name, old, new)))
        return Notice(name, NEW, during, (then,), starts=not never_starts(name, new))
    if name not in new.models:
        instead = renamed(old, new).get(name)
        gone = f"the same model answers as {instead}" if instead else "it is gone"
        other = said_by(name, new)
        during = f"its own servers end: {other} answers" if other else "nothing answers"
        return Notice(name, GONE, f"{during} under its name{'' if other else ' any more'}", (gone,))
    if name not in old.models:
        paused = new.endpoint(name).get("paused")
        first = f"paused: no pod runs{instead_of(name, new)}" if paused else first_answer(name, old, new)
        return Notice(name, NEW, first, tuple(_offers(new, name)), starts=not never_starts(name, new))
    event, during, seconds = during_up(name, old, new, resources)
    adapters = tuple(adapters_changed(name, old, new, restarts=event not in (NOTHING, FEWER)))
    if adapters and event == NOTHING and not new.endpoint(name).get("paused"):
        during = "nothing restarts"
    starts = event in (NOTHING, FEWER) or not never_starts(name, new)
    if not starts:
        during, seconds = NEVER, None
    return Notice(name, event, during, (*afterwards(name, old, new), *adapters), seconds, starts)


def renamed(old: Side, new: Side) -> dict[str, str]:
    """Models that are gone, and the model of the same settings that is new; where several have them, nobody can say."""
    was, now = (dict(side.platform.get("models") or {}) for side in (old, new))
    gone, come = (
        {name: models[name] for name in models.keys() - others} for models, others in ((was, now), (now, was))
    )
    same = {name: [other for other, each in come.items() if each == settings] for name, settings in gone.items()}
    alone = {name: others[0] for name, others in same.items() if len(others) == 1}
    return {name: other for name, other in alone.items() if [*alone.values()].count(other) == 1}


def _offers(side: Side, name: str) -> Iterator[str]:
    endpoint = gateway_of(side) or side.endpoint(name)
    yield f"at {endpoint.get('base_url') or endpoint.get('base_url_in_cluster')}"
