"""Names of weights that are in the cluster already: nothing downloads them, and they have no revisions."""

import re
from dataclasses import dataclass

_PARTS = r"(?:/(?!\.{1,2}(?:/|$))[\w.-]+)"
_CLAIM = re.compile(rf"pvc://([a-z0-9](?:[-.a-z0-9]{{0,251}}[a-z0-9])?)({_PARTS}*)")
_FORM = "pvc://CLAIM/PATH, e.g. pvc://weights/support-8b"
_HUB = re.compile(r"(?:hf://|https?://(?:www\.)?huggingface\.co/)([\w.-]+/[\w.-]+)")

_INSTEAD = {
    "file": "make a PersistentVolume of the nodes' directory and a claim of it (Pod Security refuses"
    " pods with hostPath)",
    "s3": "make a PersistentVolume of the bucket by the CSI driver of Mountpoint for S3 and a claim of it, or copy the"
    " files to a volume of the cluster",
}


@dataclass(frozen=True)
class Claim:
    """A claim of the models' namespace, and the path of the model's directory in it; blank: its root."""

    name: str
    path: str


def place_of(model: str) -> Claim | None:
    """None where a model's name isn't that of a place in the cluster."""
    found = _CLAIM.fullmatch(model)
    return Claim(found[1], found[2].removeprefix("/")) if found else None


def is_url(model: str) -> bool:
    """Whether a name says where the weights are. Whether the place can be read is another question."""
    return "://" in model


def bad_place(model: str) -> tuple[str, str] | None:
    """What is wrong with a URL, and what to write instead; None: nothing."""
    scheme = model.partition("://")[0]
    if place_of(model) is not None:
        return None
    if found := _HUB.match(model):
        return "a repository is named without a URL", f"write {found[1]}"
    if scheme == "pvc":
        return "no claim with a path in it", f"write {_FORM}"
    instead = _INSTEAD.get(scheme, "copy them to a volume of the cluster")
    return f"weights can't be served from {scheme}://", f"{instead}, and write {_FORM}"
