"""What receives spans: OpenTelemetry's own messages and service, over gRPC."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.conftest import HANGS_SECONDS


@dataclass
class Receiver(TraceServiceServicer):
    port: int = 0
    received: list[ExportTraceServiceRequest] = field(default_factory=list)
    answers: threading.Event = field(default_factory=threading.Event)

    def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:
        self.answers.wait()
        self.received.append(request)
        return ExportTraceServiceResponse()

    @property
    def raw(self) -> bytes:
        return b"".join(each.SerializeToString() for each in self.received)

    def spans(self) -> list[Span]:
        return [
            span
            for request in self.received
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def of(self, request_id: str) -> Span:
        """The span of a request; Envoy sends it some time later."""
        deadline = time.monotonic() + HANGS_SECONDS
        while time.monotonic() < deadline:
            found = [span for span in self.spans() if attributes(span).get("guid:x-request-id") == request_id]
            if found:
                assert len(found) == 1
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"no span of {request_id}")


def attributes(span: Span) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value") or "") for each in span.attributes}


@contextmanager
def receiving(*, silent: bool = False) -> Iterator[Receiver]:
    """`silent`: it answers nothing before its end."""
    receiver = Receiver()
    if not silent:
        receiver.answers.set()
    server = grpc.server(ThreadPoolExecutor(2))
    add_TraceServiceServicer_to_server(receiver, server)
    receiver.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield receiver
    finally:
        receiver.answers.set()
        server.stop(None).wait(HANGS_SECONDS)
