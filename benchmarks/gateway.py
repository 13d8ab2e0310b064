"""What the gateway adds to a request: milliseconds for one caller, requests per second for many. With 200 models and
200 clients: its memory, and how soon a change is in force. The real Envoy, before a server that answers at once.

make benchmark-gateway
"""

import asyncio
import json
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from infra.plan.gateway import ClientPlan, TrafficPlan, Upstream
from infra.services.gateway.envoy.clients import clients_file
from infra.services.gateway.envoy.files import files
from infra.services.gateway.envoy.place import Place
from infra.services.gateway.envoy.volume import write
from infra.tryout.envoy import find, running

HERE, PATH = "127.0.0.1", "/v1/chat/completions"
ONE_CALLER, MANY, SECONDS = 3000, 64, 5
MODELS, CLIENTS, SETS = 200, 200, 10
ADDED_MS, PER_SECOND, MIB, IN_FORCE = 1, 1000, 200, 2  # what the gateway has to keep
_ANSWER = json.dumps({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}).encode()
_RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(_ANSWER),
    _ANSWER,
)


def main() -> None:
    with _server() as port:
        small = _plan(1, 1, 1, port)
        with _gateway(small) as gateway:
            _one_caller(port, gateway)
            _many(port, gateway)
        large = _plan(MODELS, CLIENTS, SETS, port)
        with _gateway(large) as gateway:
            _size(large, gateway)
            _change(large, gateway)


def _one_caller(port: int, gateway: "Running") -> None:
    direct, through = (asyncio.run(_latency(each, gateway.keys["c0"])) for each in (port, gateway.place.port))
    said = f"{through:.2f} ms through the gateway, {direct:.2f} ms direct: {through - direct:.2f} ms added"
    print(f"one caller: {said} (p50; must be under {ADDED_MS})")


def _many(port: int, gateway: "Running") -> None:
    direct, through = (asyncio.run(_rate(each, gateway.keys["c0"])) for each in (port, gateway.place.port))
    said = f"{through:,.0f} requests per second, {through / direct:.2f} of the server alone"
    print(f"{MANY} callers: {said} (must be {PER_SECOND:,} or more)")


def _size(plan: TrafficPlan, gateway: "Running") -> None:
    largest = max(map(len, _files(plan, gateway.place, gateway.keys).values()))
    print(f"{MODELS} models, {CLIENTS} clients, {SETS} sets: largest file {largest / 2**20:.2f} MiB (must be under 1)")
    print(f"memory when idle: {_memory_mib(gateway.pid):.0f} MiB (must be under {MIB})")


def _change(plan: TrafficPlan, gateway: "Running") -> None:
    """From the change of all files to the first answer for a new model and a new key."""
    more = _plan(MODELS + 1, CLIENTS + 1, SETS, next(iter(plan.upstreams.values())).port)
    keys = {**gateway.keys, f"c{CLIENTS}": "another-key"}
    texts = _files(more, gateway.place, keys)
    began = time.perf_counter()
    write(gateway.place, texts)
    while asyncio.run(_status(gateway.place.port, "another-key", _models_of(CLIENTS, MODELS + 1, SETS)[-1])) != 200:
        time.sleep(0.02)
    took = time.perf_counter() - began
    print(f"a new model, and a new client with its key: in force after {took:.2f} s (must be under {IN_FORCE})")


@dataclass(frozen=True)
class Running:
    place: Place
    keys: Mapping[str, str]
    pid: int


@contextmanager
def _gateway(plan: TrafficPlan) -> Iterator[Running]:
    keys = {name: f"key-of-{name}" for name in plan.clients}
    client, metrics, admin = (_free_port() for _ in range(3))
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder, client, metrics, admin, address=HERE)
        write(place, _files(plan, place, keys))
        with running(find(), place, next(iter(keys.values()))) as process:
            yield Running(place, keys, process.pid)


