"""TLS in Envoy itself: callers outside the cluster reach it without a controller in front."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPSConnection
from pathlib import Path
from socket import create_connection

import pytest

from infra.services.gateway.watches import watched
from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.provider import certify
from tests.gateway.running import Gateway, place_in, running
from tests.ports import free_ports

pytestmark = pytest.mark.programs
HEADERS = {"authorization": "Bearer key-of-app-1", "content-type": "application/json"}


def _write(folder: Path) -> None:
    """As the kubelet changes a Secret: a new folder, to which a link leads from one moment to the next."""
    new = folder / f"..{time.monotonic_ns()}"
    new.mkdir()
    certify(new, "localhost")
    (new / "localhost.pem").rename(new / "tls.crt")
    (new / "localhost.key").rename(new / "tls.key")
    (folder / "..data_tmp").symlink_to(new.name)
    (folder / "..data_tmp").rename(folder / "..data")


@pytest.fixture(scope="module")
def secured(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    certificate = tmp_path_factory.mktemp("certificate")
    _write(certificate)
    (port,) = free_ports(1)
    place = replace(place_in(tmp_path_factory.mktemp("tls")), tls_folder=str(certificate), tls_port=port)
    plan = traffic((client("app", ("small",)),), (upstream("small", engine.port),), tls_secret="llm-tls")
    with running(plan, place) as gateway:
        yield gateway


def _trusting(gateway: Gateway) -> ssl.SSLContext:
    """Whoever trusts only the certificate that the Secret has now."""
    return ssl.create_default_context(cafile=gateway.place.tls_path("tls.crt"))


def _connection(gateway: Gateway) -> HTTPSConnection:
    return HTTPSConnection("localhost", gateway.place.tls_port, timeout=HANGS_SECONDS, context=_trusting(gateway))


def test_the_plan_counts_what_an_envoy_with_a_certificate_watches(secured: Gateway) -> None:
    assert secured.inotify_instances() == watched(secured.plan)


def _ask(connection: HTTPSConnection, **body: object) -> None:
    connection.request("POST", "/v1/chat/completions", json.dumps({"model": "small", **body}), HEADERS)


def test_a_caller_with_a_key_is_answered_over_tls_and_one_without_is_not(secured: Gateway) -> None:
    with closing(_connection(secured)) as connection:
        _ask(connection)
        assert connection.getresponse().status == 200
    with closing(_connection(secured)) as connection:
        connection.request("GET", "/v1/models")
        assert connection.getresponse().status == 401


@pytest.mark.parametrize(
    ("offered", "version", "chosen"),
    [
        (["h2", "http/1.1"], ssl.TLSVersion.TLSv1_3, "h2"),
        (["http/1.1"], ssl.TLSVersion.TLSv1_2, "http/1.1"),
        pytest.param(
            ["http/1.1"], ssl.TLSVersion.TLSv1_1, None, marks=pytest.mark.filterwarnings("ignore::DeprecationWarning")
        ),
    ],
)
def test_tls_1_2_and_1_3_are_spoken_with_http_1_and_2(
    secured: Gateway, offered: list[str], version: ssl.TLSVersion, chosen: str | None
) -> None:
    context = _trusting(secured)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # or this side itself refuses 1.1
    context.set_alpn_protocols(offered)
    context.maximum_version = version
    context.minimum_version = version
    address = ("127.0.0.1", secured.place.tls_port)
    with create_connection(address, timeout=HANGS_SECONDS) as plain:
        if chosen is None:
            with pytest.raises(ssl.SSLError, match=r"(?i)version|alert"):
                context.wrap_socket(plain, server_hostname="localhost")
        else:
            with context.wrap_socket(plain, server_hostname="localhost") as connection:
                assert connection.selected_alpn_protocol() == chosen


def test_a_connection_without_tls_is_closed(secured: Gateway) -> None:
    with create_connection(("127.0.0.1", secured.place.tls_port), timeout=HANGS_SECONDS) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        assert not plain.recv(100)


def test_a_new_certificate_cuts_no_stream_and_serves_new_connections(secured: Gateway, engine: Engine) -> None:
    with closing(_connection(secured)) as connection:
        _ask(connection, does="waiting stream")
        with closing(connection.getresponse()) as answer:
            _write(Path(secured.place.tls_folder))
            _wait_until_served(secured)
            engine.goes_on.set()
            assert answer.read().rstrip().endswith(b"[DONE]")


def _wait_until_served(gateway: Gateway) -> None:
    deadline = time.monotonic() + HANGS_SECONDS
    while time.monotonic() < deadline:
        try:
            with closing(_connection(gateway)) as connection:
                connection.connect()
                return
        except ssl.SSLCertVerificationError:
            time.sleep(0.05)
    raise AssertionError("the old certificate is still served")
