"""How to make the same change without a gap, where that is possible; each sentence holds for its change alone."""

from collections.abc import Iterable, Iterator, Sequence

from infra.diff.beside import as_yaml, beside, budget_of_both, is_possible, listed, second
from infra.diff.engine_keys import one_key_after_the_other
from infra.diff.events import AWAY, ELSEWHERE
from infra.diff.fewer_first import fewer_first
from infra.diff.guard import SYSTEM_NODES, Guarded, serving
from infra.diff.interim import with_both
from infra.diff.moved_weights import moved_weights
from infra.diff.nodes import node_group
from infra.diff.rolling import without_a_gap
from infra.diff.settings import settings_changed
from infra.diff.traffic import Notice
from infra.diff.two_changes import two_changes
from infra.diff.versions import how
from infra.diff.windows import loses_times
from infra.owner import CLAIM, VOLUME
from infra.plan.alike import alike
from infra.registry import clouds, ground_names, owner_of
from infra.services.weights.service import WEIGHTS
from infra.sides.types import Side


def advice(old: Side, new: Side, refused: Sequence[Guarded], notices: Sequence[Notice]) -> list[str]:
    """A sentence for each name that `allow` would have to list, and for each change that a cloud refuses.

    Text for the stack file stands in backquotes.
    """
    waiting = {each.model: each.waits for each in notices if each.waits is not None}
    return [
        *_ways(old, new, refused, notices),
        *([] if refused else without_a_gap(old, new, notices)),
        *(each for cloud in clouds() for each in cloud.types.advice(old, new)),
        *two_changes(old, new, waiting),
        *fewer_first(old, new, waiting),
        *one_key_after_the_other(old, new),
        *how(old, new, str(new.plan.get("stack", "STACK"))),
    ]


def _ways(old: Side, new: Side, refused: Sequence[Guarded], notices: Sequence[Notice]) -> list[str]:
    if refused and not new.exists:
        return [f"Take the stack down with `pulumi destroy` first; its file goes with {_allow(refused)} in the base."]
    if any(each.name in ground_names() for each in refused):
        return [_new_stack(old, refused)]
    by_name = sorted(alike((each, each.name) for each in refused).items())
    ways = [_way(found, old, new, notices) for _, found in by_name]
    return [*ways, *_at_once([found[0] for _, found in by_name], old, new, notices)]


def _allow(refused: Iterable[Guarded]) -> str:
    names: dict[str, set[str]] = {}
    for each in refused:
        names.setdefault(each.act, set()).add(each.name)
    return f"`allow: {as_yaml({act: sorted(found) for act, found in sorted(names.items())})}`"


def _new_stack(old: Side, refused: Sequence[Guarded]) -> str:
    """One sentence for everything that is guarded, because it is replaced together."""
    create = (old.platform.get("cluster") or {}).get("create") or {}
    named = ", with another `cluster.create.name`" if "name" in create else ""
    move = "move the DNS name" if old.platform.get("gateway") else "have its callers use its URL"
    lost = (
        "Everything in the cluster would be recreated. " if any(each.name == "kubernetes" for each in refused) else ""
    )
    return (
        f"{lost}Without a gap: a new stack beside this one{named}; {move} when it serves; destroy this one."
        f" Else {_allow(refused)}."
    )


def _way(found: Sequence[Guarded], old: Side, new: Side, notices: Sequence[Notice]) -> str:
    allow, nodes = _allow(found), node_group(found[0].urn)
    if nodes and found[0].name == SYSTEM_NODES:
        by = f"and {nodes.ended_by} drains them"
        return f"The system nodes run the operators and the gateway, {by}: {allow}, at a time with few requests."
    if nodes:
        return _pool(found[0], allow, old, new, notices)
    if (owner := owner_of(found[0].urn)) is not WEIGHTS:
        return f"{owner.title} loses the data in it: copy it first, or leave it as it is. If this is intended: {allow}."
    return moved_weights(old, new) + _weights(found, allow, old, new, notices)


def _weights(found: Sequence[Guarded], allow: str, old: Side, new: Side, notices: Sequence[Notice]) -> str:
    if not _running(old) & _running(new):
        return f"No model that runs now runs afterwards, so none needs the weights: {allow}."
    down = _running(new) & _down(notices)
    if not down or not any(each.act == "replace" for each in found):
        gap = "with the gap of a rollout that users notice" if down else "so users notice no gap"
        return f"The weights are downloaded again before the old pods end, {gap}: {allow}."
    until = "its weights are downloaded again; nothing else is lost"
    if all(_keeps_its_files(each, old, new) for each in found):
        until = "its pods run again; the weights stay in the file system"
    return (
        f"Every model is down until {until}. Without a gap: a new stack beside this one. If this is intended: {allow}."
    )


