"""An engine that only this test has, added as CONTRIBUTING says: a folder and a pin. No file of infra/ knows it."""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from components.container import Query
from infra import engines
from infra.catalog.load import DATA, load_catalog, read_catalog
from infra.catalog.metrics import Exporter, Metric
from infra.cli.as_json import document
from infra.cli.fit import run as fit
from infra.diff.difference import compare
from infra.engines import ENGINES, registered
from infra.engines.engine import Engine, Limits
from infra.engines.hub import weights_path
from infra.engines.model import EngineModel
from infra.engines.vllm.memory import size
from infra.offline import Planned, plan_offline
from infra.outputs import known_outputs
from infra.settings.document import read_document
from infra.settings.mistakes import BadStackFile
from infra.sides.types import Side
from infra.stack_file import load_file
from tests.cli.running import plan, write_stack
from tests.invariants import RULES
from tests.invariants.reading import servers
from tests.settings.bad_stacks.writing import CLUSTER, stack

PIN = """
[engines.quick]
version = "1.0"
image = "docker.io/acme/quick:1.0"
image_gib = 5.0
unpacked_gib = 11.0
source = "this test"
"""
POOL = "gpuPools: {l4: {instanceTypes: [g6.2xlarge]}}"
MODEL = "models: {chat: {model: Qwen/Qwen3-8B, engine: %s, maxModelLen: 8192}}"
QUICK = stack(CLUSTER, POOL, MODEL % "quick")


class Quick(Engine):
    """It is measured and checks a key; nobody has modelled its memory or speed."""

    name = "quick"
    title = "Quick"
    port = 9000
    health_path = "/ready"
    metrics_path = "/metrics"
    api_key_env = "QUICK_KEY"
    limits = Limits(refused_keys={"quantization": "Quick reads weights as they are"}, truncates_prompts=True)

    @property
    def exported(self) -> Exporter:
        return Exporter("quick", "1.0", {"quick_waiting": Metric("quick_waiting", "gauge", frozenset())})

    def args(self, model: EngineModel) -> tuple[str, ...]:
        return ("--weights", weights_path(model.model, model.revision), *model.extra_args)

    def env(self, model: EngineModel) -> Mapping[str, str]:
        return {"HF_HUB_OFFLINE": "1"}

    def queries(self, namespace: str, name: str, server: str | None = None) -> tuple[Query, ...]:
        return (Query("waiting", f'sum(quick_waiting{{namespace="{namespace}",service="{name}"}})'),)


class Measured(Quick):
    """The same, with a memory model."""

    memory = staticmethod(size)


class Bare(Quick):
    """It has neither a key nor metrics."""

    api_key_env = None
    metrics_path = None


@pytest.fixture(autouse=True)
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue with one pin more, wherever the program reads it."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    with (folder / "pins.toml").open("a", encoding="utf-8") as pins:
        pins.write(PIN)
    catalog = read_catalog(folder)
    for module in list(sys.modules.values()):
        if vars(module).get("load_catalog") is load_catalog:
            monkeypatch.setattr(module, "load_catalog", lambda: catalog)


@pytest.fixture(params=[Quick, Measured])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with registered(request.param()) as engine:
        yield engine


def mistakes(folder: Path, text: str) -> str:
    with pytest.raises(BadStackFile) as bad:
        load_file(write_stack(folder, text))
    return "\n".join(f"{each.path}: {each.got}; {each.write}" for each in bad.value.mistakes)


def test_a_name_that_no_engine_has_is_a_mistake_that_lists_those_that_are_known(tmp_path: Path) -> None:
    said = mistakes(tmp_path, QUICK)
    assert "models.chat.engine" in said
    assert ", ".join(ENGINES) in said


def test_its_server_is_started_as_it_says(engine: Engine, tmp_path: Path) -> None:
    planned = plan_offline(write_stack(tmp_path, QUICK))
    (server,) = servers(planned.recording)
    (container,) = server.containers
    assert (container["name"], container["image"]) == ("quick", "docker.io/acme/quick:1.0")
    assert container["ports"][0]["containerPort"] == 9000
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert container["args"][0] == "--weights"
    endpoint = known_outputs(planned.plan)["models"]["chat"]
    assert (endpoint["engine"], endpoint["truncates_prompts"]) == ("quick", True)
    assert endpoint["api_key_secret"]["name"] == "chat-api-key"


def test_every_rule_holds_for_a_stack_with_it(engine: Engine, tmp_path: Path) -> None:
    planned = plan_offline(write_stack(tmp_path, QUICK))
    assert {name: rule(planned) for name, rule in RULES.items()} == {name: [] for name in RULES}


