"""200 models, 200 clients and ten sets of permissions."""

from collections.abc import Iterator

import pytest

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.check_clients import bytes_of
from infra.services.gateway.envoy.clients import clients_file
from infra.services.gateway.envoy.files import files
from infra.services.gateway.envoy.place import in_pod
from infra.services.gateway.section import Client
from tests.gateway.engine import Engine
from tests.gateway.plans import ENGINE_KEY, client, traffic, upstream
from tests.gateway.running import Gateway, place_in, running

CONFIG_MAP = 1_048_576  # bytes, the maximum of one, and of a Secret
CHAT = "/v1/chat/completions"
_PATHS = ("chat/completions", "completions", "embeddings", "messages", "messages/count_tokens", "rerank", "responses")
PATHS = {f"/v1/{path}": f"/v1/{path}" for path in _PATHS} | {f"/v1/{p}": f"/{p}" for p in ("tokenize", "detokenize")}


def large(port: int, held_seconds: int = 0) -> TrafficPlan:
    """Names are as long as those of repositories, all sets are different and nearly all of the models."""
    models = [f"a-model-with-a-rather-long-name-and-a-number-{number}" for number in range(200)]
    sets = [tuple(sorted(models[:number] + models[number + 1 :])) for number in range(10)]
    clients = (client(f"team-application-{number}", sets[number % 10], keys=(1, 2)) for number in range(200))
    abilities = dict.fromkeys(("json_schema", "reasoning", "tools", "vision"), True)
    return traffic(
        tuple(clients),
        tuple(upstream(model, port, paths=PATHS, abilities=abilities, held_seconds=held_seconds) for model in models),
    )


@pytest.mark.parametrize("held_seconds", [0, 600])
def test_each_file_fits_into_a_config_map(held_seconds: int) -> None:
    plan = large(8000, held_seconds)
    keys = {name: ["k" * 64] * 2 for name in plan.clients}
    found = {**files(plan, in_pod("llm")), "clients.json": clients_file(plan, keys, ENGINE_KEY)}
    assert len(found) == 4 + 10
    assert {name: len(text.encode()) for name, text in found.items() if len(text.encode()) > CONFIG_MAP} == {}


@pytest.mark.parametrize("clients", [200, 700])
def test_the_rule_for_the_number_of_keys_knows_their_size(clients: int) -> None:
    names = [f"team-application-{number}" for number in range(clients)]
    plan = traffic(tuple(client(name, ("small",), team="red") for name in names), (upstream("small", 8000),))
    size = len(clients_file(plan, {name: ["k" * 64] for name in names}, ENGINE_KEY).encode())
    assert size <= bytes_of({name: Client(team="red") for name in names}) <= 1.1 * size


@pytest.fixture(scope="module")
def full(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(large(engine.port), place_in(tmp_path_factory.mktemp("large"))) as gateway:
        yield gateway


@pytest.mark.programs
@pytest.mark.parametrize("number", [0, 109, 199])
def test_every_client_asks_the_models_of_its_set_and_no_other(full: Gateway, number: int) -> None:
    key = f"key-of-team-application-{number}-2"
    models = full.plan.clients[f"team-application-{number}"].models
    (other,) = set(full.plan.upstreams) - set(models)
    statuses = [full.ask("POST", CHAT, {"model": model}, key=key).status for model in (models[0], models[-1], other)]
    assert statuses == [200, 200, 403]
    assert [each["id"] for each in full.ask("GET", "/v1/models", key=key).json["data"]] == list(models)
