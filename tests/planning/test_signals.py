"""At how many requests another replica starts: by the plan's speed, and the queries that measure it."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.plan.models import Scaling
from infra.services.serving.queries import queries
from infra.services.serving.signals import in_flight, usual_promise
from infra.sizing.load import Replica, room
from tests.conftest import HANGS_SECONDS
from tests.planning.stacks import PROD, changed, plan
from tests.prometheus import MISSING, WHY

RUNNING, QUEUED, CACHE = "vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc"


def replica(name: str) -> tuple[Replica, int]:
    """With as many places as it has for mean requests."""
    model = plan(PROD).models[name]
    made = model.throughput
    assert made.steps is not None
    assert made.full is not None
    return Replica(made.steps, made.request, model.max_num_batched_tokens or 0), made.full.concurrency


def scaling(stack: dict[str, Any], name: str) -> Scaling:
    found = plan(stack).models[name].scaling
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["llama-8b", "llama-70b"])
def test_the_threshold_is_the_largest_at_which_a_first_token_comes_in_time_and_each_has_a_place(name: str) -> None:
    of, places = replica(name)
    found = scaling(PROD, name).in_flight or 0
    assert found == in_flight(of, places, usual_promise(of.at(1)))
    assert of.at(found).first_token <= usual_promise(of.at(1))
    assert found <= room(places) < places
    assert found + 1 > room(places) or of.at(found + 1).first_token > usual_promise(of.at(1))


def test_a_fast_model_aims_at_two_seconds_and_a_slow_one_at_twice_what_a_request_takes_alone() -> None:
    fast, slow = (replica(name)[0].at(1) for name in ("llama-8b", "llama-70b"))
    assert usual_promise(fast) == 2.0
    assert usual_promise(slow) == 2 * slow.first_token > 2.0


@pytest.mark.parametrize("name", ["llama-8b", "llama-70b"])
def test_more_in_flight_is_a_higher_rate_and_a_longer_wait(name: str) -> None:
    of, _ = replica(name)
    loads = [of.at(number) for number in (1, 2, 4, 8, 16)]
    assert [each.rate for each in loads] == sorted(each.rate for each in loads)
    assert [each.first_token for each in loads] == sorted(each.first_token for each in loads)
    for each in loads:  # Little's law: with a first token and 255 more
        assert each.in_flight <= each.rate * (each.first_token + 255 * each.next_token)


def test_the_plan_says_each_number_and_why() -> None:
    model = plan(PROD).models["llama-70b"]
    found = scaling(PROD, "llama-70b")
    said = " ".join(model.reasons)
    assert f"{found.in_flight} requests in flight per replica" in said
    assert f"{found.waiting} that wait, or at {found.cache} % of its cache" in said
    assert f"at most {found.kept} in flight each" in said
    assert "an estimate" in said


def test_a_model_with_one_replica_or_none_says_when_it_sleeps_and_of_no_other_replica() -> None:
    (said,) = scaling(changed(PROD, models__llama_8b__replicas={"min": 0, "max": 1}), "llama-8b").reasons
    assert "after the last request it has no replica" in said


def test_without_a_known_speed_it_is_half_of_the_batch() -> None:
    stack = changed(PROD, models__llama_8b={**PROD["models"]["llama-8b"], "model": "BAAI/bge-m3"})
    stack["models"]["llama-8b"].pop("revision", None)
    stack["models"]["llama-8b"].pop("concurrency", None)
    model, found = plan(stack).models["llama-8b"], scaling(stack, "llama-8b")
    assert model.max_num_seqs is not None
    assert (found.in_flight, found.kept) == (model.max_num_seqs // 2, model.max_num_seqs // 4)
    assert "its speed isn't known" in " ".join(model.reasons)


SERVERS = {
    "two servers": ((9, 3, 0.7), (5, 0, 0.1)),
    "one is full": ((40, 25, 1.0), (0, 0, 0.0)),
    "none": (),
}


@pytest.mark.programs
@pytest.mark.skipif("promtool" in MISSING, reason=WHY)
@pytest.mark.parametrize("sleeps", [False, True])
@pytest.mark.parametrize("servers", SERVERS.values(), ids=SERVERS)
def test_prometheus_answers_with_one_number_per_signal(
    servers: tuple[tuple[float, float, float], ...], sleeps: bool, tmp_path: Path
) -> None:
    """For all replicas together; without one, nothing, which is an error, or 0 where the model may sleep."""
    stack = changed(PROD, models__llama_8b__replicas={"min": 0 if sleeps else 1, "max": 4})
    result = plan(stack)
    found = scaling(stack, "llama-8b")
    asked = queries(result, result.models["llama-8b"], found)
    running, waiting = sum(each[0] for each in servers), sum(each[1] for each in servers)
    wanted: Mapping[str, float] = {
        "in-flight": running + waiting,
        "kept": min(running + waiting, (found.kept or 0) * len(servers)),
        "waiting": waiting,
        "cache": 100 * sum(each[2] for each in servers),
    }
    answers = [
        {"expr": asked[name], "eval_time": "1m", "exp_samples": [{"value": value}] if servers or sleeps else []}
        for name, value in wanted.items()
    ]
    series = [
        {"series": f'{metric}{{namespace="llm",model_name="{model}",pod="{pod}"}}', "values": f"{value}x4"}
        for model, figures in (("llama-8b", servers), ("other", ((50, 50, 0.5),)))
        for pod, each in enumerate(figures)
        for metric, value in zip((RUNNING, QUEUED, CACHE), each, strict=True)
    ]
    assert agrees(series, answers, tmp_path) == ""


@pytest.mark.programs
@pytest.mark.skipif("promtool" in MISSING, reason=WHY)
@pytest.mark.parametrize(("weight", "counts_both"), [(100, True), (10, False)])
def test_who_gets_all_requests_back_has_the_replicas_for_them(weight: int, counts_both: bool, tmp_path: Path) -> None:
    """While its next version answers everything, a model scales by the load of both; what is kept is by its own."""
    rollout = {"strategy": "blueGreen" if weight == 100 else "canary", "weight": weight}
    stack = changed(PROD, models__llama_8b__rollout=rollout, models__llama_8b__next={"maxModelLen": 4096})
    result = plan(stack)
    found = scaling(stack, "llama-8b")
    own, other = (
        queries(result, result.models["llama-8b"], found),
        queries(result, result.models["llama-8b-next"], found),
    )
    wanted = {"in-flight": 41 if counts_both else 1, "waiting": 10 if counts_both else 0}
    wanted["kept"] = min(wanted["in-flight"], found.kept or 0)
    answers = [
        *({"expr": own[name], "eval_time": "1m", "exp_samples": [{"value": value}]} for name, value in wanted.items()),
        {"expr": other["in-flight"], "eval_time": "1m", "exp_samples": [{"value": 40}]},
    ]
    series = [
        {"series": f'{metric}{{namespace="llm",model_name="llama-8b",service="{service}"}}', "values": f"{value}x4"}
        for service, each in (("llama-8b", (1, 0, 0.1)), ("llama-8b-next", (30, 10, 0.5)))
        for metric, value in zip((RUNNING, QUEUED, CACHE), each, strict=True)
    ]
    assert agrees(series, answers, tmp_path) == ""


def agrees(series: list[dict[str, str]], answers: list[dict[str, Any]], folder: Path) -> str:
    """What promtool finds wrong."""
    test = {
        "evaluation_interval": "15s",
        "tests": [{"interval": "15s", "input_series": series, "promql_expr_test": answers}],
    }
    (folder / "test.yaml").write_text(json.dumps(test))
    done = subprocess.run(
        ["promtool", "test", "rules", folder / "test.yaml"], capture_output=True, text=True, timeout=HANGS_SECONDS
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
