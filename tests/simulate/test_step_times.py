"""The table of step times says what the engine's own model says."""

import pytest

from infra.simulate.step_times import StepTimes
from tests.simulate.test_plan_speed import SERVERS


@pytest.mark.parametrize("name", sorted(SERVERS))
@pytest.mark.parametrize(("decoding", "prompts", "tokens"), [(1, 0, 0), (8, 0, 0), (8, 1, 1_024), (0, 2, 2_000)])
@pytest.mark.parametrize("share", [0.6, 1.0, 1.4])
def test_a_step_takes_what_the_engine_says(name: str, decoding: int, prompts: int, tokens: int, share: float) -> None:
    steps, prompt, output = SERVERS[name].steps, 1_000, 200
    length = share * (prompt + output / 2)
    table = StepTimes(steps, SERVERS[name].limits.seqs, prompt=prompt, output=output)
    base = table.mixed(decoding, prompts, tokens) if prompts else table.base[decoding]
    found = base + table.slope[decoding] * decoding * length
    said = steps.step_seconds(decoding, prompts, tokens, length=length, prompt=prompt)
    assert found == pytest.approx(said, rel=0.02)


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_tokens_that_are_kept_take_time(name: str) -> None:
    table = StepTimes(SERVERS[name].steps, 8, prompt=1_000, output=200)
    assert table.slope[8] > 0
