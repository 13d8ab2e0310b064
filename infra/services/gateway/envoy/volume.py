"""Envoy's files on a disk: in a pod the kubelet writes them, elsewhere this does."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from infra.services.gateway.envoy.place import LINK, Place


def write(place: Place, texts: Mapping[str, str]) -> None:
    """As the kubelet changes a volume: all files are in a new folder, to which the link leads from one moment to the
    next."""
    folder = Path(place.folder)
    new = Path(tempfile.mkdtemp(prefix="..", dir=folder))
    for name, text in texts.items():
        (new / name).write_text(text, encoding="utf-8")
    (folder / f"{LINK}_tmp").symlink_to(new.name)
    (folder / f"{LINK}_tmp").rename(folder / LINK)
