"""The many plans in which advice is tried ask the same again and again: each question has its answer computed once."""

from typing import Any

import pytest

from infra.engines import ENGINES
from infra.offers import options
from infra.offers.options import smallest_fit
from infra.offers.pools import every_type
from infra.offers.sizing import Sizing
from infra.services.serving import start_parts
from infra.sizing.load import Load, Replica
from infra.sizing.question import Question
from tests.planning.following import outcome
from tests.planning.stacks import ACCESS, CATALOG


def _stack(models: int) -> dict[str, Any]:
    chat = {"model": "Qwen/Qwen3-8B", "pool": "l4", "maxModelLen": 8192, "replicas": {"min": 1, "max": 3}}
    return {
        "cluster": {"create": {"zones": 2, "access": ACCESS}},
        "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"]}},
        "models": {f"m{number}": chat for number in range(models)},
    }


def _question(context: int = 8192) -> Question:
    shape = CATALOG.models["Qwen/Qwen3-8B"]
    return Question("Qwen/Qwen3-8B", shape, context, shape.max_context, ENGINES["vllm"])


def test_models_alike_ask_the_estimate_of_speed_no_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    before = outcome(_stack(1)).models["m0"].scaling

    def at(self: Replica, in_flight: float) -> Load:
        raise AssertionError(f"{in_flight} requests in flight were asked again")

    monkeypatch.setattr(Replica, "at", at)
    for model in outcome(_stack(3)).models.values():
        assert before
        assert model.scaling
        assert model.scaling.in_flight == before.in_flight


def test_a_model_is_sized_once_for_the_same_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Question] = []

    def tries(question: Question, *arguments: Any) -> Any:
        tried.append(question)
        return iter(())

    monkeypatch.setattr(options, "tries", tries)
    sizing, offer = Sizing(CATALOG), every_type(CATALOG)[0]
    for context in (8192, 8192, 4096):
        assert smallest_fit(_question(context), offer, sizing) is None
    assert [each.max_model_len for each in tried] == [8192, 4096]


def test_the_start_of_a_model_is_added_up_once() -> None:
    sized = Sizing(CATALOG).size(_question(), CATALOG.gpus["L4"], 1)
    first = start_parts.engine(sized.question, sized, 1, CATALOG)
    assert (
        start_parts.engine(_question(), Sizing(CATALOG).size(_question(), CATALOG.gpus["L4"], 1), 1, CATALOG) is first
    )
    assert start_parts.engine(_question(4096), sized, 1, CATALOG) is not first