def _keeps_its_files(each: Guarded, old: Side, new: Side) -> bool:
    """Whether it is a claim, and its old and new volume are of one file system, which isn't among what is lost."""
    handles = [_handle(each, side) for side in (old, new)]
    return None not in handles and handles[0] == handles[1]


def _handle(each: Guarded, side: Side) -> str | None:
    """What the volume of a claim is made of, where the claim names it."""
    claim = next((found for found in side.resources if found["urn"] == each.urn and found["type"] == CLAIM), None)
    named = claim["inputs"]["spec"].get("volumeName") if claim else None
    volumes = (found["inputs"] for found in side.resources if found["type"] == VOLUME)
    found = (volume["spec"].get("csi") for volume in volumes if named and volume["metadata"]["name"] == named)
    return next((csi["volumeHandle"] for csi in found if csi), None)


def _running(side: Side) -> set[str]:
    return {name for name in side.models if not side.paused(name)}


def _on(each: Guarded, old: Side, new: Side) -> tuple[list[str], list[str]]:
    """The models on a pool that still run, and those of them that stay there: on a group that is replaced, or on others
    that its own settings make in the place of one that is removed, as a list of capacity does."""
    on = [model for model in serving(old, each.name) if model in _running(new)]
    if each.act != "replace" and not _is_of_its_settings(each, old, new):
        return on, []
    return on, [model for model in on if model in serving(new, each.name)]


def _pool(each: Guarded, allow: str, old: Side, new: Side, notices: Sequence[Notice]) -> str:
    on, staying = _on(each, old, new)
    if not on:
        return f"No model that runs on `{each.name}` now runs afterwards, so none needs its nodes: {allow}."
    if without := [model for model in on if model in new.models and loses_times(model, old, new)]:
        pools = ", ".join(sorted({f"`gpuPools.{new.models[model]['pool']}.capacity`" for model in without}))
        return (
            f"{listed(without)} {'has' if len(without) == 1 else 'have'} no node outside a Capacity Block's window"
            f" afterwards, at whatever time you change it. Keep on-demand nodes as the last step of {pools}; if the"
            f" window alone is meant: {allow}, while the block has nodes."
        )
    gap = _down(notices)
    if not staying:
        how = (
            "with the gap that users notice" if gap & {*on} else "before the old ones are ended, so users notice no gap"
        )
        return f"{listed(on)} {'moves' if len(on) == 1 else 'move'} to other nodes {how}: {allow}."
    if not gap & {*staying}:
        return f"The models' pods go to the new nodes before the old ones are ended, so users notice no gap: {allow}."
    if not _is_of_its_settings(each, old, new):
        return (
            f"`{each.name}` is replaced because of {', '.join(each.because)}, which isn't a setting of that pool,"
            f" so a second pool would not help: {allow}, at a time with few requests."
        )
    return beside(second(each.name, staying, old, new), allow, old, new)


def _at_once(refused: Sequence[Guarded], old: Side, new: Side, notices: Sequence[Notice]) -> Iterator[str]:
    """Where several pools have a second one next to them: the bill with all of them, planned together."""
    pools = [each for each in refused if node_group(each.urn) and each.name != SYSTEM_NODES]
    moves = [second(each.name, models, old, new) for each in pools if (models := _helped(each, old, new, notices))]
    moves = [each for each in moves if is_possible(with_both(old, new, [each]))]
    if len(moves) < 2:
        return
    names = listed([each.pool for each in moves])
    then = with_both(old, new, moves)
    if then is None or not is_possible(then):
        yield f"{names} can't all have a second pool at once: change one of them after the other."
    else:
        usd = f"${then.cost.usd_per_month_max:,.0f} per month at most{budget_of_both(then)}"
        yield f"With {names} and the pools beside them at once, the bill until then is {usd}."


def _helped(each: Guarded, old: Side, new: Side, notices: Sequence[Notice]) -> list[str]:
    """The models that stay on a pool whose own settings replace it, if one of them is down then."""
    _, staying = _on(each, old, new)
    down = _down(notices) & {*staying} and _is_of_its_settings(each, old, new)
    return staying if down else []


def _down(notices: Sequence[Notice]) -> set[str]:
    """Models that are without their own servers for a while, also where a model elsewhere answers."""
    return {each.model for each in notices if each.seconds is not None or each.event in (ELSEWHERE, AWAY)}


def _is_of_its_settings(each: Guarded, old: Side, new: Side) -> bool:
    return any(path.startswith(f"gpuPools.{each.name}.") for path in settings_changed(old, new))
