"""The size of a tag with a quantization follows from its bits per weight."""

import csv

import pytest

from infra.catalog import load_catalog
from infra.catalog.load import DATA
from infra.engines.ollama.library import OllamaLibrary
from infra.engines.ollama.tags import tags

TAGS = tags()


@pytest.mark.parametrize(
    ("tag", "gb"),
    [
        # sizes as ollama.com/library states them
        ("llama3.1:8b-instruct-q8_0", 8.5),
        ("llama3.1:8b-instruct-fp16", 16.1),
        ("llama3.1:70b-instruct-q4_K_M", 43),
        ("qwen3:8b-q4_K_M", 5.2),
        ("qwen3:8b-q8_0", 8.9),
    ],
)
def test_a_tag_with_a_quantization_is_parameters_times_its_bits(tag: str, gb: float) -> None:
    assert TAGS[tag].file_gib * 2**30 / 1e9 == pytest.approx(gb, rel=0.05)
    assert TAGS[tag].quantization is not None


def test_it_is_the_model_of_the_tag_without_it() -> None:
    assert TAGS["nomic-embed-text:v1.5-fp16"].task == "embed"
    assert TAGS["llama3.1:70b-instruct-q4_K_M"].like == TAGS["llama3.1:70b"].like


def test_the_size_of_a_plain_tag_is_the_published_one() -> None:
    assert TAGS["llama3.1:70b"].quantization is None
    assert TAGS["llama3.1:70b"].file_gib == pytest.approx(43e9 / 2**30)


@pytest.mark.parametrize("tag", ["qwen3:9b-q8_0", "qwen3:8b-q9_K", "qwen3:8b-instruct", "qwen3-q8_0"])
def test_others_stay_unknown(tag: str) -> None:
    assert tag not in TAGS


def test_what_looks_like_a_quantization_and_is_none_is_named() -> None:
    assert TAGS.unknown_quantization("qwen3:8b-q9_K") == "q9_K"
    assert TAGS.unknown_quantization("qwen3:8b-q8_0") is None
    assert TAGS.unknown_quantization("qwen3:8b-instruct") is None


@pytest.mark.parametrize("tag", ["llama3.2:1b", "llama3.1:8b", "qwen3:8b", "nomic-embed-text"])
def test_an_ollama_tag_is_known_with_its_shape(tag: str) -> None:
    model = TAGS[tag]
    assert model.like in load_catalog().models
    assert 0 < model.file_gib < 2 * model.params_b * 1e9 * 2 / 2**30


def test_an_ollama_tag_without_a_tag_is_the_latest() -> None:
    assert TAGS["llama3.2"] is TAGS["llama3.2:3b"]
    assert len({id(model) for model in TAGS.values()}) >= 12


@pytest.mark.parametrize("file", ["ollama.csv", "gguf.csv"])
def test_each_row_names_its_source(file: str) -> None:
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert rows
    assert [row for row in rows if not row["source"]] == []


@pytest.mark.parametrize(
    ("tag", "says"),
    [("llama3.2:3b", "it could hold 131,072, but Ollama takes"), ("bge-m3:567m", "the longest that it has")],
)
def test_the_reason_of_a_length_names_only_a_longer_one(tag: str, says: str) -> None:
    stored = OllamaLibrary().stored(tag, None, load_catalog())
    assert stored.length_reason.startswith(says)
