"""Higher limits of clients that got 429: what they needed, what the others wait then, and what can't be planned."""

import tempfile
from pathlib import Path

import pytest

from infra.planning.planner import trial_of
from infra.program import plan_of
from infra.simulate.clients import AT_ONCE, PER_MINUTE, TOKENS, with_clients
from infra.simulate.higher_limits import HigherLimits, busiest_minute, higher_limits
from infra.simulate.platform import platform_of
from infra.simulate.remedies import Trial
from infra.simulate.run import run
from infra.stack_file import StackFile, load_file
from tests.example_stacks import text
from tests.simulate.platforms import arrivals
from tests.simulate.test_run import by_chance


def stack_with(limits: str, models: str) -> StackFile:
    """`prod` with one client."""
    client = f"      defaultClient: false\n      clients: {{web: {{models: [{models}], {limits}}}}}\n"
    whole = text("prod").replace("    gateway:\n", f"    gateway:\n{client}", 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Pulumi.prod.yaml"
        path.write_text(whole, encoding="utf-8")
        return load_file(path)


def tried(
    limits: str, rate: float = 1.0, trial: Trial | None = None, models: str = "llama-8b"
) -> tuple[HigherLimits, ...]:
    """With requests for llama-8b for 15 minutes."""
    file = stack_with(limits, models)
    plan = plan_of(file)
    traffic = arrivals(by_chance(rate, 900), prompt=200, output=100, seconds=900, name="llama-8b")
    platform = platform_of(plan)
    asked = with_clients(traffic, platform.clients, 1)
    return higher_limits(platform, asked, run(platform, asked, 1), trial or trial_of(file, plan))


@pytest.mark.parametrize(
    ("limits", "names"),
    [
        ("requestsPerMinute: 30", {PER_MINUTE}),
        ("concurrentRequests: 2", {AT_ONCE}),
        ("requestsPerMinute: 30, concurrentRequests: 2", {AT_ONCE, PER_MINUTE}),
        ("tokensPerMinute: 3000", {TOKENS}),
    ],
)
def test_what_a_limited_client_asks_for_is_proposed_and_refuses_it_no_more(limits: str, names: set[str]) -> None:
    (found,) = tried(limits)
    assert found.client == "web"
    assert set(found.settings) == names
    assert found.old.limited > 0
    assert (found.new.limited, found.new.lost) == (0, 0)


def test_who_fills_its_part_of_one_model_is_offered_a_limit_over_all() -> None:
    """The chosen limit has a part for each model, and the part of llama-8b is full before the whole."""
    (found,) = tried("requestsPerMinute: 30000", rate=20, models="llama-8b, llama-70b")
    assert set(found.settings) == {AT_ONCE}
    assert (found.old.limited > 0, found.new.limited) == (True, 0)


def test_what_the_others_would_wait_for_it_is_said() -> None:
    """More than the replicas can answer: the limit is what keeps the wait short."""
    (found,) = tried("concurrentRequests: 4", rate=12)
    assert found.new.limited == 0
    assert found.old.p99 is not None
    assert found.new.p99 is not None
    assert found.new.p99 > 2 * found.old.p99


def test_where_nobody_is_limited_or_nothing_can_be_planned_nothing_is_said() -> None:
    assert tried("requestsPerMinute: 3000") == ()
    assert tried("requestsPerMinute: 30", trial=lambda _: None) == ()


@pytest.mark.parametrize(
    ("times", "highest"),
    [
        ([], 0),
        ([5.0], 1),
        ([0.0, 59.9], 2),
        ([0.0, 60.0], 1),
        ([0.0, 30.0, 50.0, 70.0, 80.0, 200.0], 4),
    ],
)
def test_a_limit_per_minute_that_refuses_nobody_is_the_maximum_of_any_minute(times: list[float], highest: int) -> None:
    assert busiest_minute(times) == highest
