"""Room in the claim of the weights: a change downloads weights beside those that are there, and deletes none."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.findings import Found
from infra.owner import CLAIM, VOLUME
from infra.plan.words import kubectl
from infra.registry import holds_data, owner_of
from infra.services.weights.plan import size_for
from infra.services.weights.service import WEIGHTS
from infra.sides.types import Side, type_of

STORAGE = "spec.resources.requests.storage"
SIZE = "cache.size"


def too_little_room(old: Side, new: Side) -> Iterator[Found]:
    """In the words of a plan's warnings. A claim that would shrink is refused with its size until now: it counts."""
    for stays, added, has, size in _too_full(old, new):
        yield {
            "path": SIZE,
            "message": f"{stays:.1f} GiB of weights are in the claim and stay there, {added:.1f} come beside them,"
            f' and it has {has}: the download would find it full; write {SIZE}: "{size}"',
            "kind": SIZE,
        }


def sizes_asked(old: Side, new: Side) -> Iterator[str]:
    """What the weights need, by the new plan's violations and by the room beside those that stay."""
    for violation in new.plan.get("violations", []):
        yield from (way["write"][SIZE] for way in violation.get("advice", ()) if SIZE in way["write"])
    yield from (size for *_, size in _too_full(old, new))


def _too_full(old: Side, new: Side) -> Iterator[tuple[float, float, str, str]]:
    """GiB that stay and that come, the size of the claim, and the size that it needs."""
    was, claim = _claim(old), _claim(new)
    before, after = weights_of(old, new)
    there = before if was else {}
    come = {folder: size for folder, size in after.items() if folder not in there}
    stays, added = sum(there.values()), sum(come.values())
    if claim is None or not stays or not come:
        return
    if stays + added > max(gib(_storage(each)) for each in (claim, was) if each is not None):
        yield stays, added, _storage(claim), f"{size_for(stays + added)}Gi"


def growing(old: Side, new: Side) -> Iterator[Found]:
    """The user's own StorageClass may refuse a claim that grows; those that this program makes allow it."""
    was, now = _claim(old), _claim(new)
    if was is None or now is None or gib(_storage(now)) <= gib(_storage(was)) or _made(new):
        return
    name = now["inputs"]["spec"].get("storageClassName")
    existing = (new.platform.get("cluster") or {}).get("existing") or {}
    command, field = kubectl(existing.get("context")), "'{.allowVolumeExpansion}'"
    yield {
        "path": SIZE,
        "message": f"the claim grows from {_storage(was)} to {_storage(now)}, which"
        f" {name or 'the default StorageClass'} has to allow, and many NFS provisioners don't:"
        f" `{command} get storageclass {name or ''}{' ' * bool(name)}-o jsonpath={field}` has to say true, or"
        f" `pulumi up` stops at the claim; cache.size: {_storage(was)} leaves it as it is",
    }


def gib(size: str) -> int:
    return int(size[:-2]) * (1024 if size.endswith("Ti") else 1)


def _claim(side: Side) -> Mapping[str, Any] | None:
    """The claim of the weights, if its size counts; on a volume that is bound by hand it doesn't."""
    for each in side.resources:
        if type_of(each["urn"]) == CLAIM and owner_of(each["urn"]) is WEIGHTS:
            return None if each["inputs"]["spec"].get("volumeName") else each
    return None


def _storage(claim: Mapping[str, Any]) -> str:
    return claim["inputs"]["spec"]["resources"]["requests"]["storage"]


def _made(side: Side) -> bool:
    classes = (each["urn"] for each in side.resources if type_of(each["urn"]).endswith(":StorageClass"))
    return any(owner_of(urn) is WEIGHTS for urn in classes)


def stores(side: Side) -> set[str]:
    """The URNs of what keeps the weights: a claim, a file system, a bucket. A volume keeps nothing itself."""
    found = (each["urn"] for each in side.resources if type_of(each["urn"]) != VOLUME)
    return {urn for urn in found if holds_data(type_of(urn)) and owner_of(urn) is WEIGHTS}


def weights_of(old: Side, new: Side) -> tuple[dict[str, float], dict[str, float]]:
    """GiB by folder, on both sides; where an older program doesn't say them, by repository and revision."""
    if all("weights" in side.plan for side in (old, new)):
        return dict(old.plan["weights"]), dict(new.plan["weights"])
    return _of_models(old), _of_models(new)


def _of_models(side: Side) -> dict[str, float]:
    """An older program doesn't say how large either."""
    return {
        f"{model['model']}/{model.get('revision') or 'main'}": model.get("weights_on_disk_gib") or 0.0
        for model in side.models.values()
    }
