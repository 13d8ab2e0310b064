"""What callers notice of a model's next version: as it comes, gets more or fewer requests, changes and goes."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.replicas import about, first_waits
from infra.engines import ENGINES
from infra.plan.versions import ALL, ENOUGH, NEXT, VERSION
from infra.plan.words import count as counted
from infra.services.serving.next import OWN
from infra.sides.types import Side

_ASKED = f"{VERSION}: {NEXT}"
_AT_ONCE = (
    "; an Envoy that learns of it in the same change as of its share may answer some requests with 503 and"
    " Retry-After: 1"
)


def model_of(side: Side, server: str) -> str | None:
    """The model whose next version a server is; None: it is no next version."""
    return (side.models.get(server) or {}).get("next_of")


def coming(side: Side, model: str) -> Mapping[str, Any] | None:
    """`server`, `weight`, `clients` and `trials` of a model's next version; None: it has none."""
    return (side.models.get(model) or {}).get("next")


def _paused(side: Side, model: str) -> bool:
    """Neither server of a paused model gets a request."""
    return bool(side.endpoint(model).get("paused"))


def answers(side: Side, server: str) -> str | None:
    """Which requests to its model a server answers, besides those that ask for a version. Empty: none; None: it is the
    only one, and answers all."""
    model = model_of(side, server)
    found = coming(side, model or server)
    if found is None or _paused(side, model or server):
        return None if model is None else ""
    clients = ", ".join(found["clients"]) if found["weight"] < ALL else ""
    if model is None:
        but = f" but those of {clients}" if clients else ""
        return f"{ALL - found['weight']} % of the requests{but}" if found["weight"] < ALL else ""
    share = [f"{found['weight']} % of the requests"] if found["weight"] else []
    return " and ".join([*share, *([f"all requests of {clients}"] if clients else [])])


def answering(side: Side, name: str) -> str:
    """The server that answers under a name: the next version only where it gets all requests."""
    found = coming(side, name)
    return found["server"] if found is not None and found["weight"] == ALL else name


def is_idle(old: Side, new: Side, server: str) -> bool:
    """Whether it answers nothing before a change, nor after it, but what asks for it."""
    return answers(old, server) == "" == answers(new, server)


def asked_for(side: Side, server: str) -> bool:
    """Whether a next version answers requests that ask for it."""
    model = model_of(side, server) or ""
    found = coming(side, model)
    if found is None or _paused(side, model):
        return False
    return found["weight"] < ALL and found.get("trials", True)


def to_next(side: Side, model: str) -> str:
    found = coming(side, model)
    if found is None:
        return "none, as there is no next version"
    if _paused(side, model):
        return f"none, as {model} is paused"
    also = f", and all of {', '.join(found['clients'])}" if found["clients"] else ""
    return f"{found['weight']} %{also}"


def comes(new: Side, server: str, seconds: str) -> tuple[str, str]:
    """Of a next version that is new: during `pulumi up`, and afterwards."""
    model = model_of(new, server) or ""
    if _paused(new, model):
        return f"no pod runs: {model} is paused", f"answers of the requests to {model}: {to_next(new, model)}"
    at_once = _AT_ONCE if answers(new, server) else ""
    during = f"starts beside {model}, which answers all requests until it is ready, in about {seconds}{at_once}"
    trials = f"; and those with {_ASKED}" if asked_for(new, server) else ""
    return during, f"answers of the requests to {model}: {to_next(new, model)}{trials}"


def goes(old: Side, new: Side, server: str) -> tuple[str, str]:
    """Of a next version that is gone."""
    trials = [f"those with {_ASKED}"] if asked_for(old, server) else []
    reached = " and ".join([*([found] if (found := answers(old, server)) else []), *trials])
    how = "so run `llm-platform rollback` or `promote` instead, which empty it first"
    during = f"ends: until then it answers {reached}, {how}" if reached else "ends, without requests"
    model = model_of(old, server) or ""
    return during, f"{model} {'is paused' if _paused(new, model) else 'answers all requests'}"


def begins_to_answer(old: Side, new: Side, model: str) -> bool:
    """Whether a next version answers a part of the requests that don't ask for it, and answered none before."""
    found = coming(new, model)
    if found is None or found["weight"] == ALL or not answers(new, found["server"]):
        return False
    return coming(old, model) is None or not answers(old, found["server"])


def takes_over(old: Side, new: Side, model: str) -> bool:
    """Whether a next version answers all requests from now on."""
    return answering(new, model) != model and answering(old, model) == model and not _paused(new, model)


