"""Dashboards: no panel without data, in Grafana's own types, where Grafana finds them."""

import json
import math
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard as GrafanaDashboard

from infra.plan.money import HOURS_PER_MONTH
from infra.plan.plan import Plan
from infra.services.monitoring.dashboards.all import texts
from infra.usage.prometheus import Prometheus
from tests.example_stacks import plan_text, planned, text
from tests.invariants.reading import CONFIG_MAP
from tests.monitoring.panels import queries
from tests.monitoring.recorded_platform import ENGINE, FAILED, FIRST, IMAGE, NODE, PROMISE, recorded
from tests.prometheus import HOURS, MISSING, WHY, prometheus_with

LARGEST = 1024 * 1024  # bytes of a ConfigMap


@cache
def watched() -> Mapping[str, Plan]:
    """A promise and a budget; the other engine; models that sleep."""
    promise = f"      llama-8b:\n        scaling: {{ttftP95Seconds: {PROMISE}}}\n"
    prod = text("prod").replace("      llama-8b:\n", promise).replace("{min: 1, max: 4}", "{min: 3, max: 4}")
    prod = prod.replace("    models:\n", "    monitoring: {grafana: true}\n    models:\n")
    return {
        "prod": plan_text("prod", prod).plan,
        **{name: planned(name).plan for name in ("maintained", "fromzero")},
    }


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """It has read all of them: what two have is there once."""
    series = {
        (each.metric, *sorted(each.labels.items())): each for plan in watched().values() for each in recorded(plan)
    }
    with prometheus_with(list(series.values()), tmp_path_factory.mktemp("prometheus")) as url:
        yield Prometheus(url)


@pytest.mark.programs
@pytest.mark.skipif(bool(MISSING), reason=WHY)
def test_no_panel_is_without_data(prometheus: Prometheus) -> None:
    """Of a model's dashboard: with one of the models, since not each engine is measured."""
    empty = [
        f"{stack}: {panel.title}: {sent[0]}"
        for stack, plan in watched().items()
        for panel, _, sent in queries(plan)
        if not any(math.isfinite(each.value) for query in sent for each in prometheus.ask(query))
    ]
    assert empty == []


@pytest.mark.programs
@pytest.mark.skipif(bool(MISSING), reason=WHY)
def test_panels_show_what_was_recorded(prometheus: Prometheus) -> None:
    plan = watched()["prod"]

    def shown(title: str) -> dict[str, float]:
        """By the first label of an answer, else by its name. The last choice is llama-8b."""
        found = [(asked, sent[-1]) for panel, asked, sent in queries(plan) if panel.title == title]
        return {
            next(iter(each.labels.values()), asked.legend): each.value
            for asked, query in found
            for each in prometheus.ask(query)
        }

    assert shown("Failed")["llama-8b"] == pytest.approx(FAILED)
    first = shown("Time to first token, p95")
    assert (first["llama-8b"], first["llama-8b: promised"]) == (pytest.approx(0.95), PROMISE)
    missing = {name: model.replicas.min - 1 for name, model in plan.models.items() if model.replicas.min > 1}
    assert shown("Missing of the promised minimum") == missing
    for title, seconds in {
        "Until it has a node": NODE,
        "Image and volumes": IMAGE,
        "Weights and engine": ENGINE,
    }.items():
        assert shown(title)["llama-8b-7d9f8b6c5-abcde"] == seconds, title
    start = plan.models["llama-8b"].cold_start
    assert shown("The whole start")["llama-8b"] == pytest.approx(start.seconds, abs=1)
    slowest = shown("The slowest start, of the plan's highest")["llama-8b"]
    assert slowest == pytest.approx((NODE + IMAGE + ENGINE) / start.high)
    of_pools = sum(pool.usd_per_node_hour or 0 for pool in plan.pools.values())
    others = sum(item.expected for item in plan.cost.items if item.pool is None) / HOURS_PER_MONTH
    assert shown("Dollars today")[""] == pytest.approx((of_pools + others) * (HOURS - FIRST), rel=0.05)
    assert shown("Dollars per month at this pace")[""] == pytest.approx((of_pools + others) * HOURS_PER_MONTH, rel=0.01)


def test_each_dashboard_is_one_of_grafanas_own_types_and_small_enough() -> None:
    for plan in watched().values():
        for name, found in texts(plan).items():
            read = json.loads(found)
            again = json.dumps(GrafanaDashboard.from_json(read), cls=JSONEncoder, indent=2, sort_keys=True)
            assert again + "\n" == found, name
            ids = [panel["id"] for panel in read["panels"]]
            assert len(ids) == len(set(ids)), name
            assert len(read["uid"]) <= 40, name
            assert len(found) < LARGEST / 4, name


def test_a_promise_is_dashed_and_a_single_number_has_its_name() -> None:
    """By itself Grafana leaves the name of a single value out: an XID without its card."""
    read = {name: json.loads(found)["panels"] for name, found in texts(watched()["prod"]).items()}
    dashed = {
        target["legendFormat"]
        for found in read.values()
        for panel in found
        for override in panel.get("fieldConfig", {}).get("overrides", [])
        for target in panel["targets"]
        if target["refId"] == override["matcher"]["options"]
    }
    assert dashed == {"llama-8b: promised", "planned"}
    (xid,) = [panel for panel in read["gpus.json"] if panel["title"] == "Newest XID"]
    assert xid["options"]["textMode"] == "value_and_name"


def test_each_row_is_full_and_level() -> None:
    """Grafana moves what is below a gap upwards, into another row."""
    for plan in watched().values():
        for name, found in texts(plan).items():
            places = [panel["gridPos"] for panel in json.loads(found)["panels"]]
            for top in {place["y"] for place in places}:
                row = sorted((place for place in places if place["y"] == top), key=lambda place: place["x"])
                assert [place["x"] for place in row] == [n * row[0]["w"] for n in range(len(row))], name
                assert sum(place["w"] for place in row) == 24, name
                assert len({place["h"] for place in row}) == 1, name


def test_a_sidecar_finds_each_by_the_labels_and_in_the_namespace_that_it_watches() -> None:
    wanted = {"fromzero": ("monitoring", {"grafana_dashboard": "1"}), "maintained": ("grafana", {"grafana": "yes"})}
    for stack, (namespace, labels) in wanted.items():
        maps = planned(stack).recording.of(CONFIG_MAP)
        found = [each.inputs for each in maps if each.inputs["metadata"]["name"].startswith("llm-dashboard-")]
        where = [(each["metadata"]["namespace"], each["metadata"]["labels"]) for each in found]
        assert where == [(namespace, labels)] * len(found), stack
        written = [text for each in found for text in each["data"].values()]
        assert sorted(written) == sorted(texts(planned(stack).plan).values()), stack
