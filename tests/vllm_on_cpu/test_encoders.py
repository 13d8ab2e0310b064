"""An embedding model and rerankers on the real engine. Encoders run in fp32: on a CPU it computes none in fp16."""

import json
import math
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI

from tests.conftest import HANGS_SECONDS
from tests.vllm_on_cpu.installed import NEEDS_ENGINE
from tests.vllm_on_cpu.server import KEY, Server, started
from tests.vllm_on_cpu.stack import CONTEXT, container, weights
from tests.vllm_on_cpu.tiny_models import HIDDEN, write_chat, write_encoder

pytestmark = NEEDS_ENGINE


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from encoder("embed", tmp_path_factory, scores=False)


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from encoder("rerank", tmp_path_factory, scores=True)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    asked, folder = container("judge"), tmp_path_factory.mktemp("judge")
    write_chat(folder / "models" / weights(asked), context=CONTEXT["judge"])
    with started(asked, folder) as running:
        yield running


def encoder(model: str, folders: pytest.TempPathFactory, *, scores: bool) -> Iterator[Server]:
    asked, folder = container(model), folders.mktemp(model)
    write_encoder(folder / "models" / weights(asked), context=CONTEXT[model], scores=scores)
    with started(asked, folder, ("--dtype", "float32")) as running:
        yield running


def test_an_embedding_has_the_length_of_the_model_and_is_normal(embedder: Server) -> None:
    client = OpenAI(base_url=f"{embedder.url}/v1", api_key=KEY, max_retries=0, timeout=HANGS_SECONDS)
    first, second = client.embeddings.create(model="embed", input=["Hello", "World"]).data
    assert len(first.embedding) == len(second.embedding) == HIDDEN
    assert first.embedding != second.embedding
    assert math.isclose(math.hypot(*first.embedding), 1, abs_tol=1e-3)


def test_a_reranker_scores_each_document(reranker: Server) -> None:
    check_scores(reranker, "rerank")


def test_a_reranker_built_on_a_chat_model_scores_by_its_yes_and_no(judge: Server) -> None:
    """With the overrides of its family; without them it compares vectors, and scores can be below 0."""
    check_scores(judge, "judge")
    assert "Qwen3ForSequenceClassification" in judge.log.read_text(encoding="utf-8")


def check_scores(server: Server, model: str) -> None:
    answer = post(server, "/v1/rerank", {"model": model, "query": "Hello", "documents": ["Hello", "World"]})
    scores = {each["index"]: each["relevance_score"] for each in answer["results"]}
    assert scores.keys() == {0, 1}
    assert scores[0] != scores[1]
    assert all(0 <= score <= 1 for score in scores.values())


def post(server: Server, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=HANGS_SECONDS) as answer:
        return json.load(answer)
