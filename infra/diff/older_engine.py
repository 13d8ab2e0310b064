"""A change to an older version of the engine, by the images of both sides' servers."""

from collections.abc import Iterator

from infra.catalog import load_catalog
from infra.diff.figures import deployment_of
from infra.diff.versions import answering
from infra.engines import ENGINES
from infra.engines.tags import MAY_LACK, shown, version_of_tag
from infra.sides.types import Side
from infra.sizing.question import Version


def went_back(name: str, old: Side, new: Side) -> Iterator[str]:
    engine = ENGINES.get(new.models[answering(new, name)]["engine"])
    before, after = _version(old, name), _version(new, name)
    if engine is None or before is None or after is None or before[0] != after[0] or after[1] >= before[1]:
        return
    yield f"{engine.title} goes back from {shown(before[1])} to {shown(after[1])}, which {MAY_LACK}"


def _version(side: Side, name: str) -> tuple[str, Version] | None:
    """The engine and its version; None: no server is planned, or its image says none."""
    which = answering(side, name)
    engine, deployment = side.models[which]["engine"], deployment_of(side, which)
    pinned = load_catalog().engines.get(engine)
    if pinned is None or deployment is None:
        return None
    containers = deployment["inputs"]["spec"]["template"]["spec"]["containers"]
    found = (version_of_tag(str(each["image"]), pinned) for each in containers if each["name"] == engine)
    version = next(found, None)
    return (engine, version) if version is not None else None
