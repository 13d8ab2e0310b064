"""The version of an engine that the tag of an image says."""

import re

from infra.catalog.types import Image
from infra.sizing.question import Version, version_in

# v0.8.5, 0.8.5.post1, v0.31.0-cu130; and where others build it, rocm6.4_vllm_0.10.1_20250909.
_VERSION = re.compile(r"v?(\d+\.\d+\.\d+)(?![\d])(?:[.+_-].*)?")

# What an older version of an engine may mean for a model that was planned with facts of a newer one.
MAY_LACK = "may lack the architecture, an argument or a value of one, take more memory, or start and answer more slowly"


def shown(version: Version) -> str:
    return ".".join(map(str, version))


def version_of_tag(image: str, pinned: Image) -> Version | None:
    """None: it says none. Numbers in the tag of an image that isn't named after its engine are its owner's own."""
    name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    official = pinned.image.rpartition("/")[2].partition(":")[0]
    if name != pinned.name and not f"{name}-".startswith(f"{official}-"):
        return None
    _, named, after = tag.rpartition(f"{pinned.name}_")
    found = _VERSION.fullmatch(after if named else tag)
    return version_in(found[1]) if found else None
