"""The models that the pinned TGI can serve."""

import pytest

from infra.catalog import load_catalog
from infra.catalog.load import DATA
from infra.engines.tgi.models import serves


@pytest.mark.parametrize(
    ("model", "served"),
    [
        ("meta-llama/Llama-3.3-70B-Instruct", True),
        ("Qwen/QwQ-32B", True),
        ("Qwen/Qwen3-8B", False),
        ("google/gemma-3-27b-it", False),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", False),
        ("openai/gpt-oss-20b", False),
        ("mistralai/Mistral-Small-3.1-24B-Instruct-2503", False),
    ],
)
def test_tgi_serves_the_models_of_its_day(model: str, served: bool) -> None:
    assert model in load_catalog().models
    assert serves(model) is served


def test_the_list_of_tgi_is_that_of_the_pinned_version() -> None:
    top = (DATA / "tgi_models.csv").read_text(encoding="utf-8").splitlines()[0]
    assert f"TGI {load_catalog().engines['tgi'].version} " in top
