"""What is allowed in a model's plan, and should be checked by a person."""

from collections.abc import Iterator, Mapping

from infra.catalog.kinds import kind_by_name
from infra.catalog.shape_said import size_unlike
from infra.plan.findings import warned
from infra.plan.models import ColdStart, RolloutPlan
from infra.plan.notes import Finding
from infra.plan.pools import Loss
from infra.plan.words import memory, minutes, without
from infra.services.serving.placed import Placed
from infra.services.serving.scaling import held_for, wakes
from infra.services.serving.served import Served
from infra.sizing.estimates import Fit, held
from infra.sizing.kv_cache import is_exact, keeps_cache

_MOVING = "main"  # a branch: its commit changes
# How the sentence goes on where the node is lost too, and not only the pod.
_NODE_LOST: Mapping[Loss | None, str] = {
    "may_wait": "; with its node, until that is back where others take the free GPUs first",
    "waits": "; with its node, until that is back",
}


def warn_of_model(placed: Placed, rollout: RolloutPlan, start: ColdStart, loss: Loss | None) -> Iterator[Finding]:
    """`loss`: what becomes of the model when its node is lost, where the number of nodes is given."""
    yield from _warn_of_revision(placed.served)
    yield from _warn_of_name(placed.served)
    if placed.starts and not placed.served.settings.paused:
        yield from _warn_of_outages(placed.served, rollout, start, loss)
    if placed.sized is not None:
        yield from _warn_of_size(placed.served, placed.sized.fit)


def _warn_of_revision(served: Served) -> Iterator[Finding]:
    model, path = served.settings, f"{served.path}.revision"
    if served.place is not None or served.revision not in (None, _MOVING) or served.question.engine.library is not None:
        return
    changes = f"the branch {_MOVING} of {model.model} can change, and with it what is served"
    find = f"`llm-platform model add {model.model}` pins the commit at which it reads the files"
    if model.revision is not None:
        yield warned(path, f"{changes}: write a commit, or take the line out, and {find}", kind="moving-revision")
        return
    given = "no revision is given: " if served.revision is None else ""
    yield warned(path, f"{given}{changes}; {find}", kind="no-revision")


def _warn_of_name(served: Served) -> Iterator[Finding]:
    """A name is no proof, so what it says against the shape that is given is only a warning."""
    model, shape, named = served.settings, served.question.shape, kind_by_name(served.settings.model)
    if model.like is None and model.architecture is None:
        return
    field, of = ("like", f"{model.like}") if model.like is not None else ("architecture", "what is written")
    if shape is not None and (said := size_unlike(model.model, shape)) is not None:
        message = (
            f"the name {model.model} says {said}, and {of} has {shape.params_b:.3g} B weights: if the name is right,"
        )
        yield warned(f"{served.path}.{field}", f"{message} the plan is wrong; give the shape of a model of that size")
    if named is not None and named[1].adapter:
        way = named[1].way(served.name, model.model)
        message = f"the name {model.model} says {named[0]}: unless it holds the whole model, {way}"
        yield warned(f"{served.path}.model", message)


def _warn_of_outages(served: Served, rollout: RolloutPlan, start: ColdStart, loss: Loss | None) -> Iterator[Finding]:
    if served.replicas.min == 1:
        away, node = f"about {minutes(start.seconds)}", _NODE_LOST.get(loss, "")
        message = f"one replica: if it is lost, {away} {without(served.name, served.fallback)}{node}"
        detail = f"{away}{_answered(served)}{node}"
        yield warned(f"{served.path}.replicas.min", message, kind="one-replica", detail=detail)
    back, none = served.settings.fallback, "no replica while nobody asks"
    if served.settings.schedule:
        none = f"outside its schedule {none}"
    if served.replicas.min == 0 and back is not None:
        held = min(held_for(start), back.after_seconds or held_for(start))
        message = f"{none}: who comes first is held for {held} s, then answered by {back.to}"
        if back.after_seconds is None:
            message += f"; it gets no byte meanwhile, so callers need a client timeout of more than {held} s, or send"
            message += " `Prefer: wait=N` (seconds) to be answered sooner"
        yield warned(
            f"{served.path}.replicas.min", message, kind="sleeps-elsewhere", detail=f"{held} s, then {back.to}"
        )
    elif served.replicas.min == 0:
        waits = f"about {minutes(wakes(start))}, up to {minutes(held_for(start))}"
        message = (
            f"{none}: who comes first is held {waits} and gets no byte meanwhile, so callers need"
            f" a client timeout of more than {held_for(start)} s, or send `Prefer: wait=N` (seconds) and come"
            " again after a 503"
        )
        yield warned(f"{served.path}.replicas.min", message, kind="sleeps", detail=waits)
    sleeps = served.replicas.min == 0
    stops = sleeps and rollout.strategy == "recreate" and not served.two_versions
    seconds = start.gap if stops else rollout.gap_seconds
    if seconds is not None:
        gap, awake = f"about {minutes(seconds)}", "if it is awake, " * sleeps
        message = (
            f"each change stops {served.name}: {awake}its old pod ends before the new one starts, {gap}"
            f" {without(served.name, served.fallback)}"
        )
        detail = f"{gap}{_answered(served)}"
        yield warned(f"{served.path}.replicas", message, kind="stops-at-change", detail=detail)


def _answered(served: Served) -> str:
    """In a line of several models."""
    return f", {served.fallback} answers meanwhile" if served.fallback is not None else ""


def _warn_of_size(served: Served, fit: Fit) -> Iterator[Finding]:
    if not fit.estimated:
        message = f"{fit.reasons[0]}: whether {served.name} fits was not judged"
        yield warned(f"{served.path}.engine", message, kind="no-model")
        return
    if fit.fits and not fit.certain:
        low = fit.kv_cache_gib.low if fit.kv_cache_gib else 0.0
        message = f"fits, but not for certain: {memory(low)} of cache at the low end"
        yield warned(f"{served.path}.maxModelLen", message, kind="not-certain", detail=memory(low))
    yield from _warn_of_cache(served, fit)
    yield from _ask_for_concurrency(served, fit)


def _warn_of_cache(served: Served, fit: Fit) -> Iterator[Finding]:
    shape, path = served.question.shape, f"{served.path}.model"
    if shape is not None and served.question.task == "chat" and not is_exact(shape):
        kind, tokens = shape.attention or "sliding-window", f"{fit.kv_cache_tokens:,}"
        message = (
            f"{kind} layers don't keep every token, and how many they keep differs by version: {tokens} tokens are an"
        )
        yield warned(path, f"{message} estimate", kind="tokens-estimated", detail=f"{kind}, {tokens}")
    if fit.kv_bytes_per_token is None and (shape is None or keeps_cache(shape)):
        message = "its cache per token isn't known: whether a context fits was not judged"
        yield warned(path, message, kind="cache-unknown")


def _ask_for_concurrency(served: Served, fit: Fit) -> Iterator[Finding]:
    model, takes_batch = served.settings, served.question.engine.limits.takes_batch
    if model.paused or not takes_batch or model.concurrency is not None:
        return
    if fit.max_concurrency is not None and fit.fits:
        holds = f"{held(fit.max_concurrency)} of {served.question.max_model_len:,} tokens"
        message = f"no concurrency is given; a replica holds {holds}: is that enough?"
        yield warned(f"{served.path}.concurrency", message, kind="no-concurrency", detail=holds)
