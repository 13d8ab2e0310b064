"""Rule 5: timeouts come from the cold start, and each is at least what it waits for."""

from typing import Any

import pytest

from infra.cli.report import report
from infra.clouds.aws.drain import warn_of_drain
from infra.offline import Planned
from infra.planning import Plan
from infra.recording import Recording
from infra.services.gateway.answers import cut_answers, shortest_timeout
from infra.services.gateway.times import longest_end
from tests.planning.following import follow, outcome
from tests.planning.stacks import DEV, LOCAL, PROD, SHARED, changed, plan

PLANS = [plan(stack) for stack in (LOCAL, DEV, PROD, SHARED)]


@pytest.mark.parametrize("result", PLANS, ids=["local", "dev", "prod", "shared"])
def test_nobody_gives_up_before_what_it_waits_for(result: Plan) -> None:
    silence, answer = result.traffic.idle_seconds, result.traffic.total_seconds
    for model in result.models.values():
        parts, limits = model.cold_start.parts, model.timeouts
        assert limits.startup_probe >= 1.5 * (parts["weights"].high + parts["engine"].high)
        assert limits.progress_deadline >= sum(part.high for part in parts.values())
        assert limits.progress_deadline >= limits.startup_probe
        if model.rollout.strategy == "recreate" or model.replicas.max > 1:  # it waits for the GPU of an old pod
            start = parts["image"].high + parts["engine"].high + parts["weights"].high
            assert limits.progress_deadline >= limits.grace_period + start
        assert limits.rollout >= limits.progress_deadline * model.replicas.max
        assert limits.grace_period == limits.pre_stop + limits.drain + 15
        assert limits.drain >= answer
        assert limits.keep_alive > max(silence, 60)


def test_a_longer_gateway_timeout_drains_for_longer() -> None:
    stack = changed(PROD, gateway={**PROD["gateway"], "timeoutSeconds": 900})
    assert all(model.timeouts.drain == 1800 for model in plan(stack).models.values())
    assert all(model.timeouts.keep_alive > 900 for model in plan(stack).models.values())


def test_a_rollout_that_stops_the_old_pod_first_waits_for_its_end_too() -> None:
    rolling = plan(DEV).models["qwen3-8b"].timeouts
    recreated = plan(changed(DEV, models__qwen3_8b__rollout={"strategy": "recreate"})).models["qwen3-8b"].timeouts
    assert recreated.progress_deadline - rolling.progress_deadline >= recreated.grace_period - 30
    assert recreated.rollout - rolling.rollout >= recreated.grace_period - 30
    second = plan(changed(DEV, models__qwen3_8b__replicas=2)).models["qwen3-8b"].timeouts
    assert second.progress_deadline == recreated.progress_deadline, "the second pod waits for the first one's GPU"


def test_a_short_gateway_timeout_keeps_connections_for_longer_than_nginx() -> None:
    stack = changed(PROD, gateway={**PROD["gateway"], "timeoutSeconds": 10})
    assert all(model.timeouts.keep_alive > 60 for model in plan(stack).models.values())


def test_an_attempt_to_download_that_stalls_ends_early_enough_for_the_next_ones() -> None:
    for result in PLANS:
        for model in result.models.values():
            assert model.prefetch is not None
            assert 3 * model.prefetch.stall_seconds <= model.timeouts.prefetch


@pytest.mark.parametrize(
    ("capacity", "timeout", "says"),
    [
        ("spot", 900, "an answer of qwen3-8b then has 90 s to end"),
        ("spot", 900, "and not the 1800 s that it has elsewhere"),
        (
            "spot",
            300,
            "(120 s of notice, about 10 until EKS drains the node, and for 20 of them new requests",
        ),
        ("spot", 45, "AWS takes spot nodes away with two minutes' notice, and AWS may have none when they are needed"),
        ("on-demand", 900, None),
    ],
)
def test_a_drain_on_spot_is_no_longer_than_its_notice(capacity: str, timeout: int, says: str | None) -> None:
    way_in = {"domain": "llm.acme.io", "timeoutSeconds": timeout}
    result = plan(changed(DEV, gpuPools__l4__capacity=capacity, gateway=way_in))
    warnings = [note.message for note in result.warnings if note.path == "gpuPools.l4.capacity"]
    assert len(warnings) == (says is not None)
    assert all(says is not None and says in warning for warning in warnings)
    assert all(("90 s" in warning) == (timeout > 45) for warning in warnings)
    whole = 90 if capacity == "spot" else 2 * timeout
    assert [model.timeouts.whole_answer for model in result.models.values()] == [whole]


NGINX = {"domain": "llm.example.com", "tlsSecret": "llm-tls", "ingressClass": "nginx"}


@pytest.mark.parametrize(
    ("stack", "gateway", "timeout", "says"),
    [
        (PROD, PROD["gateway"], 400, []),
        (PROD, PROD["gateway"], 1800, ["pods may take 3675 s to end, and an EKS node group gives those of a node"]),
        (
            PROD,
            PROD["gateway"],
            1801,
            ["pods may take 3677 s", "an ALB keeps the requests of an Envoy that ends for 3600"],
        ),
        (PROD, NGINX, 1801, ["pods may take 3677 s"]),
        (PROD, {}, 1801, ["pods may take 3677 s"]),
        (SHARED, NGINX, 1801, []),
    ],
)
def test_what_aws_gives_less_time_than_an_answer_may_take_is_said(
    stack: dict[str, Any], gateway: dict[str, Any], timeout: int, says: list[str]
) -> None:
    result = plan(changed(stack, gateway={**gateway, "timeoutSeconds": timeout}))
    said = [each.message for each in result.warnings if each.path == "gateway.timeoutSeconds"]
    assert len(said) == len(says)
    assert all(any(words in each for each in said) for words in says)


