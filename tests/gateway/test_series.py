"""What Prometheus reads of an Envoy: all that the program asks for, and no more than a few lines for each name. With a
scrape that takes longer than ten seconds every query of a scaler would fail."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from infra.catalog.metrics import exporters
from infra.services.gateway.envoy.held import asked_query, held_query
from infra.usage import measured
from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.names import Names
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Gateway, place_in, resolved_by, running

pytestmark = pytest.mark.programs
_MODELS = [f"model-{number}" for number in range(50)]
_CLIENTS = [f"client-{number}" for number in range(50)]
_EACH = 8  # series of a client or a model
_FEW = 600  # of Envoy as a whole, however many names there are
_ASKED = re.compile(r"(envoy_\w+)(?:\{([^}]*)\})?")


@pytest.fixture(scope="module")
def gateway(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Its clients have ten sets of models, and each model but the first may sleep."""
    sets = [tuple(sorted(set(_MODELS) - {_MODELS[number]})) for number in range(1, 11)]
    host = "models.llm.svc.cluster.local"
    models = [upstream(name, engine.port, host=host, held_seconds=60) for name in _MODELS[1:]]
    plan = traffic(
        tuple(client(name, sets[number % 10]) for number, name in enumerate(_CLIENTS)),
        (upstream(_MODELS[0], engine.port), *models),
    )
    folder = tmp_path_factory.mktemp("series")
    with Names(["127.0.0.1"]) as names, running(plan, place_in(folder), bootstrap=resolved_by(names.port)) as found:
        for model in _MODELS[:1] + _MODELS[11:13]:
            body = {"model": model, "does": "stream"}
            assert found.ask("POST", "/v1/chat/completions", body, key="key-of-client-0-1").status == 200
        yield found


def _lines(gateway: Gateway) -> list[str]:
    connection = HTTPConnection("127.0.0.1", gateway.place.metrics_port, timeout=HANGS_SECONDS)
    connection.request("GET", "/stats/prometheus")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return lines


def _has(lines: list[str], query: str) -> bool:
    """A line of each metric of the query, with those of its labels that Envoy itself writes."""
    labels_of = re.compile(r'envoy_cluster_name=~?("[^"(]*)')
    asked = [(name, labels_of.findall(labels)) for name, labels in _ASKED.findall(query)]
    return bool(asked) and all(
        any(
            line.startswith(f"{name}{{") and all(f"envoy_cluster_name={label}" in line for label in labels)
            for line in lines
        )
        for name, labels in asked
    )


def test_the_lines_are_few_for_each_client_and_model(gateway: Gateway) -> None:
    lines = _lines(gateway)
    names = len(_CLIENTS) + 2 * len(_MODELS)  # a model that may sleep is two clusters
    assert len(lines) < _EACH * names + _FEW


@pytest.mark.parametrize("model", _MODELS[1:4])
def test_what_wakes_a_model_and_lets_it_sleep_is_there(gateway: Gateway, model: str) -> None:
    lines = _lines(gateway)
    assert _has(lines, held_query(gateway.plan, "llm", model))
    assert _has(lines, asked_query("llm", model))


def test_what_the_command_usage_asks_for_is_there(gateway: Gateway) -> None:
    asked = set(re.findall(r"envoy_\w+", Path(measured.__file__).read_text(encoding="utf-8")))
    assert asked == {"envoy_llm_requests", "envoy_llm_tokens_in", "envoy_llm_tokens_out"}
    lines = _lines(gateway)
    assert [metric for metric in sorted(asked) if not _has(lines, metric)] == []


def test_what_the_catalogue_says_of_it_is_there(gateway: Gateway) -> None:
    """A new Envoy that exports less, or under other names or labels, is seen here."""
    lines = [line for line in _lines(gateway) if not line.startswith("#")]
    written = {match[1]: set(re.findall(r'(\w+)="', line)) for line in lines if (match := re.match(r"(\w+)", line))}
    for metric in exporters()["envoy"].metrics.values():
        of_other_plans = metric.name.startswith("envoy_llm_version") or "_ratelimit_" in metric.name
        for series in () if of_other_plans else metric.series:
            assert series in written, series
            assert metric.labels <= written[series], series
