"""Dollars by client: what a real Prometheus answers, shared so that no hour of a node is lost or counted twice."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from infra.cli.usage import document, usage_of
from infra.plan.labels import POOL_LABEL, STEP_LABEL
from infra.plan.plan import Plan
from infra.usage.measured import Measured, Node, Occupied, Used, measure
from infra.usage.prometheus import NoAnswer, Prometheus, Sample
from infra.usage.shares import share
from tests.cli.running import run
from tests.example_stacks import plan_text, planned
from tests.example_stacks import text as text_of
from tests.prometheus import HOURS, MISSING, WHY, Series, prometheus_with

PROD = planned("prod").plan
_GPUS = {"resource": "nvidia_com_gpu", "unit": "integer"}
# Node -> pool, GPUs, hours from, hours to. l4-b is there for half of the day, and its labels aren't shown; l4-c had a
# next version, which has ended.
_NODES = {
    "l4-a": ("l4", 1, 0, HOURS),
    "l4-b": ("l4", 1, 0, HOURS / 2),
    "l4-c": ("l4", 1, 0, HOURS / 4),
    "l40s-a": ("l40s", 4, 0, HOURS),
    "t4-a": ("t4", 1, 0, HOURS),
}
_PODS = {
    "llama-8b-next-7d9f8b6c5-uvwxy": ("l4-c", 1, 0, HOURS / 4),
    "llama-8b-7d9f8b6c5-abcde": ("l4-a", 1, 0, HOURS),
    "llama-8b-7d9f8b6c5-fghij": ("l4-b", 1, 0, HOURS / 2),
    "llama-70b-5c6d7e8f9-klmno": ("l40s-a", 4, 0, HOURS),
    "helper-6f7a8b9c0-pqrst": ("t4-a", 1, 0, HOURS),
    "stranger-6f7a8b9c0-pqrst": ("t4-a", 1, 0, HOURS),
}
# Client, team, model -> per hour: requests, failed requests, tokens in, tokens out.
_CALLS = {
    ("shop", "sales", "llama-8b"): (100, 1, 40_000, 10_000),
    ("search", "sales", "llama-8b"): (50, 0, 20_000, 5_000),
    ("search", "sales", "llama-70b"): (10, 0, 10_000, 2_000),
    ("night", "-", "helper"): (5, 0, 500, 100),
}
_PRICES = {name: pool.usd_per_node_hour or 0.0 for name, pool in PROD.pools.items()}
_NODES_USD = sum(_PRICES[pool] * (last - first) for pool, _, first, last in _NODES.values())


def _recorded() -> Iterator[Series]:
    yield Series("up", {"job": "gateway"}, 1)
    for node, (pool, gpus, first, last) in _NODES.items():
        yield Series("kube_node_status_allocatable", {"node": node, **_GPUS}, gpus, 0, first, last)
        if node != "l4-b":
            yield Series("kube_node_labels", {"node": node, "label_llm_platform_pool": pool}, 1, 0, first, last)
    for pod, (node, gpus, first, last) in _PODS.items():
        labels = {"namespace": "llm", "pod": pod, "node": node, **_GPUS}
        yield Series("kube_pod_container_resource_requests", labels, gpus, 0, first, last)
    for (client, team, model), (requests, failed, tokens_in, tokens_out) in _CALLS.items():
        labels = {"namespace": "llm", "client": client, "team": team, "model": model, "pod": "gateway-1"}
        yield Series("envoy_llm_requests", labels | {"status": "200"}, 0, requests - failed)
        yield Series("envoy_llm_requests", labels | {"status": "503"}, 0, failed)
        yield Series("envoy_llm_tokens_in", labels, 0, tokens_in)
        yield Series("envoy_llm_tokens_out", labels, 0, tokens_out)
    hosted = {"namespace": "llm", "client": "shop", "team": "sales", "model": "llama-8b", "served_by": "large"}
    for what, per_hour in (("requests", 10), ("tokens_in", 4_000), ("tokens_out", 1_000)):
        yield Series(f"envoy_llm_{what}", hosted, 0, per_hour)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus_with(list(_recorded()), tmp_path_factory.mktemp("prometheus")) as found:
        yield found


@pytest.mark.programs
@pytest.mark.skipif(bool(MISSING), reason=WHY)
def test_the_recorded_day_is_shared_whole(url: str) -> None:
    usage = usage_of(PROD, Prometheus(url), HOURS)
    near = 0.01
    calls = [(each.used.client, each.used.team or "-", each.used.model) for each in usage.shares]
    assert set(calls) == set(_CALLS)
    for each, call in zip(usage.shares, calls, strict=True):
        per_hour = _CALLS[call]
        counted = (each.used.requests, each.used.failed, each.used.tokens_in, each.used.tokens_out)
        assert counted == pytest.approx([HOURS * each for each in per_hour], rel=near)
    (hosted,) = usage.elsewhere
    assert (hosted.used.model, hosted.used.served_by) == ("llama-8b", "large")
    counted = (hosted.used.requests, hosted.used.tokens_in, hosted.used.tokens_out)
    assert counted == pytest.approx([HOURS * each for each in (10, 4_000, 1_000)], rel=near)
    assert {each.pool: each.hours for each in usage.pools} == pytest.approx({"l4": 42, "l40s": 24, "t4": 24}, rel=near)
    assert usage.nodes_usd == pytest.approx(_NODES_USD, rel=near)
    assert usage.unknown_hours == 0
    spent = sum(each.usd or 0 for each in usage.shares) + sum(each.usd for each in usage.idle)
    assert spent == pytest.approx(usage.nodes_usd)
    by_name = {(each.used.client, each.used.model): each.usd or 0 for each in usage.shares}
    assert by_name["shop", "llama-8b"] == pytest.approx(2 * by_name["search", "llama-8b"], rel=near)
    of_8b = sum(each.usd or 0 for each in usage.shares if each.used.model == "llama-8b")
    of_8b += sum(each.usd for each in usage.idle if each.of == "llama-8b")
    assert of_8b == pytest.approx(42 * _PRICES["l4"], rel=near), "with the hours of its next version"


@pytest.mark.programs
@pytest.mark.skipif(bool(MISSING), reason=WHY)
def test_the_command_prints_the_sum_of_its_rows(url: str) -> None:
    result = run("usage", "prod", "--since", "24h", "--prometheus", url, "--format", "json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    rows = sum(each["usd"] for each in [*said["usage"], *said["idle"]])
    assert rows == pytest.approx(sum(each["usd"] for each in said["gpu_pools"]))
    assert said["usd"] == pytest.approx(rows + said["other_usd"])
    assert said["usd_per_month"] == pytest.approx(said["usd"] / 24 * 730)
    assert said["budget_usd_per_month"] == 30000
    text = " ".join(run("usage", "prod", "--since", "1d", "--prometheus", url).stdout.split())
    for word in ("shop", "sales", "l40s", "idle", "of the budget of $30,000", "helper"):
        assert word in text


@pytest.mark.programs
@pytest.mark.skipif(bool(MISSING), reason=WHY)
def test_hours_without_samples_are_in_no_pace(url: str) -> None:
    week, day = (
        json.loads(run("usage", "prod", "--since", since, "--prometheus", url, "--format", "json").stdout)
        for since in ("7d", "24h")
    )
    assert week["hours"] == pytest.approx(HOURS, abs=0.2)
    assert week["usd_per_month"] == pytest.approx(day["usd_per_month"], rel=0.02)
    text = " ".join(run("usage", "prod", "--since", "7d", "--prometheus", url).stdout.split())
    assert "Prometheus has samples of 24 of these 168 hours" in text


# One hour of one full l4 node.
_HOUR = Measured(
    hours=1.0,
    used=[Used("shop", "", "llama-8b", 10, 0, 4000.0, 1000.0)],
    nodes=[Node("a", "l4", 1, 1.0)],
    occupied=[Occupied("llama-8b", "l4", "a", 1.0)],
)


_MUCH = Used("shop", "", "llama-8b", 10, 0, 4e9, 1e9)
_HELPER = Used("shop", "", "helper", 10, 0, 300.0, 100.0)
# What was measured -> dollars of clients, idle dollars, hours without a price.
_SHARED = {
    "one hour in which little was asked is mostly idle": (_HOUR, 0.0009, 0.977, 0),
    "more work than the hours hold by the estimate: the clients pay the hours": (
        replace(_HOUR, used=[_MUCH]),
        0.9776,
        0,
        0,
    ),
    "a node without a pod is idle": (replace(_HOUR, used=[], occupied=[]), 0, 0.9776, 0),
    "a node of no known pool is in no sum": (replace(_HOUR, nodes=[Node("a", None, 1, 1.0)]), 0, 0, 1.0),
    "a model whose speed isn't known shares its hours by tokens": (
        replace(_HOUR, used=[_HELPER], nodes=[Node("a", "t4", 1, 1.0)], occupied=[Occupied("helper", "t4", "a", 1.0)]),
        0.752,
        0,
        0,
    ),
}


def test_every_hour_is_paid_once() -> None:
    for why, (measured, clients, idle, unknown) in _SHARED.items():
        usage = share(measured, PROD)
        assert sum(each.usd or 0 for each in usage.shares) == pytest.approx(clients, abs=0.002), why
        assert sum(each.usd for each in usage.idle) == pytest.approx(idle, abs=0.002), why
        assert usage.unknown_hours == unknown, why


def test_a_node_has_the_price_of_the_step_that_gave_it_and_reserved_hours_are_paid_whether_they_run_or_not() -> None:
    """Two reserved nodes for ten hours, of which one ran for four; and one on spot for three."""
    ladder = planned("ladder").plan
    reserved, spot, _ = ladder.pools["l4"].steps
    nodes = [Node("a", "l4", 1, 4.0, reserved.name), Node("b", "l4", 1, 3.0, spot.name)]
    found = share(Measured(10.0, [], nodes, []), ladder)
    assert [(each.pool, each.hours) for each in found.pools] == [("l4", 7.0)]
    assert found.nodes_usd == pytest.approx(20 * reserved.usd_per_hour + 3 * spot.usd_per_hour)
    assert spot.usd_per_hour < reserved.usd_per_hour
    unknown = share(Measured(10.0, [], [Node("a", "t4", 1, 1.0)], []), ladder)
    assert unknown.nodes_usd == pytest.approx(20 * reserved.usd_per_hour + (ladder.pools["t4"].usd_per_node_hour or 0))


class _Answers(Prometheus):
    """A Prometheus that knows pods, and a node without labels for each."""

    def ask(self, query: str) -> list[Sample]:
        pods = {"a": "chat-7d9f8b6c5-abcde", "b": "chat-next-7d9f8b6c5-abcde", "c": "small-next-7d9f8b6c5-abcde"}
        if "kube_pod_container" in query:
            return [Sample({"pod": pod, "node": node}, 12.0) for node, pod in pods.items()]
        if "kube_node_status" in query:
            return [Sample({"node": node}, 12.0 if "count_over" in query else 1.0) for node in pods]
        return [Sample({}, 12.0)] if "up" in query else []


def test_a_next_version_is_part_of_its_model_while_it_serves_and_afterwards() -> None:
    """What it was paid for stays so; on which nodes it ran is known only while the plan has it."""
    now = planned("canary").plan
    text = text_of("canary").replace("rollout: {strategy: blueGreen}", "").replace("next: {maxModelLen: 1024}", "")
    later = plan_text("canary", text).plan
    for plan, last in ((now, _pool(now, "small-next")), (later, None)):
        found = measure(_Answers("http://x"), plan, 1).occupied
        pools = [_pool(plan, server) for server in ("chat", "chat-next")]
        assert [(each.model, each.pool) for each in found] == [*(("chat", pool) for pool in pools), ("small", last)]
    usage = share(replace(_HOUR, used=[replace(_HELPER, model="chat")], nodes=_both(now), occupied=_of_both(now)), now)
    paid = sum(each.usd or 0 for each in usage.shares) + sum(each.usd for each in usage.idle if each.of == "chat")
    assert paid == pytest.approx(usage.nodes_usd)
    assert {each.of: each.usd for each in usage.idle}[None] == pytest.approx(0)


def _pool(plan: Plan, server: str) -> str | None:
    return plan.models[server].pool


def _both(plan: Plan) -> list[Node]:
    return [Node(server, _pool(plan, server), 1, 1.0) for server in ("chat", "chat-next")]


def _of_both(plan: Plan) -> list[Occupied]:
    return [Occupied("chat", _pool(plan, server), server, 1.0) for server in ("chat", "chat-next")]


def test_where_hours_have_no_price_the_text_says_so() -> None:
    usage = share(replace(_HOUR, nodes=[Node("a", None, 1, 1.0)]), PROD)
    assert "1 hours of GPU nodes have no known pool or price" in document(usage, PROD, 1).footer


def test_the_table_of_teams_is_left_out_where_no_client_has_one() -> None:
    teams = {team: share(replace(_HOUR, used=[replace(_MUCH, team=team)]), PROD) for team in ("", "sales")}
    titles = {team: [each.title for each in document(usage, PROD, 1).sections] for team, usage in teams.items()}
    assert {team: "BY TEAM" in found for team, found in titles.items()} == {"": False, "sales": True}


def test_what_came_from_elsewhere_has_rows_of_list_price_and_no_share_of_the_nodes() -> None:
    plan = planned("elsewhere").plan
    at = {"requests": 10, "failed": 0, "tokens_in": 4e6, "tokens_out": 1e6}
    used = [
        Used("web-shop", "", "large", **at, served_by="large"),
        Used("web-shop", "", "small", **at, served_by="large"),
        Used("search", "", "vectors", **at, served_by="vectors"),
        Used("web-shop", "", "small", **at),
    ]
    usage = share(replace(_HOUR, used=used, nodes=[], occupied=[]), plan)
    assert [(each.used.model, each.usd) for each in usage.shares] == [("small", None)]
    found = [(each.used.model, each.used.served_by, each.usd) for each in usage.elsewhere]
    assert found == [("large", "large", 20.0), ("small", "large", 20.0), ("vectors", "vectors", None)]
    assert (usage.elsewhere_usd, usage.usd) == (40.0, usage.other_usd)
    (section,) = [each for each in document(usage, plan, 1).sections if each.title == "ELSEWHERE"]
    counted = ("10", "0", "4,000,000", "1,000,000")
    assert [tuple(row) for row in section.rows] == [
        ("search", "vectors", *counted, "", ""),
        ("web-shop", "large", *counted, "20.00", "20.00"),
        ("web-shop", "small, large", *counted, "20.00", "20.00"),
    ]


_WRONG = {
    ("--since", "7"): "write 12h, 7d or 4w",
    ("--since", "0d"): "write 12h, 7d or 4w",
    ("--since", "900w"): "write 12h, 7d or 4w",
    ("--prometheus", "localhost:9090"): "write http://127.0.0.1:9090",
}


def test_what_is_wrong_is_said_with_what_to_write() -> None:
    for option, write in _WRONG.items():
        result = run("usage", "prod", *option)
        assert (result.exit_code, result.stdout) == (2, "")
        assert write in " ".join(result.stderr.split())


def test_a_prometheus_that_is_away_is_answered_with_the_command_that_reaches_it() -> None:
    result = run("usage", "prod", "--prometheus", "http://127.0.0.1:9")
    assert result.exit_code == 3
    assert "http://127.0.0.1:9 can't be reached" in result.stderr
    assert "-n monitoring port-forward svc/prometheus-operated 9090" in result.stderr


def test_a_token_is_sent_and_never_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_PLATFORM_PROMETHEUS_TOKEN", "s3cret")
    result = run("usage", "prod", "--prometheus", "http://127.0.0.1:9")
    assert "s3cret" not in result.output
    with pytest.raises(NoAnswer):
        Prometheus("http://127.0.0.1:9", "s3cret").ask("up")


def test_nodes_show_the_label_by_which_their_price_is_found() -> None:
    values = next(each for each in planned("prod").recording.resources if each.name == "addons-prometheus").inputs[
        "values"
    ]
    assert values["kube-state-metrics"]["metricLabelsAllowlist"] == [f"nodes=[{POOL_LABEL},{STEP_LABEL}]"]
