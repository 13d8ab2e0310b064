"""The way out: the same change without a gap, where there is one."""

from collections.abc import Iterator, Sequence

from infra.diff.guard import SYSTEM_NODES, Guarded, serving
from infra.diff.traffic import NODE_GROUP, Notice
from infra.diff.types import Side, type_of


def advice(old: Side, new: Side, refused: Sequence[Guarded], notices: Sequence[Notice]) -> list[str]:
    """A sentence for each name that `allow` would have to give, and for what EKS refuses.

    What is to be written stands in backquotes.
    """
    found: dict[str, str] = {}
    for each in refused:
        found.setdefault(each.name, _way(each, old, new, notices))
    return [*(found[name] for name in sorted(found)), *_back(old, new)]


def _back(old: Side, new: Side) -> Iterator[str]:
    """https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html"""
    was, now = (_version(side) for side in (old, new))
    if was and now and now < was:
        yield (
            "EKS refuses an older `cluster.create.version`, but for one minor version within 7 days of an upgrade,"
            " node groups first: go back by hand before this is merged (docs/platform/upgrade.md)."
        )


def _version(side: Side) -> tuple[int, ...]:
    cluster = side.resource("aws:eks/cluster:Cluster", "cluster-eks")
    parts = str(cluster["inputs"].get("version", "")).split(".") if cluster else []
    return tuple(int(part) for part in parts if part.isdecimal())


def _way(each: Guarded, old: Side, new: Side, notices: Sequence[Notice]) -> str:
    allow = f"`allow: {{{each.act}: [{each.name}]}}`"
    if type_of(each.urn) != NODE_GROUP:
        return _ELSEWHERE[each.name].format(allow=allow)
    if each.name == SYSTEM_NODES:
        return f"The system nodes run the operators and the gateway, and EKS drains them: {allow}, when few call."
    if not new.exists:
        return f"Take the stack down with `pulumi destroy` first; its file goes with {allow} in the base."
    models = serving(old, each.name)
    if each.act == "remove":
        return (
            f"In two pull requests: move {', '.join(models)} to another pool first, then remove `{each.name}`"
            f" with {allow}."
        )
    gap = any(notice.seconds is not None for notice in notices if notice.model in models)
    if not gap:
        return f"The models' pods go to the new nodes before the old ones are ended, so no gap is seen: {allow}."
    return "".join(_beside(each.name, models, old, new))


def _beside(pool: str, models: Sequence[str], old: Side, new: Side) -> Iterator[str]:
    types = new.pools[pool]["instance_types"]
    name = _free(f"{pool}-1", {*old.pools, *new.pools})
    write = f"{name}: {{instanceTypes: [{', '.join(types)}]}}"
    if new.pools[pool].get("capacity") == "spot":
        write = write.replace("}", ", capacity: spot}")
    yield f"Without a gap: leave `{pool}` as it is and add a pool beside it, `{write}`, set "
    yield ", ".join(f"`models.{model}.pool: {name}`" for model in models[:3])
    yield f" and {len(models) - 3} more" if len(models) > 3 else ""
    yield f", and remove `{pool}` in a second pull request (`allow: {{remove: [{pool}]}}`)."


def _free(name: str, taken: set[str]) -> str:
    stem, number = name.rpartition("-")[0], 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


_NEW_STACK = (
    "Without a gap: a new stack beside this one, move the DNS name when it serves; destroy this one. Else {allow}."
)
_ELSEWHERE = {
    "cluster": _NEW_STACK,
    "network": _NEW_STACK,
    "kubernetes": "Everything in the cluster would be made anew. " + _NEW_STACK,
    "cache": "Every model is away until its weights are downloaded again; nothing else is lost. Without a gap:"
    " a new stack beside this one. If meant: {allow}.",
}
