"""Requests while servers, keys and models change: each is answered whole, and no stream is cut."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.files import BOOTSTRAP
from infra.services.gateway.envoy.place import Place
from tests.early import ended
from tests.gateway.engine import Engine
from tests.gateway.load import end_when_idle, how_it_ends, under_load
from tests.gateway.long_stream import WHOLE
from tests.gateway.names import Names
from tests.gateway.plans import client, keys_of, traffic, upstream
from tests.gateway.running import Gateway, place_in, resolved_by, running, until, write

pytestmark = pytest.mark.programs
_REQUESTS, _STREAMS, _AT_ONCE = 1000, 300, 72
_PAUSE = 0.4  # seconds between the five events of a stream
_REFRESH = 1  # seconds between two looks at DNS


def _plan(port: int, *models: str) -> TrafficPlan:
    """A host name, not an address, so that the real DNS cluster is tried."""
    servers = tuple(upstream(model, port, host="small-pods.llm.svc.cluster.local") for model in models)
    return traffic((client("app", models),), servers, dns_refresh_seconds=_REFRESH)


def _gateway(plan: TrafficPlan, place: Place, names: Names) -> AbstractContextManager[Gateway]:
    """Envoy asks the DNS server of the test."""
    return running(plan, place, bootstrap=resolved_by(names.port))


def _load(gateway: Gateway, meanwhile: Callable[[], None]) -> Counter[str]:
    """Three of ten requests are streams."""

    def ask(number: int) -> str:
        return how_it_ends(gateway, _PAUSE if number % 10 < 10 * _STREAMS // _REQUESTS else None)

    return under_load(ask, _AT_ONCE, _REQUESTS, meanwhile)


def _servers(gateway: Gateway) -> int:
    """How many addresses of the model Envoy has now."""
    (found,) = gateway.stats("model_small.membership_total").values()
    return found


def test_a_rolling_change_of_two_servers_loses_nothing(tmp_path: Path) -> None:
    """Each server's address goes out of DNS before it ends, for as long as Envoy needs to see that."""
    with ExitStack() as stack:
        old = [stack.enter_context(Engine(address="127.0.0.1"))]
        port = old[0].port
        old.append(stack.enter_context(Engine(address="127.0.0.2", port=port)))
        names = stack.enter_context(Names(["127.0.0.1", "127.0.0.2"]))
        gateway = stack.enter_context(_gateway(_plan(port, "small"), place_in(tmp_path), names))
        new: list[Engine] = []

        def roll() -> None:
            for number, engine in enumerate(old):
                new.append(stack.enter_context(Engine(address=f"127.0.0.{number + 3}", port=port)))
                names.addresses = [*names.addresses, new[-1].address]
                until(lambda: _servers(gateway), len(names.addresses))
                names.addresses = [each for each in names.addresses if each != engine.address]
                until(lambda: _servers(gateway), len(names.addresses))
                end_when_idle(engine)
            until(lambda: all(each.requests for each in [*old, *new]))

        assert set(_load(gateway, roll)) == {"whole"}


# asyncio itself leaves a connection open that it had accepted when the server ended and not begun to serve.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_server_that_dies_without_warning_cuts_only_what_it_had_begun(tmp_path: Path) -> None:
    """Its address stays in DNS: what hasn't begun is tried on the other one."""
    with ExitStack() as stack:
        stays = stack.enter_context(Engine(address="127.0.0.1"))
        dies = stack.enter_context(Engine(address="127.0.0.2", port=stays.port))
        names = stack.enter_context(Names(["127.0.0.1", "127.0.0.2"]))
        gateway = stack.enter_context(_gateway(_plan(stays.port, "small"), place_in(tmp_path), names))

        def die() -> None:
            until(lambda: dies.under_way > _AT_ONCE // 4)
            dies.end()

        ended = _load(gateway, die)
        assert ended.total() - ended["whole"] <= dies.cut < _AT_ONCE
        assert set(ended) <= {"whole", *(each for each in ended if each.startswith("cut"))}


def test_new_keys_and_a_new_model_take_effect_and_lose_nothing(tmp_path: Path) -> None:
    """The files change four times while streams run."""
    with Engine() as engine, Names(["127.0.0.1"]) as names:
        place, plan = place_in(tmp_path), _plan(engine.port, "small")
        with _gateway(plan, place, names) as gateway:

            def change() -> None:
                both = {"app": [*keys_of(plan)["app"], "a-new-key"]}
                write(plan, place, both, keep=BOOTSTRAP)
                _until(gateway, "a-new-key", "small", 200)
                more = _plan(engine.port, "another", "small")
                write(more, place, both, keep=BOOTSTRAP)
                _until(gateway, "a-new-key", "another", 200)
                both_clients = {**more.clients, "other": client("other", ("small",))}
                other = replace(more, clients=both_clients)
                write(other, place, {**keys_of(other), "app": keys_of(plan)["app"]}, keep=BOOTSTRAP)
                _until(gateway, "a-new-key", "small", 401)
                _until(gateway, "key-of-other-1", "small", 200)

                less = replace(other, clients={**both_clients, "app": client("app", ("small",))})
                write(less, place, keep=BOOTSTRAP)
                _until(gateway, "key-of-app-1", "another", 403)

            assert set(_load(gateway, change)) == {"whole"}


def _until(gateway: Gateway, key: str, model: str, status: int) -> None:
    until(lambda: gateway.ask("POST", "/v1/chat/completions", {"model": model}, key=key).status, status)


def test_a_long_stream_passes_whole() -> None:
    """Of 250 seconds, with pauses of 50 seconds. It began with the session."""
    until(ended().exists)
    assert ended().read_text() == WHOLE
