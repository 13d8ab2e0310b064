"""Of which models, clients and services the first line says something: their names, none where there is nothing."""

from collections.abc import Sequence

from infra.diff.afterwards import refuses_more
from infra.diff.answers import CERTAIN, another_answers
from infra.diff.clients import asks_for_a_key_now
from infra.diff.difference import Difference
from infra.diff.events import AWAY, ELSEWHERE, FEWER, GONE, NOTHING
from infra.diff.fallbacks import loses_fallback
from infra.diff.no_node import may_find_no_node
from infra.diff.pods import Wait
from infra.diff.schedules import sleeping, without_schedule
from infra.diff.speed import slower
from infra.diff.traffic import Notice, renamed
from infra.diff.versions import begins_to_answer, ends_with_requests, model_of, takes_over
from infra.diff.waiting import waits_for_itself


def _come(difference: Difference) -> list[str]:
    return [each.model for each in difference.notices if each.model not in difference.old.models]


def with_next_version(difference: Difference) -> list[str]:
    """Models that have a next version from now on."""
    models = (model_of(difference.new, each) for each in _come(difference))
    return [model for model in models if model is not None]


def added(difference: Difference) -> list[str]:
    others = renamed(difference.old, difference.new).values()
    own = (each for each in _come(difference) if model_of(difference.new, each) is None)
    return [each for each in own if each not in others]


def removed(difference: Difference) -> list[str]:
    others = renamed(difference.old, difference.new)
    gone = (each.model for each in difference.notices if each.event == GONE)
    return [each for each in gone if each not in others]


def gaps(difference: Difference) -> list[Notice]:
    """Models that are away until a new pod has started; one that never starts isn't among them."""
    away = (each for each in difference.notices if each.event in (ELSEWHERE, AWAY) or each.seconds is not None)
    return [each for each in away if each.starts]


def waiting_for_others(difference: Difference) -> list[str]:
    own = waiting_for_themselves(difference)
    return [name for name in _waiting(difference) if name not in own]


def waiting_for_themselves(difference: Difference) -> list[str]:
    return [name for name, wait in _waiting(difference).items() if waits_for_itself(name, wait)]


def without_a_node(difference: Difference) -> list[str]:
    """Models whose pods find none where the base's plan has the others."""
    waits = ((each.model, each.waits) for each in difference.notices)
    return [name for name, wait in waits if wait is not None and wait.beside and not wait.certain]


def _waiting(difference: Difference) -> dict[str, Wait]:
    sure = ((each.model, each.waits) for each in difference.notices)
    return {name: wait for name, wait in sure if wait is not None and wait.certain}


def never_starting(difference: Difference) -> list[str]:
    return [each.model for each in difference.notices if not each.starts]


def without_a_sure_node(difference: Difference) -> list[str]:
    """Models whose pods may find no node, beside those that wait for certain."""
    old, new = difference.old, difference.new
    others = {*_waiting(difference), *without_a_node(difference)}
    starting = [each.model for each in difference.notices if _starts_pods(each, difference)]
    return [name for name in sorted({*starting} - others) if may_find_no_node(name, old, new)]


def _starts_pods(notice: Notice, difference: Difference) -> bool:
    """Pods that run need no other node."""
    if notice.event in (NOTHING, FEWER):
        was, now = (side.models.get(notice.model, {}).get("replicas") for side in (difference.old, difference.new))
        return bool(was and now and now["max"] > was["max"])
    return notice.event != GONE


def ended_services(difference: Difference) -> Sequence[str]:
    return list(dict.fromkeys(each.service for each in difference.services if each.ends))


def services_away(difference: Difference) -> Sequence[str]:
    return [each.service for each in difference.services if each.away]


def refused_clients(difference: Difference) -> list[str]:
    return [each.client for each in difference.clients if each.stops]


def clients_that_call_less(difference: Difference) -> list[str]:
    return [each.client for each in difference.clients if each.calls_less]


def clients_with_another_secret(difference: Difference) -> list[str]:
    return [each.client for each in difference.clients if each.moves]


def alone(difference: Difference) -> list[str]:
    """Models that nobody else answers for any more."""
    old, new = difference.old, difference.new
    return [name for name in sorted(old.models) if loses_fallback(old, new, name)]


def asking_for_a_key(difference: Difference) -> list[str]:
    """Models that took requests without a key."""
    old, new = difference.old, difference.new
    return [name for name in sorted(new.models) if asks_for_a_key_now(name, old, new)]


def with_other_answers(difference: Difference) -> list[str]:
    return [name for name, changed in difference.answers.items() if another_answers(changed)]


def begun(difference: Difference) -> list[str]:
    old, new = difference.old, difference.new
    return [name for name in sorted(new.models) if begins_to_answer(old, new, name)]


def taken_over(difference: Difference) -> list[str]:
    old, new, others = difference.old, difference.new, with_other_answers(difference)
    return [name for name in sorted(new.models) if takes_over(old, new, name) and name not in others]


def ended(difference: Difference) -> list[str]:
    old, new = difference.old, difference.new
    return [name for name in sorted(new.models) if ends_with_requests(old, new, name)]


def shorter(difference: Difference) -> list[str]:
    old, new = difference.old, difference.new
    return [name for name in sorted(old.models.keys() & new.models.keys()) if refuses_more(old, new, name)]


def asleep(difference: Difference) -> list[str]:
    return list(sleeping(difference.old, difference.new))


def without_times(difference: Difference) -> list[str]:
    """Models that had a schedule, and don't sleep."""
    asleep_now = asleep(difference)
    return [each for each in without_schedule(difference.old, difference.new) if each not in asleep_now]


def slowed(difference: Difference) -> list[str]:
    return list(slower(difference.old, difference.new))


def less_sure(difference: Difference) -> list[str]:
    sure = {name: changed.get(CERTAIN) for name, changed in difference.answers.items()}
    fits = {name for name, model in difference.new.models.items() if model.get("fits")}
    return [name for name, change in sure.items() if name in fits and change and change.old and change.new is False]


def never_sure(difference: Difference) -> list[str]:
    """Models that fit, but not for certain, and were not judged before: new ones, and those that were on the CPU."""
    was = difference.old.models
    unsure = (name for name, each in difference.new.models.items() if each.get("fits") and each.get("certain") is False)
    return sorted(name for name in unsure if was.get(name, {}).get("certain") is None)


def shut_in(difference: Difference) -> list[str]:
    """Models that no URL outside the cluster answers for any more."""
    return [name for name in _moved(difference) if not difference.new.endpoint(name).get("base_url")]


def moved(difference: Difference) -> list[str]:
    """Models that another URL answers for."""
    return [name for name in _moved(difference) if difference.new.endpoint(name).get("base_url")]


def _moved(difference: Difference) -> list[str]:
    """Models whose old URL stops answering."""
    old, new = difference.old, difference.new
    both = sorted(old.models.keys() & new.models.keys())
    urls = ((name, old.endpoint(name).get("base_url"), new.endpoint(name).get("base_url")) for name in both)
    return [name for name, was, now in urls if was and was != now]
