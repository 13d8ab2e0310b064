"""One set of permissions doesn't reach what another one has: a model, an own server, a model hosted elsewhere."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.gateway.engine import Engine
from tests.gateway.plans import client, custom, external, traffic, upstream
from tests.gateway.provider import Provider
from tests.gateway.running import Gateway, place_in, running

pytestmark = pytest.mark.programs
CHAT, AUDIO = "/v1/chat/completions", "/v1/audio/transcriptions"
OWNERS = {"small": "app", "rank": "ranks", "large": "asks"}  # who alone may use it


@dataclass(frozen=True)
class Sent:
    path: str
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Engine]]:
    with ExitStack() as stack:
        kinds: Mapping[str, type[Engine]] = {"small": Engine, "rank": Engine, "large": Provider}
        yield {name: stack.enter_context(kind()) for name, kind in kinds.items()}


@pytest.fixture(scope="module")
def apart(servers: dict[str, Engine], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    port = {name: server.port for name, server in servers.items()}
    plan = traffic(
        (
            client("app", ("small",)),
            client("ranks", (), custom=("rank",)),
            client("asks", ("large",)),
        ),
        (upstream("small", port["small"]),),
        (external("large", port["large"], encrypted=False),),
        custom={"rank": custom("rank", port["rank"], audio=True)},
    )
    with running(plan, place_in(tmp_path_factory.mktemp("apart"))) as gateway:
        yield gateway


ALLOWED = {
    "small": Sent(CHAT, {"model": "small"}),
    "rank": Sent("/custom/rank/x", {}),
    "large": Sent(CHAT, {"model": "large"}),
}
# What may make Envoy, or a tier of it, take a request for one of another server.
NAMES = {
    "small": ["small", "model:small", "SMALL", "small\u0000", "small,large"],
    "rank": ["rank", "custom:rank", "/custom/rank/", "rank\u0000"],
    "large": ["large", "external:large", "external-large", "acme/large-2", "provider:large"],
}
PATHS = {
    "small": [CHAT, f"/custom/rank/..{CHAT}", f"/custom/rank/../..{CHAT}", f"/custom/small{CHAT}", f"//{CHAT}"],
    "rank": ["/custom/rank/x", f"{CHAT}/../../../custom/rank/x", "/custom/%72ank/x", "/custom/rank%2fx", AUDIO],
    "large": [CHAT, "/api/v1/chat/completions", "/external/large", f"/custom/large{CHAT}", "/custom/external:large/"],
}
HEADERS = ("x-llm-model", "x-llm-routed", "x-llm-client", "x-llm-served", "x-llm-held", "host", "x-envoy-original-path")


def _tries(server: str) -> Iterator[Sent]:
    for path in PATHS[server]:
        for name in NAMES[server]:
            yield Sent(path, {"model": name})
    for path in (CHAT, PATHS[server][0], AUDIO):
        for header in HEADERS:
            for name in (server, OWNERS[server], NAMES[server][1]):
                yield Sent(path, {"model": server}, {header: name})


@pytest.mark.parametrize("server", ALLOWED)
def test_who_may_use_a_server_reaches_it_and_nobody_else_does(
    apart: Gateway, servers: dict[str, Engine], server: str
) -> None:
    def ask(who: str, sent: Sent) -> int:
        headers = {name.replace("-", "_"): value for name, value in sent.headers.items()}
        return apart.ask("POST", sent.path, sent.body, key=f"key-of-{who}-1", **headers).status

    servers[server].requests.clear()
    others = [who for name, who in OWNERS.items() if name != server]
    passed = [(who, sent) for who in others for sent in _tries(server) if ask(who, sent) < 400]
    assert servers[server].requests == []
    assert [each for each in passed if not _own(*each)] == []
    assert ask(OWNERS[server], ALLOWED[server]) == 200
    assert len(servers[server].requests) == 1


def _own(who: str, sent: Sent) -> bool:
    """Where the client may call anything."""
    return who == "ranks" and (sent.path.startswith("/custom/rank/") or sent.path == AUDIO)