def test_its_scaler_asks_what_somebody_looked_up(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan_offline(
        write_stack(tmp_path, QUICK.replace("engine: quick", "engine: quick, replicas: {min: 1, max: 2}"))
    )
    assert RULES["6 queries"](planned) == []
    monkeypatch.setattr(type(engine), "exported", None)
    assert "nobody has looked at the metrics of quick" in str(RULES["6 queries"](planned))


def test_without_its_own_models_nothing_is_estimated(tmp_path: Path) -> None:
    path = write_stack(tmp_path, QUICK)
    with registered(Quick()):
        planned = plan_offline(path)
        model, said = planned.plan.models["chat"], document(planned)["models"]["chat"]
        text = " ".join(plan("dev", stacks=tmp_path).stdout.split())
    assert model.fit is not None
    assert any(each.startswith("no estimate: Quick has no memory model") for each in model.reasons)
    assert "no estimate: Quick has no throughput model" in model.reasons
    assert (said["fits"], said["certain"], said["kv_cache_gib"], said["max_concurrency"]) == (None, None, None, None)
    assert said["usd_per_million_output_tokens"] is None
    assert "no estimate: Quick has no memory model" in text
    assert planned.plan.cost.usd_per_month_min > 0


def test_the_weights_alone_still_have_to_fit(tmp_path: Path) -> None:
    large = QUICK.replace("Qwen/Qwen3-8B", "meta-llama/Llama-3.3-70B-Instruct")
    with registered(Quick()):
        planned = plan_offline(write_stack(tmp_path, large))
    assert [each.rule for each in planned.plan.violations] == ["Fit"]


def test_with_a_memory_model_it_fits_and_still_no_rate_is_promised(tmp_path: Path) -> None:
    with registered(Measured()):
        model = plan_offline(write_stack(tmp_path, QUICK)).plan.models["chat"]
    assert model.fit is not None
    assert model.fit.certain
    assert (model.throughput.tokens_per_second, model.throughput.reason) == (
        None,
        "no estimate: Quick has no throughput model",
    )


def test_its_start_is_marked_as_assumed(engine: Engine, tmp_path: Path) -> None:
    part = plan_offline(write_stack(tmp_path, QUICK)).plan.models["chat"].cold_start.parts["engine"]
    assert "assumed: nobody measured the start of Quick" in part.reason
    assert part.low < part.mid < part.high


LARGE = "meta-llama/Llama-3.3-70B-Instruct"


@pytest.mark.parametrize(
    ("model", "where", "fits", "code", "said"),
    [
        ("Qwen/Qwen3-8B", {"gpu": "L4"}, None, 3, "the weights fit, and the rest was not judged: 1 x L4"),
        ("Qwen/Qwen3-8B", {"instance-type": "g6.12xlarge"}, None, 3, "the rest was not judged: 1 x L4 (g6.12xlarge"),
        (
            "Qwen/Qwen3-8B",
            {},
            None,
            3,
            "at the lowest price per replica, and the rest was not judged",
        ),
        (LARGE, {"gpu": "L4"}, False, 1, "one of these makes the weights fit"),
        (LARGE, {"instance-type": "g6.12xlarge"}, False, 1, "does not fit: 4 x L4 (g6.12xlarge"),
    ],
)
def test_fit_judges_the_weights_alone_and_says_so(
    model: str, where: dict[str, str], fits: bool | None, code: int, said: str
) -> None:
    asked = {"engine": "quick", **where}
    with registered(Quick()):
        text, exit_code = fit(model, asked, "text", read_catalog(DATA))
        data, json_code = fit(model, asked, "json", read_catalog(DATA))
    answers = json.loads(data) if not where else [json.loads(data)]
    assert (exit_code, json_code) == (code, 0)
    assert said in " ".join(text.split())
    assert "no estimate: Quick has no memory model" in " ".join(text.split())
    for claim in ("is enough", "serves it", "serve it", "makes it fit", "not for certain", "not certain", "fp8"):
        assert claim not in text + data
    assert {(each["fits"], each["certain"], each["max_concurrency"]) for each in answers} == {(fits, None, None)}


def _advised(path: Path) -> list[str]:
    """Every way that a plan knows to another size or another place."""
    plan = plan_offline(path).plan
    ways = [way.setting for found in plan.cheaper.values() for way in found]
    return ways + [note.message for note in plan.warnings if note.kind == "mostly-empty"]


@pytest.mark.parametrize(
    ("engine", "advised"), [(Quick, False), (Measured, True)], ids=["weights alone", "a memory model"]
)
def test_no_advice_leans_on_the_weights_alone(engine: type[Engine], advised: bool, tmp_path: Path) -> None:
    """A small model on a large card; its memory model says that a small card has room for the requests."""
    pool = "gpuPools: {big: {instanceTypes: [g6e.12xlarge], capacity: spot}}"
    model = "models: {chat: {model: Qwen/Qwen3-4B, engine: quick, maxModelLen: 8192, concurrency: 2}}"
    with registered(engine()):
        assert bool(_advised(write_stack(tmp_path, stack(CLUSTER, pool, model)))) == advised


@pytest.mark.parametrize(
    ("engine", "said"),
    [(Quick, "GiB of weights; no estimate: Quick has no memory model"), (Measured, "and 8,192 tokens of context")],
    ids=["weights alone", "a memory model"],
)
def test_the_number_of_gpus_promises_no_context_that_was_not_judged(
    engine: type[Engine], said: str, tmp_path: Path
) -> None:
    with registered(engine()):
        chosen = plan_offline(write_stack(tmp_path, QUICK)).plan.chosen["models.chat.gpus"]
    assert chosen.reason.startswith("the smallest number of L4 that hold 15.3 GiB of weights")
    assert chosen.reason.endswith(said)


def test_a_budget_moves_it_to_no_card_on_which_it_was_not_judged(tmp_path: Path) -> None:
    pool = "gpuPools: {big: {instanceTypes: [g6e.12xlarge]}}"
    large = QUICK.replace(POOL, pool) + "    budget: {usdPerMonth: 5000}\n"
    advised = {}
    for engine in (Quick, Measured):
        with registered(engine()):
            (violation,) = plan_offline(write_stack(tmp_path, large)).plan.violations
        paths = [path for each in violation.advice for path, _ in each.write]
        advised[engine] = "gpuPools.big.instanceTypes" in paths
    assert advised == {Quick: False, Measured: True}


def test_an_engine_quantizes_nothing_unless_it_says_that_it_does() -> None:
    assert not Limits().quantizes_at_load
    assert {name for name, each in ENGINES.items() if each.limits.quantizes_at_load} == {"vllm", "tgi"}


def test_what_it_cannot_do_is_refused_in_the_stack_file(tmp_path: Path) -> None:
    with registered(Bare()):
        scaled = QUICK.replace("maxModelLen: 8192", "maxModelLen: 8192, replicas: {min: 1, max: 2}")
        assert "Quick has no metrics that a scaler could read" in mistakes(tmp_path, scaled)
        quantized = QUICK.replace("maxModelLen: 8192", "quantization: fp8")
        assert "models.chat.quantization: Quick reads weights as they are" in mistakes(tmp_path, quantized)
        on_cpu = QUICK.replace("maxModelLen: 8192", "gpus: 0")
        assert "quick needs a GPU here" in mistakes(tmp_path, on_cpu)
        assert "chat-api-key" not in secrets_of(plan_offline(write_stack(tmp_path, QUICK)))


def test_callers_of_an_engine_that_checks_no_key_need_the_gateway_s(tmp_path: Path) -> None:
    with registered(Bare()):
        planned = plan_offline(write_stack(tmp_path, QUICK))
        secret = known_outputs(planned.plan)["models"]["chat"]["api_key_secret"]
        assert secret == {"namespace": "llm", "name": "llm-client-default", "key": "OPENAI_API_KEY"}
        assert secret["name"] in secrets_of(planned)


def secrets_of(planned: Planned) -> set[str]:
    return {each.inputs["metadata"]["name"] for each in planned.recording.of("kubernetes:core/v1:Secret")}


def test_the_diff_tells_of_another_engine(engine: Engine, tmp_path: Path) -> None:
    sides = []
    for name in ("vllm", "quick"):
        text = stack(CLUSTER, POOL, MODEL % name)
        planned = plan_offline(write_stack(tmp_path, text))
        sides.append(Side(document(planned), read_document(text).config or {}))
    difference = compare("dev", *sides)
    assert "quick" in str(difference.answers["chat"])


def test_a_folder_is_enough_for_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mini"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "engine.py").write_text(
        "from infra.engines.engine import Engine\nENGINE = Engine()\nENGINE.name = 'mini'\n"
    )
    monkeypatch.setattr(engines, "__path__", [*engines.__path__, str(tmp_path)])
    assert [engine.name for engine in engines.found()] == ["vllm", "mini", "ollama", "tgi"], "the default is first"
    for module in ("mini", "mini.engine"):
        sys.modules.pop(f"infra.engines.{module}")
