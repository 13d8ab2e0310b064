"""Runs in a pod that has the cache: says what is there, and removes what it is asked to if nothing needs it.

It gets one argument, a JSON, and prints one line of JSON. It imports nothing but Python's own library, never follows a
link, and never takes a path from its argument: it removes only directories that it found itself.
"""

import fnmatch
import json
import os
import shutil
import stat
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

GONE = ".removed"  # what was taken out of its place, and wasn't deleted to its end
NEEDED = "needed"  # why a directory stays


class Cache:
    def __init__(self, asked: dict[str, Any]) -> None:
        self.root = os.path.realpath(asked["root"])
        self.stores: list[dict[str, Any]] = asked["stores"]
        self.needed = {path for each in asked["needed"] for path in self._both(each)}
        self.unread: set[str] = set()

    def _both(self, path: str) -> tuple[str, str]:
        """A path below the root, and what it leads to if it is a link."""
        return os.path.normpath(path), self._leads_to(path)

    def _leads_to(self, path: str) -> str:
        return os.path.relpath(os.path.realpath(os.path.join(self.root, path)), self.root)

    def _is_link(self, path: str) -> bool:
        return not path.startswith(f"{GONE}/") and os.path.islink(os.path.join(self.root, path))

    def models(self) -> dict[str, dict[str, Any]]:
        """The directories of models by path, each with its store. A store itself never is one."""
        tops = ((store, each) for store in self.stores for each in self.entries(store["folder"]))
        return {path: store for store, top in tops for path in self._models(f"{store['folder']}/{top.name}", store)}

    def _models(self, path: str, store: dict[str, Any]) -> Iterator[str]:
        entries = self.entries(path)
        if any(not each.is_dir(follow_symlinks=False) or each.name in store["marks"] for each in entries):
            yield path
            return
        for each in entries:
            yield from self._models(os.path.join(path, each.name), store)

    def entries(self, path: str) -> list[os.DirEntry[str]]:
        """Of a directory. None of what is no directory, a link included."""
        full = os.path.join(self.root, path)
        if os.path.islink(full) or not os.path.isdir(full):
            return []
        try:
            with os.scandir(full) as found:
                return sorted(found, key=lambda each: each.name)
        except OSError:
            self.unread.add(path)
            return []

    def below(self, path: str) -> Iterator[str]:
        """A path and everything below it."""
        yield path
        for each in self.entries(path):
            yield from self.below(os.path.join(path, each.name))

    def measured(self, path: str, partial: str) -> dict[str, Any]:
        """Its size, each file once however many names it has; its newest change; whether a download isn't finished."""
        sizes: dict[tuple[int, int], int] = {}
        changed, unfinished = 0.0, False
        for each in self.below(path):
            try:
                found = os.lstat(os.path.join(self.root, each))
            except OSError:
                continue  # it went in the meantime
            sizes[found.st_dev, found.st_ino] = 0 if stat.S_ISDIR(found.st_mode) else found.st_size
            changed = max(changed, found.st_mtime)
            unfinished = unfinished or fnmatch.fnmatch(os.path.basename(each), partial)
        return {"path": path, "bytes": sum(sizes.values()), "changed": changed, "partial": unfinished}

    def why_kept(self, models: dict[str, dict[str, Any]]) -> dict[str, str]:
        """What has to stay, and why. A link from what stays keeps what it leads to."""
        kept = {path: NEEDED for path in models if any(_overlap(path, each) for each in self.needed)}
        links = {each: self._leads_to(each) for each in self.below("") if self._is_link(each)}
        more = True
        while more:
            more = False
            going = set(models) - set(kept)
            staying = {link: to for link, to in links.items() if not any(_overlap(path, link) for path in going)}
            for path in sorted(going):
                link = next((link for link, leads_to in staying.items() if _overlap(path, leads_to)), None)
                if link is not None:
                    kept[path], more = f"{link} leads into it", True
        unread = {path for path in models if any(_overlap(path, each) for each in self.unread)}
        return {**dict.fromkeys(unread, "a part of it can't be read"), **kept}

    def remove(self, path: str) -> None:
        """Out of its place at once, so that no download ever finds a half of it; then its empty parents."""
        os.makedirs(os.path.join(self.root, GONE), exist_ok=True)
        os.rename(os.path.join(self.root, path), os.path.join(self.root, GONE, uuid.uuid4().hex))
        parent = os.path.dirname(path)
        with suppress(OSError):  # a download may just have put something there
            while parent and not self.entries(parent):
                os.rmdir(os.path.join(self.root, parent))
                parent = os.path.dirname(parent)


def _overlap(one: str, other: str) -> bool:
    """Whether one of two paths is the other, or in it."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/") or other == "."


def main(asked: dict[str, Any]) -> dict[str, Any]:
    cache = Cache(asked)
    models = cache.models()
    found = [cache.measured(path, store["partial"]) for path, store in models.items()]
    kept = cache.why_kept(models)
    said: dict[str, Any] = {"models": [{**each, "kept": kept.get(each["path"], "")} for each in found]}
    ours = {*(each["folder"] for each in asked["stores"]), GONE}
    said["others"] = [cache.measured(each.name, "") for each in cache.entries("") if each.name not in ours]
    said["gone_bytes"] = cache.measured(GONE, "")["bytes"]
    if "remove" in asked:
        said.update(removed_of(cache, asked["remove"], said["models"]))
    return said


def removed_of(cache: Cache, wanted: dict[str, float], models: list[dict[str, Any]]) -> dict[str, Any]:
    """`wanted`: paths with the newest change that each had when somebody said yes."""
    there = {each["path"]: each for each in models}
    removed: list[str] = []
    left: dict[str, str] = {}
    for path, changed in wanted.items():
        if path not in there:
            left[path] = "it isn't there any more"
        elif there[path]["kept"]:
            left[path] = there[path]["kept"]
        elif there[path]["changed"] > changed:
            left[path] = "it changed since it was listed"
        else:
            try:
                cache.remove(path)
                removed.append(path)
            except OSError as error:
                left[path] = str(error.strerror)
    shutil.rmtree(os.path.join(cache.root, GONE), ignore_errors=True)
    return {"removed": removed, "left": left}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
