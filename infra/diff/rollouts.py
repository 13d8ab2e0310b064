"""What a rollout means for the users of a model: of this change, and of those to come."""

from collections.abc import Iterator

from infra.diff.events import AWAY, ELSEWHERE, ROLLOUT
from infra.diff.fallbacks import answers_meanwhile, fallback_of
from infra.diff.figures import rollout
from infra.diff.no_node import if_a_node_is_free
from infra.diff.replicas import about
from infra.diff.versions import answers, asked_for, is_idle
from infra.plan.rules import Rule
from infra.sides.types import Side


def during_rollout(name: str, old: Side, new: Side, cold: int) -> tuple[str, str, int | None]:
    """The effect of a rollout; the Deployment's strategy decides whether a pod is ready at all times."""
    _, unavailable = rollout(new, name)
    before = running(old, name)
    left = min(before, running(new, name) - unavailable)
    if is_idle(old, new, name):
        but = " but those that ask for it" if asked_for(new, name) else ""
        return ROLLOUT, f"without requests{but}: the other version answers them meanwhile", None
    if left <= 0:
        gap = _gap(new, name)
        which = f" for {of}" if (of := answers(new, name) or answers(old, name)) else ""
        down = f"down for {about(gap)}{which}: the old pod ends before the new one starts"
        event, text = without_servers(name, old, new, f"{down}{if_a_node_is_free(name, old, new)}")
        return event, while_awake(name, old, new, text), gap
    text = f"a rollout without a gap: the new pod starts first, {about(cold)} per replica"
    if not unavailable and _lacks_gpus(name, new):
        text = "a rollout that is stuck wherever no GPU is free for the new pod, and `pulumi up` refuses the plan"
    elif unavailable:
        text = f"a rollout, with {left} of {before} replicas; {about(cold)} per replica"
        text = f"{text}{if_a_node_is_free(name, old, new)}"
    return ROLLOUT, while_awake(name, old, new, text), None


def without_servers(name: str, old: Side, new: Side, text: str) -> tuple[str, str]:
    """Of a change for whose time no pod answers: the event, and `down ...` or `may be down ...` in whole."""
    instead = answers_meanwhile(old, new, name)
    if instead is None:
        return AWAY, text
    verb = "" if text.startswith("may ") else "are "
    return ELSEWHERE, f"its own servers {verb}{text}; {instead} answers meanwhile, so prompts leave to it"


def while_awake(name: str, old: Side, new: Side, text: str) -> str:
    """What ends its pods, of a model that may have none."""
    if old.models[name]["replicas"]["min"] > 0:
        return text
    starts = new.models[name]["replicas"]["min"] > 0
    then = f"its first replica starts, {about(starts_in(name, old, new))}" if starts else "nothing ends"
    return f"if it is awake, {text}; asleep, {then}"


def later_rollouts(name: str, old: Side, new: Side) -> Iterator[str]:
    """Whether each future rollout stops the model, where that is different from the rollouts until now."""
    (kind_before, before), (kind_after, after) = _each_rollout(name, old), _each_rollout(name, new)
    if kind_before != kind_after:
        yield f"each rollout: {after}, was {before}"


def stops_from_now(name: str, old: Side, new: Side) -> bool:
    """Whether each future rollout stops a model that no rollout stopped."""
    both = can_start(name, old) and can_start(name, new)
    return both and _each_rollout(name, new)[0] == AWAY != _each_rollout(name, old)[0]


def _each_rollout(name: str, side: Side) -> tuple[str, str]:
    """What happens, and the words for it."""
    replicas, (_, unavailable) = running(side, name), rollout(side, name)
    if not unavailable or answers(side, name) is not None:
        if _lacks_gpus(name, side):
            return "stuck", "stuck wherever no GPU is free for the new pod"
        return ROLLOUT, "without a gap"
    if replicas <= unavailable:
        down, back = f"down for {about(_gap(side, name))}", fallback_of(side, name)
        return (ELSEWHERE, f"own servers {down}, and {back[0]} answers") if back else (AWAY, down)
    return "fewer", f"with {replicas - unavailable} of {replicas} replicas"


def _lacks_gpus(name: str, side: Side) -> bool:
    """Whether the side's plan says that its pool has no GPU for a new pod beside every old one."""
    pool = f"gpuPools.{side.models[name].get('pool')}."
    broken = [each["path"] for each in side.plan.get("violations", []) if each["rule"] == Rule.GPUS_AT_PEAK]
    return any(path.startswith(pool) for path in broken)


def _gap(side: Side, name: str) -> int:
    """Shorter than a cold start: the new pod comes on the old one's node."""
    return (side.models[name].get("rollout") or {}).get("gap_seconds") or cold_start(side, name)


def running(side: Side, name: str) -> int:
    """At least, while it is asked: a model that may sleep has one then."""
    replicas = side.models[name]["replicas"]
    return max(replicas["min"], min(1, replicas["max"]))


def can_start(name: str, side: Side) -> bool:
    """An older program says only whether it fits."""
    model = side.models[name]
    return model.get("starts", model["fits"] is not False)


def cold_start(side: Side, name: str) -> int:
    return side.models[name].get("cold_start_seconds") or 0


def starts_in(name: str, old: Side, new: Side) -> int:
    """The seconds of a start during `pulumi up`: where only the change makes pods that keep GPUs free (`spare`), there
    is no node of theirs yet."""
    pool = new.models[name].get("pool") or ""
    kept_already = old.pools.get(pool, {}).get("spare_gpus", 0) > 0
    on_new_node = (new.models[name].get("cold_start") or {}).get("on_new_node_seconds")
    return cold_start(new, name) if kept_already else on_new_node or cold_start(new, name)
