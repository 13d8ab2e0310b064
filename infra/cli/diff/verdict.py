"""The first lines: whether the change may be merged, what it costs, and why it fails."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from infra.cli.diff.away import away, without_nodes
from infra.cli.diff.money import money
from infra.cli.diff.values import named
from infra.cli.diff.ways import with_ways
from infra.cli.diff.weaker import weaker
from infra.cli.document.marked import code, said
from infra.diff.afterwards import refuses_more
from infra.diff.answers import CERTAIN, another_answers, what_answers
from infra.diff.clients import asks_for_a_key_now
from infra.diff.difference import Difference
from infra.diff.events import AWAY, ELSEWHERE, GONE
from infra.diff.fallbacks import loses_fallback
from infra.diff.findings import broken_before
from infra.diff.guard import Guarded
from infra.diff.load_balancer import reach
from infra.diff.nodes import node_group
from infra.diff.schedules import sleeping, without_schedule
from infra.diff.speed import slower
from infra.diff.traffic import Notice, renamed
from infra.diff.versions import answering, begins_to_answer, ends_with_requests, model_of, takes_over
from infra.diff.waiting import waits_for_itself
from infra.owner import CLAIM, word_of
from infra.plan.alike import alike
from infra.plan.rules import Rule
from infra.plan.words import count
from infra.registry import clouds, of_the_platform, owner_of
from infra.sides.types import Changes, type_of

_WORDS = {CLAIM: "the claim of the weights", "pulumi:providers:kubernetes": "the Kubernetes provider"}


def mark(difference: Difference) -> str:
    """Cross: it fails; warning sign: users notice a gap or another model, or a guarded resource goes; a tick."""
    if difference.fails:
        return "❌"
    gone = any(notice.event == GONE for notice in difference.notices)
    gone = gone or any(each.away or each.ends for each in difference.services)
    worse = gone or _gaps(difference) or _moved(difference) or _others(difference) or _less_sure(difference)
    worse = worse or _never_sure(difference)
    worse = (
        worse
        or _shorter(difference)
        or slower(difference.old, difference.new)
        or difference.counted.no_longer
        or any(weaker(difference))
    )
    worse = worse or any(_begun(difference)) or any(without_nodes(difference))
    worse = worse or difference.clients or _asks_now(difference) or _alone(difference)
    worse = worse or any(each.waits is not None for each in difference.notices)
    return "⚠️" if worse or difference.guarded else "✅"


def headline(difference: Difference, by_program: Changes = MappingProxyType({})) -> str:
    """`by_program`: what the program's own prices and facts change of the bills."""
    what = [
        *_broken(difference),
        *_guarded(difference),
        *weaker(difference),
        *_models(difference),
        *_uncertain(difference),
    ]
    parts = [
        "" if difference.has_effect else _only_text(difference),
        money(difference, by_program),
        *what,
        *_lower_limits(difference, alone=not what),
    ]
    return f"{difference.stack}: {'; '.join(part for part in parts if part)}"


def _only_text(difference: Difference) -> str:
    """Of a change whose settings all say what held already."""
    return "" if difference.settings.keys() - difference.without_effect.keys() else "no effect on the platform"


def _broken(difference: Difference) -> Iterator[str]:
    rules = [violation["rule"] for violation in difference.broken]
    others = len([rule for rule in rules if rule != Rule.BUDGET])
    if others:
        yield f"{count(others, 'rule')} broken"
    fixed = len(difference.violations.fixed)
    if fixed and not rules:
        yield f"{count(fixed, 'broken rule')} fixed"


def _guarded(difference: Difference) -> Iterator[str]:
    for act in ("replace", "remove"):
        found = sorted((each for each in difference.guarded if each.act == act), key=_weight)
        things = list(dict.fromkeys(_thing(each) for each in found))
        if things:
            yield f"{act}s {', '.join(things[:3])}{f' and {len(things) - 3} more' if len(things) > 3 else ''}"


def _thing(each: Guarded) -> str:
    owner = owner_of(each.urn)
    if not of_the_platform(owner):
        return f"the {word_of(type_of(each.urn))} of {said(owner.title)}"
    if node_group(each.urn):
        return f"node group {code(each.name)}"
    return _words().get(type_of(each.urn), type_of(each.urn))


def _words() -> dict[str, str]:
    """The gravest first; node groups are last."""
    return {type_: word for cloud in clouds() for type_, word in cloud.types.words.items()} | _WORDS


def _weight(each: Guarded) -> tuple[int, str]:
    types = list(_words())
    return types.index(type_of(each.urn)) if type_of(each.urn) in types else len(types), each.name


