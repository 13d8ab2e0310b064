"""What scales by CPU has no model of its speed: the simulator says that it isn't played, and why."""

from infra.cli.simulate_assumed import assumptions
from infra.cli.simulate_input import asked_of
from infra.plan.plan import Plan
from infra.simulate.platform import platform_of
from tests.example_stacks import planned
from tests.planning.stacks import PROD, changed, plan

_OPTIONS = {"traffic": None, "pattern": None, "model": None, "seeds": None, "rate": "0.1", "days": None}


def _said(of: Plan) -> str:
    return " ".join(assumptions(asked_of(_OPTIONS, of), of))


def test_a_model_on_the_cpu_is_left_out_with_its_hpa() -> None:
    model = {"model": "llama3.2:3b", "engine": "ollama", "gpus": 0}
    models = {"one": {**model, "replicas": 1}, "some": {**model, "replicas": {"min": 1, "max": 3}}}
    found = platform_of(plan(changed(PROD, models={**PROD["models"], **models}))).left_out
    assert found["one"] == "no estimate: on the CPU"
    assert found["some"] == "no estimate: on the CPU, which has no throughput model, so its HPA by CPU isn't played"


def test_that_the_hpa_of_the_gateway_is_not_played_is_said() -> None:
    scaled = plan(changed(PROD, gateway={**PROD["gateway"], "replicas": {"min": 2, "max": 6}}))
    assert "the gateway stays at 2 pods of at most 6: its HPA isn't played" in _said(scaled)
    assert "its HPA isn't played" not in _said(plan(PROD))


def test_a_simulated_day_is_in_the_window_of_a_block_and_says_so() -> None:
    """Its nodes are in no price, so one with them looks as if it cost nothing."""
    said = _said(planned("capacity-block").plan)
    assert "in the window of cr-0a1b2c3d4e5f60719, whose nodes were paid up front" in said
    assert "in the window" not in _said(plan(PROD))
