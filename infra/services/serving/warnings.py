"""What of a model is allowed, and worth a second look."""

from collections.abc import Iterator, Mapping

from infra.plan.cluster import Loss
from infra.plan.findings import warned
from infra.plan.models import ColdStart, RolloutPlan
from infra.plan.notes import Finding
from infra.services.serving.placement import Placed
from infra.sizing.estimates import held
from infra.sizing.kv_cache import is_exact, keeps_cache

# Where its node is lost, and not its pod alone.
_NODE_LOST: Mapping[Loss | None, str] = {
    "may_wait": "; with its node, until that is back where others take the free GPUs first",
    "waits": "; with its node, until that is back",
}


def warn_of_model(placed: Placed, rollout: RolloutPlan, start: ColdStart, loss: Loss | None) -> Iterator[Finding]:
    """`loss`: of its node, where nodes are counted."""
    served, path = placed.served, placed.served.path
    model = served.settings
    if model.revision is None and served.engine.library is None:
        find = f"`git ls-remote https://huggingface.co/{model.model} main` prints the commit to write"
        message = f"none is given: main of {model.model} can move, and with it what is served; {find}"
        yield warned(f"{path}.revision", message, kind="no-revision")
    if served.replicas.min == 1 and not model.paused:
        away = _about(start.seconds)
        node = _NODE_LOST.get(loss, "")
        message = f"one replica: if it is lost, {away} without {served.name}{node}"
        yield warned(f"{path}.replicas.min", message, kind="one-replica", detail=f"{away}{node}")
    if rollout.gap_seconds is not None and not model.paused:
        gap = _about(rollout.gap_seconds)
        message = f"each change stops {served.name}: its old pod goes first, {gap} without {served.name}"
        yield warned(f"{path}.replicas", message, kind="stops-at-change", detail=gap)
    if placed.sized is None:
        return
    fit = placed.sized.fit
    if not fit.estimated:
        yield warned(f"{path}.engine", f"{fit.reasons[0]}: whether {served.name} fits was not judged", kind="no-model")
        return
    if fit.fits and not fit.certain:
        low = fit.kv_cache_gib.low if fit.kv_cache_gib else 0.0
        message = f"fits, but not for certain: {low:.1f} GiB of cache at the low end"
        yield warned(f"{path}.maxModelLen", message, kind="not-certain", detail=f"{low:.1f}")
    if served.shape is not None and served.task == "chat" and not is_exact(served.shape):
        kind = served.shape.attention or "sliding-window"
        yield warned(
            f"{path}.model",
            f"{kind} layers keep less than every token, by rules that differ by version:"
            f" {fit.kv_cache_tokens:,} tokens are an estimate",
            kind="tokens-estimated",
            detail=f"{kind}, {fit.kv_cache_tokens:,}",
        )
    if fit.kv_bytes_per_token is None and (served.shape is None or keeps_cache(served.shape)):
        message = "its cache per token isn't known: whether a context fits was not judged"
        yield warned(f"{path}.model", message, kind="cache-unknown")
    if model.paused or not served.engine.limits.takes_batch or model.concurrency is not None:
        return
    if fit.max_concurrency is not None and fit.fits:
        holds = f"{held(fit.max_concurrency)} of {served.max_model_len:,} tokens"
        message = f"none is given; a replica holds {holds}: is that enough?"
        yield warned(f"{path}.concurrency", message, kind="no-concurrency", detail=holds)


def _about(seconds: float) -> str:
    return f"about {max(1, round(seconds / 60))} min"
