"""Rules for `next` and for the strategies that bring requests to it."""

from collections.abc import Iterator

from infra.plan.versions import ALL, NEXT, server_of_next
from infra.services.serving.family import task_of
from infra.services.serving.next import differs, next_of, says_nothing, written
from infra.services.serving.replicas_section import Rollout
from infra.services.serving.section import Model
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key, did_you_mean

TO_NEXT = ("blueGreen", "canary")  # the strategies that need a next version
_SAMPLE = "rollout: {strategy: canary, weight: 10}"
_DEFAULT_CLIENT = "default"


def check_next(scope: Scope, key: Key, model: Model) -> None:
    _check_rollout(scope, key, model)
    if model.next is None:
        return
    name = str(key[1])
    _check_name(scope, key, name, model)
    where: Key = (*key, NEXT)
    if model.rollout is None or model.rollout.strategy not in TO_NEXT:
        said = "no rollout says" if model.rollout is None else f"the strategy {model.rollout.strategy} doesn't say"
        got = f"a next version, and {said} who is answered by it"
        write = f"write {_SAMPLE}, or rollout: {{strategy: blueGreen}} for trials"
        scope.report.wrong(where, got, write, reads=[(*key, "rollout")])
    _check_difference(scope, where, model)
    _check_vectors(scope, where, model)
    _check_sleep(scope, where, model)


def _check_rollout(scope: Scope, key: Key, model: Model) -> None:
    rollout, where = model.rollout, (*key, "rollout")
    if rollout is None:
        return
    if rollout.strategy in TO_NEXT and model.next is None:
        got = f"{rollout.strategy}, and there is no next version"
        write = "write next: {revision: ...} beside it, with what differs; or strategy: rolling"
        scope.report.wrong((*where, "strategy"), got, write, reads=[(*where, "strategy"), (*key, NEXT)])
    _check_weight(scope, where, rollout)
    _check_clients(scope, where, rollout)
    if rollout.strategy not in TO_NEXT and scope.written((*where, "trials")):
        got = f"{rollout.strategy} has no next version to try"
        scope.report.out_of_place((*where, "trials"), got, "leave trials out", reads=[(*where, "strategy")])


def _check_weight(scope: Scope, where: Key, rollout: Rollout) -> None:
    at, weight, strategy = (*where, "weight"), rollout.weight, rollout.strategy
    if strategy not in TO_NEXT and scope.written(at):
        got = f"{strategy} replaces pods, and brings no share of requests to a next version"
        scope.report.out_of_place(at, got, "leave weight out, or write strategy: canary", reads=[(*where, "strategy")])
    elif strategy == "canary" and weight is None and not scope.report.is_broken(at):
        scope.report.wrong(at, "missing; a canary gets a share of the requests, 1 to 99 percent", "write weight: 10")
    elif strategy == "canary" and weight in (0, ALL):
        got = f"got {weight}; allowed for canary: 1 to 99"
        scope.report.wrong(at, got, f"write strategy: blueGreen for {weight}, or weight: 10")
    elif strategy == "canary" and weight is not None and not 0 < weight < ALL:
        scope.report.wrong(at, f"got {weight}; allowed for canary: 1 to 99", f"write weight: {1 if weight < 0 else 99}")
    elif strategy == "blueGreen" and weight not in (None, 0, ALL):
        share = f"strategy: canary for {weight}, or " if 0 < weight < ALL else ""
        scope.report.wrong(at, f"got {weight}; allowed for blueGreen: 0 or 100", f"write {share}weight: 0")


def _check_clients(scope: Scope, where: Key, rollout: Rollout) -> None:
    if not rollout.clients:
        return
    gateway = scope.settings.gateway
    known = [*(gateway.clients if gateway else ()), *([_DEFAULT_CLIENT] if _has_default(scope) else [])]
    if rollout.strategy not in TO_NEXT:
        got = f"{rollout.strategy} has no next version for them"
        scope.report.out_of_place((*where, "clients"), got, "leave clients out", reads=[(*where, "strategy")])
    for index, name in enumerate(rollout.clients):
        if name not in known:
            close = did_you_mean(name, known)
            there = (
                f"did you mean {close}?" if close else f"there {'are' if len(known) > 1 else 'is'} {', '.join(known)}"
            )
            at: Key = (*where, "clients", index)
            scope.report.wrong(at, f"no client {name}; {there}", reads=[at, ("gateway", "clients")])


def _has_default(scope: Scope) -> bool:
    gateway = scope.settings.gateway
    return gateway is None or gateway.default_client


def _check_name(scope: Scope, key: Key, name: str, model: Model) -> None:
    """The next version's objects have this name, and its downloads those of adapters with the same ending."""
    models, where = scope.settings.models, (*key, NEXT)
    taken = {*models, *(each for other in models.values() for each in other.adapters or {})}
    for what, called in ((f"{name}'s next version", server_of_next(name)), *_adapters(model)):
        if called in taken:
            got = f"{called} is the name of {what} too"
            scope.report.wrong(where, got, f"give {called} another name", reads=[("models", called)])


def _adapters(model: Model) -> Iterator[tuple[str, str]]:
    for name in model.adapters or {}:
        yield f"the next version's download of {name}", server_of_next(name)


def _check_difference(scope: Scope, where: Key, model: Model) -> None:
    assert model.next is not None
    given, rollout = written(model.next), model.rollout
    if model.adapters and given.get("model") not in (None, model.model):
        got = f"adapters are made for one model, and those of {model.model} don't fit {given['model']}"
        write = "serve it as another model with its own adapters"
        scope.report.wrong((*where, "model"), got, write, reads=[(*where, "model"), (*where[:-1], "adapters")])
    if differs(model):
        return
    shared = rollout is not None and rollout.strategy == "canary"
    if shared or not says_nothing(model):
        got = "equal to the model itself: a second server would answer the same"
        scope.report.wrong(where, got, "write what differs, such as revision; or leave next and rollout out")


def _check_vectors(scope: Scope, where: Key, model: Model) -> None:
    """A caller stores vectors, and compares them with each other."""
    coming, rollout = next_of(model), model.rollout
    same = (coming.model, coming.revision) == (model.model, model.revision)
    if same or rollout is None or rollout.strategy != "canary" or task_of(scope.catalog, model) != "embed":
        return
    got = f"another model for {rollout.weight} % of the requests: its vectors can't be compared with the others"
    write = "write rollout: {strategy: blueGreen}, with clients whose texts were embedded again"
    scope.report.wrong((*where[:-1], "rollout", "strategy"), got, write, reads=[where])


def _check_sleep(scope: Scope, where: Key, model: Model) -> None:
    """A request that goes to either is held for both or for none."""
    low, coming = model.replicas.min, next_of(model).replicas.min
    if model.rollout is not None and model.rollout.strategy == "canary" and (low == 0) != (coming == 0):
        got = f"min {coming} beside min {low} of the model: a share of the requests would be held, and the rest not"
        at: Key = (*where, "replicas")
        own = next_of(model).replicas
        lines = f"replicas: {{min: {min(low, 1)}, max: {own.max}}} in next"
        both = "so that both sleep" if low == 0 else "so that neither sleeps"
        scope.report.wrong(at, got, f"write {lines}, {both}; or strategy: blueGreen")
