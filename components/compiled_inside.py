"""Runs beside a model server, in its image: what the server compiles as it starts is there at the next start.

Before the server starts, it unpacks what an earlier start left into the pod's home; once the server is healthy, it
packs what the server compiled. Of a bucket, the library that servers stream with has what it needs (boto3); else it
imports nothing but Python's own library. Whatever goes wrong, and however long it takes, the server starts.

Servers never read or write what pods share themselves: engines name their temporary files by process id, and the same
ids are in all pods. Here an archive is whole before it gets its name, so readers and several writers never meet half of
one. Each kind of processor and card has its own: compilers make code for the machine that they run on.
"""

import glob
import hashlib
import importlib
import os
import platform
import shutil
import signal
import socket
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request
from contextlib import AbstractContextManager, closing
from typing import IO, Any

KEPT = (".cache", ".triton", ".nv")  # in the home: of the engine and its libraries, of Triton, of the CUDA driver
STAY = 6  # files that stay of one model: one step back, and other cards
FLUSHED = 16 * 2**20  # bytes; pages that wait to be written to a file system over the network count as memory
STALE_SECONDS = 3600  # a file that isn't whole by then never will be
UNPACK_SECONDS = 30  # a start waits no longer for what is kept
READ = 2**20  # bytes at once


class Flushed:
    """A file whose bytes don't pile up in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._waiting = file, 0

    def write(self, data: bytes) -> int:
        self._waiting += len(data)
        if self._waiting >= FLUSHED:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._waiting = 0
        return self._file.write(data)


def machine() -> str:
    """The processor and the cards, as the kernel names them."""
    names = {platform.machine()}
    for path in ("/proc/cpuinfo", *glob.glob("/proc/driver/nvidia/gpus/*/information")):
        try:
            with open(path, encoding="utf-8", errors="replace") as lines:
                names |= {line for line in lines if line.startswith(("model name", "Model:"))}
        except OSError:
            pass
    return hashlib.sha256("".join(sorted(names)).encode()).hexdigest()[:8]


def files_in(directory: str) -> set[str]:
    return {os.path.join(folder, each) for folder, _, files in os.walk(directory) for each in files}


class Folder:
    """Of a file system that other pods have too."""

    def __init__(self, path: str) -> None:
        self._path = path

    def reader(self, name: str) -> AbstractContextManager[IO[bytes]]:
        path = os.path.join(self._path, name)
        os.utime(path)  # those that are in use stay
        return open(path, "rb")

    def write(self, name: str, home: str) -> None:
        path = os.path.join(self._path, name)
        part = f"{path}.{socket.gethostname()}.{time.time_ns()}.part"
        os.makedirs(self._path, exist_ok=True)
        with open(part, "xb") as file:
            pack(home, file)
        os.replace(part, path)
        self._tidy()

    def _tidy(self) -> None:
        """The newest stay. Another pod may remove the same ones."""
        newest = sorted(glob.glob(f"{self._path}/*.tar"), key=os.path.getmtime, reverse=True)
        parts = glob.glob(f"{self._path}/*.part")
        stale = [each for each in parts if time.time() - os.path.getmtime(each) > STALE_SECONDS]
        for each in (*newest[STAY:], *stale):
            os.remove(each)


class Bucket:
    """S3. The pod may read and add what is below its prefix, and neither list, replace nor delete it; the bucket itself
    removes what is old."""

    def __init__(self, url: str) -> None:
        _, _, self._bucket, self._prefix = url.split("/", 3)

    def reader(self, name: str) -> AbstractContextManager[IO[bytes]]:
        client = self._client()
        try:
            return closing(client.get_object(Bucket=self._bucket, Key=f"{self._prefix}/{name}")["Body"])
        except Exception as error:
            if _code(error) in ("NoSuchKey", "AccessDenied"):  # the second to those who may not list
                raise FileNotFoundError from error
            raise

    def write(self, name: str, home: str) -> None:
        with tempfile.TemporaryFile() as file:
            pack(home, file)
            file.seek(0)
            try:
                self._client().put_object(Bucket=self._bucket, Key=f"{self._prefix}/{name}", Body=file, IfNoneMatch="*")
            except Exception as error:
                if _code(error) in ("PreconditionFailed", "ConditionalRequestConflict"):
                    raise FileExistsError from error
                raise

    def _client(self) -> Any:
        return importlib.import_module("boto3").client("s3")


def _code(error: Exception) -> str:
    """Of an answer of S3; blank: it is none."""
    answer = getattr(error, "response", None) or {}
    return answer.get("Error", {}).get("Code", "")


def pack(home: str, file: IO[bytes]) -> None:
    with tarfile.open(fileobj=Flushed(file), mode="w|") as packed:  # type: ignore[arg-type]
        for each in KEPT:
            if os.path.isdir(os.path.join(home, each)):
                packed.add(os.path.join(home, each), arcname=each)
    file.flush()
    os.fsync(file.fileno())


def restore(kept: Folder | Bucket, name: str, home: str, late: threading.Event) -> None:
    """All of it or nothing, and nothing once it is too late: the server has started then."""
    aside = os.path.join(home, ".unpacked")
    try:
        shutil.rmtree(aside, ignore_errors=True)  # of a container that ended while it unpacked
        with kept.reader(name) as file, tarfile.open(fileobj=file, mode="r|", bufsize=READ) as packed:
            packed.extractall(aside, filter="data")
        if not late.is_set():
            for each in set(KEPT) & set(os.listdir(aside)):
                os.replace(os.path.join(aside, each), os.path.join(home, each))
            say(f"unpacked {name}")
    except FileNotFoundError:
        say(f"no {name}: the server compiles")
    except Exception as error:
        say(f"{name} can't be read, the server compiles: {error}")
    shutil.rmtree(aside, ignore_errors=True)


def keep(kept: Folder | Bucket, name: str, home: str) -> None:
    try:
        kept.write(name, home)
        say(f"packed {name}")
    except FileExistsError:
        say(f"{name} is kept already, and what is in a bucket isn't replaced")
    except Exception as error:
        say(f"{name} can't be written, the next server compiles: {error}")


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def say(words: str) -> None:
    print(words, flush=True)


def main(home: str, watched: str, place: str, key: str, url: str, ready: str) -> None:
    kept = Bucket(place) if place.startswith("s3://") else Folder(place)
    name = f"{key}-{machine()}.tar"
    if not os.path.exists(ready):  # it is there where this container alone started again
        late = threading.Event()
        unpacking = threading.Thread(target=restore, args=(kept, name, home, late), daemon=True)
        unpacking.start()
        unpacking.join(UNPACK_SECONDS)
        if unpacking.is_alive():
            late.set()
            say(f"{name} isn't read after {UNPACK_SECONDS} s: the server compiles")
        open(ready, "w").close()
    before = files_in(os.path.join(home, watched))
    while not healthy(url):
        time.sleep(2)
    if files_in(os.path.join(home, watched)) - before:
        keep(kept, name, home)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # the first process of a container has no other way to end
    main(*sys.argv[1:])
    while True:
        signal.pause()