@pytest.mark.parametrize(
    ("stack", "timeout", "cut"),
    [
        (DEV, 5, True),
        (DEV, 26, False),  # within the estimate: an answer may be in time
        (DEV, 60, False),
        (LOCAL, 5, False),  # nobody knows how fast it is
    ],
)
def test_a_timeout_that_ends_ordinary_answers_is_a_warning_and_in_the_headline(
    stack: dict[str, Any], timeout: int, cut: bool
) -> None:
    result = plan(changed(stack, gateway={"timeoutSeconds": timeout}))
    headline = report(Planned(result, Recording([], {}))).verdict[0]
    assert headline == (
        ("OK, but", f"after {timeout} s the gateway ends ordinary answers of qwen3-8b; every rule holds")
        if cut
        else ("OK", "every model fits, every rule holds")
    )
    said = [each for each in result.warnings if "ends ordinary answers" in each.message]
    assert len(said) == cut
    for way in (way for each in said for way in each.advice):
        followed = plan(changed(stack, gateway={"timeoutSeconds": dict(way.write)["gateway.timeoutSeconds"]}))
        assert not any("ends ordinary answers" in each.message for each in followed.warnings)


def _asleep(**more: Any) -> dict[str, Any]:
    """A stack whose model has no replica while nobody asks."""
    return changed(DEV, models__qwen3_8b__replicas={"min": 0, "max": 1}, **more)


def _late(after: int, replicas: dict[str, int], timeout: int) -> dict[str, Any]:
    gpt = {"baseUrl": "https://api.example.com/v1", "model": "gpt-5", "keySecret": "externalKey-gpt"}
    back = {"to": "gpt", "afterSeconds": after}
    stack = _asleep(external={"gpt": gpt}, models__qwen3_8b__fallback=back, gateway={"timeoutSeconds": timeout})
    return changed(stack, models__qwen3_8b__replicas=replicas)


_HOURS = {"days": "mon-fri", "from": "08:00", "to": "19:00", "timezone": "Europe/Amsterdam", "min": 1}
_SCHEDULE = "models.qwen3-8b.schedule"
_AWAKE = "models.qwen3-8b.replicas.min"
_AFTER = "models.qwen3-8b.fallback.afterSeconds"
_TIMEOUT = "gateway.timeoutSeconds"


@pytest.mark.parametrize(
    ("stack", "ways"),
    [
        pytest.param(_asleep(), [[_AWAKE]], id="its start takes longer than a shorter timeout could make up for"),
        pytest.param(_asleep(models__qwen3_8b__schedule=[_HOURS]), [[_AWAKE, _SCHEDULE]], id="its hours go with it"),
        pytest.param(_asleep(gateway={"timeoutSeconds": 500}), [[_AWAKE, _TIMEOUT]], id="both are too long"),
        pytest.param(changed(DEV, gateway={"timeoutSeconds": 900}), [[_TIMEOUT]], id="nobody waits for a start"),
        pytest.param(_late(250, {"min": 0, "max": 1}, 300), [[_AFTER]], id="it sleeps and goes elsewhere"),
        pytest.param(_late(299, {"min": 1, "max": 1}, 300), [[_AFTER]], id="it is late and goes elsewhere"),
        pytest.param(_late(299, {"min": 1, "max": 1}, 400), [[_AFTER, _TIMEOUT]], id="it is late, and slow"),
    ],
)
def test_what_makes_a_drain_short_enough_for_aws_is_named_and_does_so(
    stack: dict[str, Any], ways: list[list[str]]
) -> None:
    [warning] = [each for each in plan(stack).warnings if "pods may take" in each.message]
    assert [[path for path, _ in way.write] for way in warning.advice] == ways
    for way in warning.advice:
        assert way.text in warning.message
        then = outcome(follow(stack, dict(way.write)))
        assert not [each.message for each in then.warnings if "pods may take" in each.message]
        assert not then.violations


def test_a_drain_that_is_too_long_says_for_which_model_a_request_waits() -> None:
    [said] = [each.message for each in plan(_asleep()).warnings if "pods may take" in each.message]
    wait = plan(_asleep()).traffic.upstreams["qwen3-8b"].wait_seconds
    assert f"Of these, {wait} s are the wait until qwen3-8b has a server" in said


def test_fixed_replicas_have_no_scaler_and_others_wait_out_a_cold_start() -> None:
    result = plan(PROD)
    assert plan(DEV).models["qwen3-8b"].scaling is None
    model = result.models["llama-8b"]
    assert model.scaling is not None
    assert model.scaling.cooldown_seconds >= model.cold_start.seconds
    assert model.replicas.min <= model.scaling.fallback_replicas <= model.replicas.max


def test_no_timeout_is_advised_that_would_be_warned_of_as_too_short() -> None:
    """A shorter timeout ends a pod in time; below the time of an ordinary answer it would end those."""
    result = plan(changed(PROD, gateway={**PROD["gateway"], "timeoutSeconds": 1800}))
    end = longest_end(result.models.values(), result.traffic)

    def advised(shortest: int) -> list[int]:
        found = warn_of_drain(result.gateway, result.pools.values(), result.traffic, end, shortest)
        return [dict(way.write)["gateway.timeoutSeconds"] for each in found for way in getattr(each, "advice", ())]

    (enough,) = advised(shortest_timeout(result.models.values()))
    assert advised(enough) == [enough]
    assert advised(enough + 1) == []
    assert cut_answers(result.models.values(), shortest_timeout(result.models.values())) == ()
    assert cut_answers(result.models.values(), shortest_timeout(result.models.values()) - 1)
