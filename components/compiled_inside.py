"""Runs beside a model server, in its image: what the server compiles as it starts is there at the next start.

Before the server starts, it unpacks what an earlier start left into the pod's home; once the server is healthy, it
packs what the server compiled. It imports nothing but Python's own library, and whatever goes wrong, the server starts.

Servers never read or write the shared files themselves: engines name their temporary files by process id, and the same
ids are in all pods. Here a file is complete before it gets its name, so readers and several writers never meet half of
one. Each kind of processor and card has its own: compilers make code for the machine that they run on.
"""

import glob
import hashlib
import os
import platform
import signal
import socket
import sys
import tarfile
import time
import urllib.request
from typing import IO

KEPT = (".cache", ".triton", ".nv")  # in the home: of the engine and its libraries, of Triton, of the CUDA driver
STAY = 6  # files that stay of one model: one step back, and other cards
FLUSHED = 16 * 2**20  # bytes; pages that wait to be written to a file system over the network count as memory
STALE_SECONDS = 3600  # a file that isn't whole by then never will be


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


def restore(path: str, home: str) -> None:
    try:
        with tarfile.open(path) as packed:
            packed.extractall(home, filter="data")
        os.utime(path)  # those that are in use stay
        say(f"unpacked {path}")
    except FileNotFoundError:
        say(f"no {path}: the server compiles")
    except Exception as error:
        say(f"{path} can't be read, the server compiles: {error}")


def keep(path: str, home: str) -> None:
    folder = os.path.dirname(path)
    part = f"{path}.{socket.gethostname()}.{time.time_ns()}.part"
    try:
        os.makedirs(folder, exist_ok=True)
        with open(part, "xb") as file:
            with tarfile.open(fileobj=Flushed(file), mode="w|") as packed:  # type: ignore[arg-type]
                for each in KEPT:
                    if os.path.isdir(os.path.join(home, each)):
                        packed.add(os.path.join(home, each), arcname=each)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        say(f"packed {path}, {os.path.getsize(path) / 2**20:.0f} MiB")
        tidy(folder)
    except Exception as error:
        say(f"{path} can't be written, the next server compiles: {error}")


def tidy(folder: str) -> None:
    """The newest stay. Another pod may remove the same ones."""
    newest = sorted(glob.glob(f"{folder}/*.tar"), key=os.path.getmtime, reverse=True)
    stale = [each for each in glob.glob(f"{folder}/*.part") if time.time() - os.path.getmtime(each) > STALE_SECONDS]
    for each in (*newest[STAY:], *stale):
        os.remove(each)


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def say(words: str) -> None:
    print(words, flush=True)


def main(home: str, watched: str, folder: str, key: str, url: str, ready: str) -> None:
    path = os.path.join(folder, f"{key}-{machine()}.tar")
    if not os.path.exists(ready):  # it is there where this container alone started again
        restore(path, home)
        open(ready, "w").close()
    before = files_in(os.path.join(home, watched))
    while not healthy(url):
        time.sleep(2)
    if files_in(os.path.join(home, watched)) - before:
        keep(path, home)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # the first process of a container has no other way to end
    main(*sys.argv[1:])
    while True:
        signal.pause()