def _files(plan: TrafficPlan, place: Place, keys: Mapping[str, str]) -> Mapping[str, str]:
    return {**files(plan, place), "clients.json": clients_file(plan, {name: [key] for name, key in keys.items()}, "k")}


def _plan(models: int, clients: int, sets: int, port: int) -> TrafficPlan:
    paths = dict.fromkeys((PATH, "/v1/completions", "/v1/responses", "/v1/messages"))
    upstream = Upstream(
        model="",
        names=(),
        host=HERE,
        port=port,
        paths={path: path for path in paths},
        max_model_len=8192,
        abilities={"tools": True},
        paused=False,
        start_seconds=200,
        held_seconds=0,
        fallback=None,
        counts_streams=True,
    )
    client = ClientPlan("", "team", (), None, 10_000_000, 100_000, None, (1,))
    names = [f"model-{number}" for number in range(models)]
    return TrafficPlan(
        externals={},
        clients={
            f"c{number}": replace(client, name=f"c{number}", models=_models_of(number, models, sets))
            for number in range(clients)
        },
        upstreams={name: replace(upstream, model=name, names=(name,)) for name in names},
        replicas=1,
        image="",
        idle_seconds=60,
        total_seconds=60,
        keep_alive_seconds=60,
        engine_idle_seconds=30,
        dns_refresh_seconds=5,
        pre_stop_seconds=1,
        connection_seconds=600,
        drain_seconds=5,
        body_mib=4,
        held_requests=100,
        trusted_hops=0,
        tls_secret=None,
        contact=None,
        token_limits=None,
    )


def _models_of(client: int, models: int, sets: int) -> tuple[str, ...]:
    """The sets differ by one model, so each is nearly as large as all."""
    without = client % sets
    return tuple(sorted(f"model-{number}" for number in range(models) if number != without or models == 1))


def _request(key: str, model: str) -> bytes:
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}]}).encode()
    head = f"POST {PATH} HTTP/1.1\r\nhost: llm\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.split(b":")[1]))
    return int(head.split(b" ", 2)[1])


async def _status(port: int, key: str, model: str) -> int:
    reader, writer = await asyncio.open_connection(HERE, port)
    found = await _ask(reader, writer, _request(key, model))
    writer.close()
    return found


async def _latency(port: int, key: str) -> float:
    """The median, in milliseconds."""
    reader, writer = await asyncio.open_connection(HERE, port)
    request, took = _request(key, "model-0"), list[float]()
    for _ in range(ONE_CALLER):
        began = time.perf_counter()
        assert await _ask(reader, writer, request) == 200
        took.append(time.perf_counter() - began)
    writer.close()
    return statistics.median(took) * 1000


async def _rate(port: int, key: str) -> float:
    """Requests per second of many callers, each of which asks again as soon as it is answered."""
    end = time.perf_counter() + SECONDS
    return sum(await asyncio.gather(*(_caller(port, key, end) for _ in range(MANY)))) / SECONDS


async def _caller(port: int, key: str, end: float) -> int:
    reader, writer = await asyncio.open_connection(HERE, port)
    request, answered = _request(key, "model-0"), 0
    while time.perf_counter() < end:
        assert await _ask(reader, writer, request) == 200
        answered += 1
    writer.close()
    return answered


@contextmanager
def _server() -> Iterator[int]:
    port = _free_port()
    process = multiprocessing.Process(target=_serve, args=(port,), daemon=True)
    process.start()
    with ExitStack() as ending:
        ending.callback(process.terminate)
        while True:
            try:
                socket.create_connection((HERE, port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port


def _serve(port: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                writer.write(_RESPONSE)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(answer, HERE, port) as server:
            await server.serve_forever()

    asyncio.run(serve())


def _free_port() -> int:
    with socket.create_server((HERE, 0)) as listener:
        return listener.getsockname()[1]


def _memory_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:")) / 1024


if __name__ == "__main__":
    main()
