"""What counts tokens per minute, for tests: a stand-in that remembers what Envoy asks, and the real service where it is
installed."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from infra.plan.gateway import TokenLimits, TrafficPlan
from infra.services.gateway.envoy.token_limits import LEFT, LIMIT, RESET
from infra.services.gateway.token_limits import (
    LIMITS_FILE,
    PASSWORD_ENV,
    environment,
    limits_file,
    store_arguments,
)
from tests.conftest import HANGS_SECONDS
from tests.ports import free_ports

_SERVICE = "envoy.service.ratelimit.v3.RateLimitService"
_OK, _OVER_LIMIT = 1, 2
# The fields of envoy/service/ratelimit/v3/rls.proto that are used here, by message: name, number, type.
_MESSAGES = {
    "Value": [("value", 1, Field.TYPE_UINT64)],
    "Entry": [("key", 1, Field.TYPE_STRING), ("value", 2, Field.TYPE_STRING)],
    "Descriptor": [("entries", 1, "*Entry"), ("hits_addend", 3, "Value")],
    "Asked": [("domain", 1, Field.TYPE_STRING), ("descriptors", 2, "*Descriptor")],
    "Header": [("key", 1, Field.TYPE_STRING), ("value", 2, Field.TYPE_STRING)],
    "Said": [("overall_code", 1, Field.TYPE_INT32), ("headers", 3, "*Header")],
}
STORE = shutil.which("valkey-server") or shutil.which("redis-server")
PROGRAM = shutil.which("ratelimit")
MISSING = (
    "on PATH there is no `valkey-server` or `redis-server`, or no `ratelimit` (envoyproxy/ratelimit, src/service_cmd)"
)


def _messages() -> Mapping[str, Any]:
    file = FileDescriptorProto(name="rls.proto", package="rls", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_, number, type_ in fields:
            if isinstance(type_, int):
                message.field.add(name=field_, number=number, type=type_, label=Field.LABEL_OPTIONAL)
                continue
            label = Field.LABEL_REPEATED if type_.startswith("*") else Field.LABEL_OPTIONAL
            kind = f".rls.{type_.removeprefix('*')}"
            message.field.add(name=field_, number=number, type=Field.TYPE_MESSAGE, type_name=kind, label=label)
    pool = DescriptorPool()
    pool.Add(file)
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"rls.{name}")) for name in _MESSAGES}


_TYPES = _messages()


@dataclass
class Service:
    """It counts as the real one does, and its minute doesn't end. `asked`: for each question the client and the
    tokens that it adds."""

    limits: Mapping[str, int]
    asked: list[tuple[str, int]] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> "Service":
        self._server = grpc.server(ThreadPoolExecutor(4))
        method = grpc.unary_unary_rpc_method_handler(
            lambda asked, _: self._answer(asked),
            request_deserializer=_TYPES["Asked"].FromString,
            response_serializer=_TYPES["Said"].SerializeToString,
        )
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(_SERVICE, {"ShouldRateLimit": method}),)
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self._server.stop(None).wait(HANGS_SECONDS)

    def counted(self, client: str) -> list[int]:
        """What its answers added, once the first one is there: Envoy tells it after its caller has the answer."""
        self.wait_for(lambda: bool(self._added(client)))
        return self._added(client)

    def wait_for(self, found: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(found, HANGS_SECONDS)

    def _added(self, client: str) -> list[int]:
        return [tokens for name, tokens in self.asked if name == client and tokens]

    def _answer(self, asked: Any) -> Any:
        with self._changed:
            found = [(each.entries[0].value, each.hits_addend.value) for each in asked.descriptors]
            self.asked.extend(found)
            for client, tokens in found:
                self.used[client] += tokens
            self._changed.notify_all()
        client = found[0][0]
        limit = self.limits[client]
        left = max(0, limit - self.used[client])
        headers = [
            _TYPES["Header"](key=key, value=str(value)) for key, value in ((LIMIT, limit), (LEFT, left), (RESET, 17))
        ]
        return _TYPES["Said"](overall_code=_OVER_LIMIT if self.used[client] > limit else _OK, headers=headers)


def limits_at(port: int) -> TokenLimits:
    return TokenLimits(host="127.0.0.1", port=port, image="ratelimit", store_image="store")


@dataclass
class Programs:
    """The real service before a real store."""

    folder: Path
    port: int

    def put(self, plan: TrafficPlan) -> None:
        """As the kubelet changes a ConfigMap."""
        folder = self.folder / "tokens" / "config"
        folder.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix="..", dir=folder))
        (new / LIMITS_FILE).write_text(limits_file(plan), encoding="utf-8")
        (folder / "..data_tmp").symlink_to(new.name)
        (folder / "..data_tmp").rename(folder / "..data")
        if not (folder / LIMITS_FILE).is_symlink():
            (folder / LIMITS_FILE).symlink_to(f"..data/{LIMITS_FILE}")

    @contextmanager
    def store(self) -> Iterator[None]:
        assert STORE is not None
        (self.folder / "store.conf").write_text("requirepass of-the-store\n")
        with self._running([STORE, *store_arguments(f"{self.folder}/store.conf", self._socket)], {}):
            yield

    @contextmanager
    def service(self) -> Iterator[None]:
        assert PROGRAM is not None
        http, debug = map(str, free_ports(2))
        own = {PASSWORD_ENV: "of-the-store", "PORT": http, "DEBUG_PORT": debug}
        with self._running([PROGRAM], {**environment(f"{self.folder}/tokens", self._socket, self.port), **own}):
            self._wait()
            yield

    @property
    def _socket(self) -> str:
        return f"{self.folder}/store.sock"

    @contextmanager
    def _running(self, command: list[str], own: Mapping[str, str]) -> Iterator[None]:
        with (self.folder / f"{Path(command[0]).name}.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=self.folder, env={**os.environ, **own}, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(HANGS_SECONDS)

    def _wait(self) -> None:
        """Until it is ready, by the question of the pod's probe."""
        deadline = time.monotonic() + HANGS_SECONDS
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            asked, serving = b"\x0a\x09ratelimit", b"\x08\x01"
            while True:
                try:
                    if check(asked, timeout=1) == serving:
                        return
                except grpc.RpcError:
                    pass
                assert time.monotonic() < deadline, "the service isn't ready"
                time.sleep(0.05)
