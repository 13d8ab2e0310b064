"""200 models, 200 clients and ten sets of permissions."""

from collections.abc import Iterator

import pytest

from infra.plan.gateway import TrafficPlan, Upstream
from infra.plan.notes import Violation
from infra.plan.rules import Rule
from infra.services.gateway.check_clients import bytes_of
from infra.services.gateway.clients import max_limits
from infra.services.gateway.envoy.clients import clients_file
from infra.services.gateway.envoy.files import BOOTSTRAP, files
from infra.services.gateway.envoy.place import in_pod
from infra.services.gateway.parts import check_room, in_parts
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


@pytest.mark.parametrize("held_seconds", [0, 600])
def test_all_files_fit_into_the_config_maps_that_the_pods_mount(held_seconds: int) -> None:
    plan = large(8000, held_seconds)
    assert list(check_room(plan, "llm")) == []
    texts = files(plan, in_pod("llm"))
    parts = in_parts({name: text for name, text in texts.items() if name != BOOTSTRAP})
    assert {name for part in parts.values() for name in part} == texts.keys() - {BOOTSTRAP}
    assert max(sum(len(text.encode()) for text in part.values()) for part in parts.values()) < CONFIG_MAP


def _models(number: int) -> tuple[Upstream, ...]:
    letters = "x" * 30
    return tuple(upstream(f"{letters}-{each}", 8000, paths=PATHS, held_seconds=600) for each in range(number))


def test_a_list_of_models_that_no_config_map_holds_is_refused_with_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.services.gateway.parts._HOLDS", 60_000)
    models = _models(20)
    few, names = (models[0].model,), tuple(each.model for each in models)
    found = list(check_room(traffic((client("few", few), client("many", names)), models), "llm"))
    (said,) = (each for each in found if isinstance(each, Violation) and each.path == "gateway.clients.many.models")
    assert "60,000" in said.message
    assert said.fix.startswith("name fewer than its 20 models")


@pytest.mark.parametrize("number", [4, 50, 200])
def test_as_many_limits_by_model_as_the_plan_gives_have_room_in_one_list(number: int) -> None:
    """Models that sleep need most of it. A file with more would be refused, for a limit that nobody wrote."""
    models, limits = _models(number), max_limits(number)
    names = tuple(each.model for each in models)
    parts = dict.fromkeys(names[: limits // 10 + 1], 16)
    clients = (client(f"team-application-{each}", names, at_once_of=parts) for each in range(limits // len(parts)))
    assert list(check_room(traffic(tuple(clients), models), "llm")) == []


def test_more_lists_than_all_config_maps_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.services.gateway.parts.PARTS", ("files-a", "files-b"))
    monkeypatch.setattr("infra.services.gateway.parts._HOLDS", 200_000)
    models = _models(40)
    clients = (client(f"c{each}", tuple(m.model for m in models if m is not models[each])) for each in range(4))
    (said,) = check_room(traffic(tuple(clients), models), "llm")
    assert isinstance(said, Violation)
    assert (said.rule, said.path) == (Rule.GATEWAY_FILES, "gateway.clients")
    assert "there are 4 different lists" in said.fix


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