def ends_with_requests(old: Side, new: Side, model: str) -> bool:
    """Whether a next version ends that answers more than what asks for it."""
    found = coming(old, model)
    return found is not None and coming(new, model) is None and bool(answers(old, found["server"]))


def share_changed(old: Side, new: Side, model: str) -> Iterator[str]:
    yield from _share(old, new, model)
    yield from _shorter(old, new, model)


def _share(old: Side, new: Side, model: str) -> Iterator[str]:
    if coming(old, model) is None or coming(new, model) is None:
        return
    was, now = to_next(old, model), to_next(new, model)
    if _paused(new, model):
        yield from [f"to its next version: {now}, was {was}"] if was != now else []
        return
    if was != now:
        yield f"to its next version: {now} of the requests, was {was}"
        yield from _must_grow(old, new, model) if not _paused(old, model) else ()
    server = (coming(new, model) or {})["server"]
    before, after = asked_for(old, server), asked_for(new, server)
    if before != after:
        yield f"requests with {_ASKED} are answered {'by the next version' if after else 'like any other'}"


def _shorter(old: Side, new: Side, model: str) -> Iterator[str]:
    """Where it begins to answer a part of the requests. Where it answers all, the row of its model says it."""
    if not begins_to_answer(old, new, model):
        return
    server = (coming(new, model) or {})["server"]
    tokens, engine = new.models[server]["max_model_len"], ENGINES.get(new.models[server]["engine"])
    truncates = engine is not None and engine.limits.truncates_prompts
    if not truncates and tokens < new.models[model]["max_model_len"]:
        yield f"a request that its next version answers has up to {tokens:,} tokens; a longer one is refused"


def _must_grow(old: Side, new: Side, model: str) -> Iterator[str]:
    """Of the server that gets more requests, where it may have too few replicas for them."""
    was, now = coming(old, model) or {}, coming(new, model) or {}
    server = model if now["weight"] < was["weight"] else now["server"]
    replicas = new.models[server]["replicas"]
    if replicas["min"] == 0:
        yield f"{server} may sleep: who comes first waits {first_waits(server, new)} for a replica to start"
    elif _may_lack(was["weight"], now["weight"]) and replicas["min"] < replicas["max"]:
        has = f"{server} may have only {counted(replicas['min'], 'replica')} when all requests come"
        more = f"and starts more within {about(new.models[server].get('cold_start_seconds') or 0)} each"
        do = "promote" if now["weight"] == ALL else "rollback"
        yield f"{has}, {more}; `llm-platform {do}` starts them first"


def _may_lack(was: int, now: int) -> bool:
    """All requests move to a server that has replicas for fewer. A model scales by those of both while its next version
    answers all."""
    return now == ALL or (now == 0 and ALL - ENOUGH < was < ALL)


def how(old: Side, new: Side, stack: str) -> Iterator[str]:
    """What to do next about versions that this change begins or moves."""
    for model in sorted(new.models):
        found = coming(new, model)
        if found is None or _paused(new, model):
            continue
        if found == coming(old, model) and _taken_over(old, model) == _taken_over(new, model):
            continue
        if coming(old, model) is None and answers(new, found["server"]):
            yield (
                f"{model} gets a next version and its requests in one change: apply `models.{model}.rollout:"
                " {strategy: blueGreen}` first, and its share and its clients once that is deployed."
            )
        yield f"{model} {_way_on(new, model, stack)}"


def _way_on(side: Side, model: str, stack: str) -> str:
    found = coming(side, model) or {}
    promote, rollback = (f"`llm-platform {each} {stack} {model}`" for each in ("promote", "rollback"))
    if _taken_over(side, model):
        return f"has the settings of its next version: run {promote} again until the second server is gone."
    if found["weight"] < ALL and not answers(side, found["server"]) and not asked_for(side, found["server"]):
        return f"has a next version that nobody reaches: {rollback} ends it."
    more = f"raise `models.{model}.rollout.weight` as long as it does well; " if found["weight"] < ALL else ""
    both = f"{promote} gives the model its settings, and {rollback} ends it, both without a lost request."
    return f"has a next version{' that answers all requests' * (not more)}: {more}{both}"


def one_version(side: Side, model: str) -> str:
    """What leaves a model with one version."""
    stack = str(side.plan.get("stack", "STACK"))
    return " or ".join(f"`llm-platform {each} {stack} {model}`" for each in ("promote", "rollback"))


def _taken_over(side: Side, model: str) -> bool:
    """Whether a promotion gave the model the settings of its next version: then `next` has replicas at most."""
    written = ((side.platform.get("models") or {}).get(model) or {}).get("next")
    return written is not None and not set(written) - {*OWN}
