"""Arguments without which a family doesn't start, or answers wrong, come with the model."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from infra.engines import ENGINES
from infra.engines.arguments import Argument
from infra.engines.model import Dimensions, Family, Rope
from infra.engines.vllm.facts import facts
from infra.engines.vllm.needed import needs
from infra.outputs import known_outputs
from tests.components.examples import CHAT
from tests.planning.stacks import DEV, changed, plan

VLLM = ENGINES["vllm"]
RERANKER = Family("Qwen/Qwen3-Reranker-0.6B", None, "Qwen3ForCausalLM", "rerank")


def _overrides(arguments: Sequence[str]) -> dict[str, object]:
    said = dict(zip(arguments[::2], arguments[1::2], strict=True)).get("--hf-overrides")
    return json.loads(said) if said else {}


@pytest.mark.parametrize(
    ("family", "overrides", "template"),
    [
        (RERANKER, "Qwen3ForSequenceClassification", "Instruct"),
        (
            replace(RERANKER, repository="acme/rank", like="Qwen/Qwen3-Reranker-4B"),
            "Qwen3ForSequenceClassification",
            "I",
        ),
        (replace(RERANKER, repository="acme/Qwen3-Reranker-8B-tuned"), "Qwen3ForSequenceClassification", "Instruct"),
        (replace(RERANKER, architecture=None), "Qwen3ForSequenceClassification", "Instruct"),
        (replace(RERANKER, architecture="Qwen3ForSequenceClassification"), None, "Instruct"),
        (
            Family("Qwen/Qwen3-VL-Reranker-2B", None, "Qwen3VLForConditionalGeneration", "rerank"),
            "Qwen3VLForSequenceClassification",
            "Instruct",
        ),
        (
            Family("BAAI/bge-reranker-v2-gemma", None, "GemmaForCausalLM", "rerank"),
            "GemmaForSequenceClassification",
            "passage B",
        ),
        (
            Family("mixedbread-ai/mxbai-rerank-base-v2", None, "Qwen2ForCausalLM", "rerank"),
            "Qwen2ForSequenceClassification",
            "relevance",
        ),
        (
            Family("Alibaba-NLP/gte-multilingual-reranker-base", None, "NewForSequenceClassification", "rerank"),
            "GteNewForSequenceClassification",
            None,
        ),
        (Family("BAAI/bge-reranker-v2-m3", None, "XLMRobertaForSequenceClassification", "rerank"), None, None),
    ],
    ids=lambda each: each.repository if isinstance(each, Family) else "",
)
def test_a_reranker_is_a_cross_encoder(family: Family, overrides: str | None, template: str | None) -> None:
    said = VLLM.needed(family, ())
    assert _overrides(said).get("architectures") == ([overrides] if overrides else None)
    assert ("--chat-template" in said) == (template is not None)
    assert template is None or template in said[-1]
    assert VLLM.wrong_task(family, ()) is None


@pytest.mark.parametrize(
    ("family", "given", "refused"),
    [
        (Family("acme/rank", None, "Qwen3ForCausalLM", "rerank"), (), True),
        (Family("acme/rank", None, "GemmaForCausalLM", "rerank"), ("--enforce-eager",), True),
        (Family("acme/rank", None, "Qwen3ForCausalLM", "rerank"), ("--hf-overrides", "{}"), False),
        (Family("acme/rank", None, "Qwen3ForCausalLM", "chat"), (), False),
        (Family("acme/rank", None, "BertForSequenceClassification", "rerank"), (), False),
        (Family("acme/rank", None, None, "rerank"), (), False),
    ],
)
def test_one_that_would_score_by_two_embeddings_is_refused(
    family: Family, given: tuple[str, ...], refused: bool
) -> None:
    assert (VLLM.wrong_task(family, given) is not None) == refused


@pytest.mark.parametrize(
    ("family", "arguments"),
    [
        (Family("MiniMaxAI/MiniMax-M3", None, None, "chat"), ("--block-size", "128")),
        (
            Family("mistralai/Mistral-Large-3-675B-Instruct-2512", None, None, "chat"),
            ("--tokenizer-mode", "mistral", "--config-format", "mistral", "--load-format", "mistral"),
        ),
        (Family("acme/large", "mistralai/Mistral-Large-3-675B-Instruct-2512", None, "chat"), ()),
        (Family("RedHatAI/Mistral-Small-3.2-24B-Instruct-2506-FP8", None, None, "chat"), ()),
        (Family("Qwen/Qwen3-8B", None, "Qwen3ForCausalLM", "chat"), ()),
        (
            Family("Qwen/Qwen3-Embedding-8B", None, "Qwen3ForCausalLM", "embed"),
            ("--hf-overrides", '{"is_matryoshka": true}'),
        ),
    ],
    ids=lambda each: each.repository if isinstance(each, Family) else "",
)
def test_what_a_family_needs(family: Family, arguments: tuple[str, ...]) -> None:
    assert VLLM.needed(family, ()) == arguments


def test_what_the_file_gives_itself_is_left_to_it() -> None:
    said = VLLM.needed(RERANKER, ("--hf-overrides={}", "--chat-template", "own.jinja"))
    assert said == ()
    assert VLLM.needed(Family("MiniMaxAI/MiniMax-M3", None, None, "chat"), ("--block-size=128",)) == ()


def test_a_longer_context_and_the_class_are_said_in_one() -> None:
    rope = Rope("yarn", 4.0, 32768, 1e6)
    said = VLLM.args(
        replace(CHAT, needed=("--hf-overrides", '{"is_matryoshka": true}', "--block-size", "128"), rope=rope)
    )
    assert said.count("--hf-overrides") == said.count("--block-size") == 1
    overrides = json.loads(said[said.index("--hf-overrides") + 1])
    assert overrides["is_matryoshka"]
    assert overrides["max_position_embeddings"] == 131072


def test_each_is_one_that_the_pinned_engine_reads() -> None:
    read = [(need.pattern, each) for need in needs() for each in VLLM.read_arguments(need.arguments)]
    assert [each for each in read if not isinstance(each[1], Argument)] == []


def test_the_classes_that_are_turned_into_others_are_known() -> None:
    known = facts().architectures
    of_engine = {name for need in needs() for name in need.architectures if not name.startswith("New")}
    assert of_engine - known.keys() == set()


@pytest.mark.parametrize(
    ("needed", "left_out"), [((), "consolidated*"), (("--load-format", "mistral"), "model*.safetensors")]
)
def test_the_copy_of_the_weights_that_it_reads_is_downloaded(needed: tuple[str, ...], left_out: str) -> None:
    words = VLLM.fetch(replace(CHAT, needed=needed)).command
    assert {"consolidated*", "model*.safetensors"} & set(words) == {left_out}


@pytest.mark.parametrize(
    ("model", "dimensions", "promised"),
    [
        ("Qwen/Qwen3-Embedding-0.6B", Dimensions((32,), every=True), {"min": 32, "max": 1024, "only": None}),
        ("BAAI/bge-m3", None, None),
    ],
)
def test_the_outputs_say_which_sizes_a_vector_can_have(
    model: str, dimensions: Dimensions | None, promised: object
) -> None:
    made = plan(changed(DEV, models={"embed": {"model": model, "maxModelLen": 512}}))
    assert made.models["embed"].dimensions == dimensions
    assert known_outputs(made)["models"]["embed"]["dimensions"] == promised
