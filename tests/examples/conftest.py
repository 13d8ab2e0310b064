"""The example's service, running for all tests of a file."""

from collections.abc import Iterator

import pytest

from tests.examples.serving import IMPATIENT_SECONDS, Chat, chat


@pytest.fixture(scope="module")
def impatient() -> Iterator[Chat]:
    """A service that waits only a short time for an answer that never comes."""
    with chat(timeout_seconds=IMPATIENT_SECONDS) as running:
        yield running


@pytest.fixture(scope="module")
def patient() -> Iterator[Chat]:
    with chat() as running:
        yield running
