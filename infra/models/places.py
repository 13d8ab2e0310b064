"""Names of weights that aren't downloaded into the cache: a claim of the cluster has them, or a directory of its nodes,
or a bucket. They have no revisions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PARTS = r"(?:/(?!\.{1,2}(?:/|$))[\w.-]+)"
_CLAIM = re.compile(rf"pvc://([a-z0-9](?:[-.a-z0-9]{{0,251}}[a-z0-9])?)({_PARTS}*)")
_NODES = re.compile(rf"file://({_PARTS}+)")
_BUCKET = re.compile(rf"s3://(?!\d+(?:\.\d+){{3}}(?:/|$))([a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9])({_PARTS}*)")
# What S3's clients read their keys from, whoever's store it is -> whether it must be there.
BUCKET_KEYS: Mapping[str, bool] = {
    "AWS_ACCESS_KEY_ID": True,
    "AWS_SECRET_ACCESS_KEY": True,
    "AWS_REGION": False,
    "AWS_ENDPOINT_URL": False,
    "RUNAI_STREAMER_S3_USE_VIRTUAL_ADDRESSING": False,  # 0: the store takes the bucket's name in the path alone
}
_HUB = re.compile(r"(?:hf://|https?://(?:www\.)?huggingface\.co/)([\w.-]+/[\w.-]+)")
_FORMS: Mapping[str, tuple[str, str]] = {
    "pvc": ("no claim with a path in it", "pvc://CLAIM/PATH, e.g. pvc://weights/support-8b"),
    "file": ("no absolute path of a directory", "file:///PATH, e.g. file:///data/support-8b"),
    "s3": ("no bucket with a prefix in it", "s3://BUCKET/PREFIX, e.g. s3://acme-models/support-8b"),
}


@dataclass(frozen=True)
class Claim:
    """A claim of the models' namespace, and the path of the model's directory in it; blank: its root."""

    name: str
    path: str


@dataclass(frozen=True)
class NodePath:
    """A directory that each node has which may run the model."""

    path: str


@dataclass(frozen=True)
class Bucket:
    """The model's files in a bucket of S3, below a prefix; blank: they are at the top. The engine reads them itself."""

    name: str
    prefix: str


Place = Claim | NodePath | Bucket


def place_of(model: str) -> Place | None:
    """None where a model's name isn't that of such a place."""
    if found := _CLAIM.fullmatch(model):
        return Claim(found[1], found[2].removeprefix("/"))
    if found := _NODES.fullmatch(model):
        return NodePath(found[1])
    if found := _BUCKET.fullmatch(model):
        return Bucket(found[1], found[2].removeprefix("/"))
    return None


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
    if place_of(plain := _plain(model)) is not None:
        return "the place is written in another form", f"write {plain}"
    if scheme in _FORMS:
        got, form = _FORMS[scheme]
        return got, f"write {form}"
    return (
        f"weights can't be served from {scheme}://",
        f"copy them to a volume of the cluster, and write {_FORMS['pvc'][1]}",
    )


def _plain(model: str) -> str:
    """The one form of a place: the scheme in lower case, a directory from the root, no blank or `.` part."""
    scheme, _, path = model.partition("://")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return f"{scheme.lower()}://{'/' * (scheme.lower() == 'file')}{'/'.join(parts)}"