def _models(difference: Difference) -> Iterator[str]:
    """What happens to models, where the stack stays."""
    if not (difference.old.exists and difference.new.exists):
        return
    new = [notice.model for notice in difference.notices if notice.model not in difference.old.models]
    gone = [notice.model for notice in difference.notices if notice.event == GONE]
    others = renamed(difference.old, difference.new)
    coming = [model for each in new if (model := model_of(difference.new, each)) is not None]
    new = [each for each in new if model_of(difference.new, each) is None]
    if coming:
        yield f"adds a next version of {named(coming)}"
    yield from (f"renames {code(was)} to {code(now)}" for was, now in others.items())
    new, gone = ([each for each in found if each not in {*others, *others.values()}] for found in (new, gone))
    if new:
        yield f"adds {named(new)}"
    if gone:
        yield f"removes {named(gone)}"
    yield from away(difference, _gaps(difference))
    sure = {each.model: each.waits for each in difference.notices if each.waits is not None and each.waits.certain}
    own = [model for model, wait in sure.items() if waits_for_itself(model, wait)]
    if waiting := [model for model in sure if model not in own]:
        holds = "wait" if len(waiting) > 1 else "waits"
        yield f"{named(waiting)} {holds} in vain for GPUs of old pods: make two changes"
    if own:
        whose = "waits in vain for GPUs of its" if len(own) == 1 else "wait in vain for GPUs of their"
        yield f"{named(own)} {whose} own old pods"
    if stuck := [notice.model for notice in difference.notices if not notice.starts]:
        yield f"{named(stuck)} {'does' if len(stuck) == 1 else 'do'}n't start"
    for service in dict.fromkeys(each.service for each in difference.services if each.ends):
        yield f"{said(service)} ends"
    for service in (each.service for each in difference.services if each.away):
        yield f"{said(service)} down for a while"
    if refused := [each.client for each in difference.clients if each.stops]:
        one = f"a key of client {code(refused[0])} answers"
        yield f"{one if len(refused) == 1 else f'keys of {len(refused)} clients answer'} 401 from now on"
    if alone := _alone(difference):
        yield f"{named(alone)} {'has' if len(alone) == 1 else 'have'} no fallback any more"
    if less := [each.client for each in difference.clients if each.calls_less]:
        yield f"{f'client {code(less[0])}' if len(less) == 1 else count(len(less), 'client')} may call less"
    if moved := [each.client for each in difference.clients if each.moves]:
        who = (
            f"client {code(moved[0])} no longer has its"
            if len(moved) == 1
            else f"{len(moved)} clients no longer have their"
        )
        yield f"{who} Secret where it was"
    if asked := _asks_now(difference):
        yield f"{named(asked)} {'asks' if len(asked) == 1 else 'ask'} for a key from now on"
    others = alike((name, what_answers(difference.answers[name])) for name in _others(difference))
    yield from (f"{what} {named(models)}" for what, models in others.items())
    yield from _begun(difference)
    yield from _refused_requests(difference)
    yield from _hours(difference)
    if slow := slower(difference.old, difference.new):
        yield f"{named(slow)} {'makes' if len(slow) == 1 else 'make'} fewer tokens per second"
    if less := _less_sure(difference):
        yield f"whether {named(less)} still {'fits' if len(less) == 1 else 'fit'} is no longer certain"
    without = [name for name in _moved(difference) if not difference.new.endpoint(name).get("base_url")]
    if without:
        yield f"{named(without)} no longer reached from outside the cluster"
    if moved := [name for name in _moved(difference) if name not in without]:
        yield f"another URL for {named(moved)}"
    for where, models in alike(_reached(difference)).items():
        yield f"{named(models)} reached from {where} too"


def _hours(difference: Difference) -> Iterator[str]:
    asleep = sleeping(difference.old, difference.new)
    if asleep:
        yield f"{named(asleep)} may be asleep: who comes first waits"
    if ended := [each for each in without_schedule(difference.old, difference.new) if each not in asleep]:
        yield f"{named(ended)} {'has' if len(ended) == 1 else 'have'} no schedule any more"


def _reached(difference: Difference) -> Iterator[tuple[str, str]]:
    """Models that are reached from outside the cluster for the first time; of the internet, `weaker` says it."""
    for name in sorted(difference.old.models.keys() & difference.new.models.keys()):
        was, now = reach(difference.old, name), reach(difference.new, name)
        if was is None and now is not None and not now.public:
            yield name, now.where


