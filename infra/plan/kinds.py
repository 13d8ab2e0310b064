"""Kinds of warnings: when several models or pools have the same warning, it is one line with their names."""

from collections.abc import Iterable

from infra.plan.alike import alike, parts
from infra.plan.notes import Note, Warned

RARE_TYPE = "rare-type"  # of a pool: the cloud that makes its nodes rarely has one of this type; `detail` names it
# The words of that line; each model or pool adds its own figure in brackets.
KINDS = {
    "no-revision": (
        "no revision is given: the branch main of the repository can change, and with it what is served;"
        " `llm-platform model add ORG/NAME` pins the commit at which it reads the files"
    ),
    "moving-revision": (
        "the branch main of the repository can change, and with it what is served: write a commit, or take the line"
        " out, and `llm-platform model add ORG/NAME` pins the commit at which it reads the files"
    ),
    "adapter-revision": "no revision is given: main of the repository can move, and with it what is served",
    "draft-revision": "no revision is given: main of the repository can move, and with it what proposes tokens",
    "one-replica": "one replica: if it is lost, the model has no servers until another replica has started",
    "sleeps": (
        "no replica while nobody asks: who comes first is held until one has started and gets no byte meanwhile, so"
        " callers need a client timeout that is longer, or send `Prefer: wait=N` (seconds) and come again after a 503"
    ),
    "sleeps-elsewhere": (
        "no replica while nobody asks: who comes first is held for a while, then answered by the model's fallback"
    ),
    "stops-at-change": "each change stops the model, because its old pod ends before the new one starts",
    "not-certain": "fits, but not for certain: cache at the low end",
    "tokens-estimated": (
        "some layers don't keep every token, and how many they keep differs by version: tokens are an estimate"
    ),
    "no-model": "no estimate: the engine has no memory model, and whether the model fits was not judged",
    "cache-unknown": "the cache per token isn't known: whether a context fits was not judged",
    "cache-unused": "no cache is made, because no model's weights are downloaded: leave the section out",
    "no-concurrency": "no concurrency is given: check that a replica holds enough requests",
    "mostly-empty": "the model needs a small part of its GPUs, and the rest stays empty, or is cache for more requests",
    "no-free-node": (
        "Kubernetes may choose nodes for the other replicas with which no node has enough free GPUs for a model: a"
        " separate pool reserves nodes for it, and a pool that the stack makes may have a larger max instead. Write"
        " what stands at one model, then plan again"
    ),
    "licence-unknown": (
        "it isn't known whether the repository asks for a licence: look at its page at huggingface.co. If it does,"
        " accept the licence there and set huggingFaceToken, or the download fails"
    ),
    "spot": (
        "the cloud takes spot nodes away with two minutes' notice, and may have none when they are needed: `capacity:"
        " [spot, on-demand]` then asks for others"
    ),
    "spot-step": "the cloud takes spot nodes away with two minutes' notice",
    "block": "a Capacity Block has nodes in its window alone: they are drained before its end",
    "reads-bucket": (
        "the pods may open HTTPS connections to any address, because a network policy can't name a bucket; pods that"
        " read the cache have no way out"
    ),
    "unused-pool": "no model runs on the pool, and it can be removed",
    "one-zone": "only one of the stack's zones offers the pool's types",
}


def by_kind(warnings: Iterable[Warned]) -> tuple[Note, ...]:
    """One note per kind, in the order in which the kinds appear first. A single warning of a kind stays as it is."""
    groups = alike((each, _kind(each)) for each in warnings)
    return tuple(_one(path, what, group) for (path, what), group in groups.items())


def _kind(warned: Warned) -> tuple[str, str]:
    """What several warnings of one kind share: the setting and the words."""
    section, name, key = parts(warned.path)
    what = warned.shared or KINDS.get(warned.kind, warned.message)
    return (f"{section}.*.{key}" if name else warned.path), what


def kind_of(path: str) -> str:
    """The kind of a warning that names none: the setting that it is about."""
    section, name, key = parts(path)
    return ".".join(filter(None, (section, "*", key))) if name else path


def _one(path: str, what: str, group: list[Warned]) -> Note:
    if len(group) == 1:
        return Note(group[0].path, group[0].message)
    names = [f"{parts(each.path)[1]}{f' ({each.detail})' if each.detail else ''}" for each in group]
    return Note(path.removesuffix("."), f"{what}: {', '.join(names)}")
