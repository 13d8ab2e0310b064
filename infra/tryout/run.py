"""The whole life of a try: stand-ins, Envoy's files, Envoy, and their end."""

import secrets
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from infra.plan.gateway import TrafficPlan, Upstream
from infra.plan.plan import Plan
from infra.services.gateway.envoy.bootstrap import CLIENTS
from infra.services.gateway.envoy.clients import clients_file
from infra.services.gateway.envoy.external import external_file, file_of
from infra.services.gateway.envoy.files import files
from infra.services.gateway.envoy.place import Place
from infra.services.gateway.envoy.volume import write
from infra.tryout.envoy import NotStarted, PortTaken, find, running, said
from infra.tryout.stand_in import StandIn, stand_ins

_HERE = "127.0.0.1"
_QUIET = "critical"
_MORE_TRIES = 2


@dataclass(frozen=True)
class Tried:
    """What runs now."""

    base_url: str
    keys: Mapping[str, str]  # of each client
    stand_ins: tuple[StandIn, ...]
    folder: Path  # of Envoy's files and logs
    wait: Callable[[], None]  # until Envoy ends by itself, which it does only when something is wrong


@contextmanager
def trying(plan: Plan, port: int) -> Iterator[Tried]:
    """Everything is gone at the end of the block. Raises NotStarted. `port`: 0 for any that is free."""
    program, served = find(), tuple(stand_ins(plan))
    keys, engine_key = {name: _random_key() for name in plan.traffic.clients}, _random_key()
    _free_port(port)
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="llm-platform-try-")))
        traffic = _here(plan.traffic, ending.enter_context(_serving(served, tuple(plan.traffic.custom), engine_key)))
        secret = {CLIENTS: clients_file(traffic, {name: [key] for name, key in keys.items()}, engine_key)}
        secret |= {file_of(name): external_file(traffic, each, engine_key) for name, each in traffic.externals.items()}
        place, process = _started(ending, program, folder, traffic, secret, port, next(iter(keys.values())))
        yield Tried(f"http://{_HERE}:{place.port}/v1", keys, served, folder, lambda: _wait(process, folder))


def _started(
    ending: ExitStack,
    program: Path,
    folder: Path,
    traffic: TrafficPlan,
    secret: Mapping[str, str],
    port: int,
    key: str,
) -> tuple[Place, subprocess.Popen[bytes]]:
    """Another program may take a free port before Envoy does: then others are tried."""

    def start() -> tuple[Place, subprocess.Popen[bytes]]:
        place = Place(str(folder), _free_port(port), _free_port(0), _free_port(0), address=_HERE)
        write(place, {**files(traffic, place), **secret})
        return place, ending.enter_context(running(program, place, key))

    for _ in range(_MORE_TRIES):
        with suppress(PortTaken):
            return start()
    return start()


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    code = process.wait()
    raise NotStarted(f"Envoy ended by itself with code {code}{said(folder)}")


def _here(traffic: TrafficPlan, ports: Mapping[str, int]) -> TrafficPlan:
    """The plan's, with the addresses of the stand-ins and one Envoy, which has the whole of each limit. Nothing is
    behind a paused model, and nothing counts tokens per minute."""
    moved = {name: _moved(each, ports) for name, each in traffic.upstreams.items()}
    clients = {name: replace(each, tokens_per_minute=None) for name, each in traffic.clients.items()}
    hosted = {
        name: replace(each, host=_HERE, port=ports[name], encrypted=False) for name, each in traffic.externals.items()
    }
    own = {name: replace(each, host=_HERE, port=ports[_own(name)]) for name, each in traffic.custom.items()}
    here = replace(traffic, clients=clients, upstreams=moved, externals=hosted, custom=own)
    return replace(here, replicas=1, trusted_hops=0, tls_secret=None, token_limits=None)


def _moved(upstream: Upstream, ports: Mapping[str, int]) -> Upstream:
    coming = upstream.next
    also = replace(coming, server=_moved(coming.server, ports)) if coming is not None else None
    return replace(upstream, host=_HERE, port=ports.get(upstream.model, upstream.port), next=also)


@contextmanager
def _serving(served: tuple[StandIn, ...], custom: tuple[str, ...], key: str) -> Iterator[Mapping[str, int]]:
    """The port of each model and own server."""
    try:
        import uvicorn

        from infra.tryout.server import make_app
    except ImportError as error:
        raise NotStarted(f"{error.name} isn't installed here: `pip install -r requirements-try.txt`") from None
    with ExitStack() as closing:
        names = [*(each.model for each in served), *map(_own, custom)]
        listeners = {name: closing.enter_context(socket.create_server((_HERE, 0))) for name in names}
        ports = {name: listener.getsockname()[1] for name, listener in listeners.items()}
        app = make_app({ports[each.model]: each for each in served}, key)
        config = uvicorn.Config(app, log_level=_QUIET, timeout_graceful_shutdown=0, ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": list(listeners.values())})
        thread.start()
        try:
            yield ports
        finally:
            server.should_exit = True
            thread.join()


def _own(name: str) -> str:
    return f"custom:{name}"


def _free_port(port: int) -> int:
    try:
        with socket.create_server((_HERE, port)) as listener:
            return listener.getsockname()[1]
    except OSError as error:
        raise NotStarted(
            f"port {port} of {_HERE}: {error.strerror}; `--port N` takes another one (`make try PORT=N`)"
        ) from None


def _random_key() -> str:
    return f"sk-try-{secrets.token_urlsafe(24)}"