def _lower_limits(difference: Difference, *, alone: bool) -> Iterator[str]:
    """Where somebody wrote of clients; else they follow from the models, of which more is said."""
    written = any(path.startswith("gateway.clients") for path in difference.settings)
    lower = [each.client for each in difference.clients if each.lower and not (each.stops or each.calls_less)]
    if lower and (written or alone):
        yield f"{f'client {code(lower[0])} has' if len(lower) == 1 else f'{len(lower)} clients have'} lower limits"


def _begun(difference: Difference) -> Iterator[str]:
    old, new = difference.old, difference.new
    if begun := [name for name in sorted(new.models) if begins_to_answer(old, new, name)]:
        yield f"a next version answers a part of the requests to {named(begun)}"
    others = _others(difference)
    if over := [name for name in sorted(new.models) if takes_over(old, new, name) and name not in others]:
        yield f"a next version answers all requests to {named(over)}"
    if ended := [name for name in sorted(new.models) if ends_with_requests(old, new, name)]:
        yield f"a next version ends that answers requests to {named(ended)}"


def _asks_now(difference: Difference) -> list[str]:
    """Models that took requests without a key."""
    old, new = difference.old, difference.new
    return [name for name in sorted(new.models) if asks_for_a_key_now(name, old, new)]


def _alone(difference: Difference) -> list[str]:
    """Models that nobody else answers for any more."""
    old, new = difference.old, difference.new
    return [name for name in sorted(old.models) if loses_fallback(old, new, name)]


def _gaps(difference: Difference) -> list[Notice]:
    """Models that are away until a new pod has started; one that never starts isn't among them."""
    away = (each for each in difference.notices if each.event in (ELSEWHERE, AWAY) or each.seconds is not None)
    return [each for each in away if each.starts]


def _others(difference: Difference) -> list[str]:
    return [name for name, changed in difference.answers.items() if another_answers(changed)]


def _refused_requests(difference: Difference) -> Iterator[str]:
    shorter = _shorter(difference)
    new = difference.new
    tokens = {new.models[answering(new, name)]["max_model_len"] for name in shorter}
    if shorter:
        over = f"over {tokens.pop():,} tokens" if len(tokens) == 1 else "that are too long now"
        yield f"{named(shorter)} {'refuses' if len(shorter) == 1 else 'refuse'} requests {over}"


def _shorter(difference: Difference) -> list[str]:
    old, new = difference.old, difference.new
    return [name for name in sorted(old.models.keys() & new.models.keys()) if refuses_more(old, new, name)]


def _less_sure(difference: Difference) -> list[str]:
    sure = {name: changed.get(CERTAIN) for name, changed in difference.answers.items()}
    fits = {name for name, model in difference.new.models.items() if model.get("fits")}
    return [name for name, change in sure.items() if name in fits and change and change.old and change.new is False]


def _uncertain(difference: Difference) -> Iterator[str]:
    if new := _never_sure(difference):
        yield f"{named(new)} {'is' if len(new) == 1 else 'are'} not certain to fit"


def _never_sure(difference: Difference) -> list[str]:
    """Models that fit, but not for certain, and were not judged before: new ones, and those that were on the CPU."""
    was = difference.old.models
    unsure = (name for name, each in difference.new.models.items() if each.get("fits") and each.get("certain") is False)
    return sorted(name for name in unsure if was.get(name, {}).get("certain") is None)


def _moved(difference: Difference) -> list[str]:
    """Models whose old URL stops answering."""
    old, new = difference.old, difference.new
    both = sorted(old.models.keys() & new.models.keys())
    urls = ((name, old.endpoint(name).get("base_url"), new.endpoint(name).get("base_url")) for name in both)
    return [name for name, was, now in urls if was and was != now]


def reasons(difference: Difference) -> Iterable[tuple[str, str]]:
    """Why it fails: a word, and a sentence; once of several resources of which it says the same."""
    return dict.fromkeys(_reasons(difference))


def _reasons(difference: Difference) -> Iterator[tuple[str, str]]:
    before = broken_before(difference.old, difference.broken)
    for violation, there in zip(difference.broken, before, strict=True):
        too = " (the base breaks it too)" * there
        text = f"{violation['path']}: {violation['message']}. To fix it: {violation['fix']}"
        yield f"{violation['rule']}{too}", with_ways(violation, text, difference.stack)
    for each in difference.refused:
        done = "replaced" if each.act == "replace" else "removed"
        because = f" ({', '.join(code(path) for path in each.because)} can't change in place)" if each.because else ""
        allow = f"and {code(f'allow.{each.act}')} doesn't name {code(each.name)}"
        yield "Guarded", f"{_thing(each)} would be {done}{because}, {allow}"
