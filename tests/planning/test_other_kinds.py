"""A model of a kind that isn't served, or given a shape that it doesn't have, is refused with what works instead."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.catalog.kinds import kind_by_name
from infra.catalog.shape_said import size_unlike
from infra.config_keys import PLATFORM
from infra.settings.mistakes import BadStackFile, Mistake
from infra.stack_file import load_text
from tests.cli.running import run
from tests.planning.stacks import CATALOG, DEV, changed, plan

QWEN = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}
WHISPER = "openai/whisper-large-v3"
HEARS = {"model_type": "whisper", "d_model": 1280, "decoder_layers": 32, "vocab_size": 51866}
T5 = {"model_type": "t5", "is_encoder_decoder": True, "d_model": 768, "num_layers": 12}
OPENELM = {"model_type": "openelm", "hidden_size": 4096, "num_hidden_layers": 32}
READS = "which reads its own files"
AUDIO = "gateway.custom.stt: {service: stt, audio: true}"
SILENT = "gateway.custom.stt: {service: stt}"


def mistakes(stt: dict[str, Any], **more: Any) -> tuple[Mistake, ...]:
    stack = {**changed(DEV, models={"chat": QWEN, **({"stt": stt} if stt else {})}), **more}
    text = yaml.safe_dump({"config": {"aws:region": "us-east-1", PLATFORM: stack}})
    try:
        load_text(text, Path("stacks/Pulumi.dev.yaml"), catalog=CATALOG)
    except BadStackFile as bad:
        return bad.mistakes
    return ()


# What is written; where it is wrong, part of what was got, part of what to write.
REFUSED: list[tuple[dict[str, Any], str, str, str]] = [
    ({"model": WHISPER}, "model", f"{WHISPER} is a model that hears", AUDIO),
    ({"model": WHISPER, "like": "Qwen/Qwen3-0.6B"}, "model", "hears", AUDIO),
    ({"model": WHISPER, "architecture": HEARS}, "model", "hears", AUDIO),
    ({"model": "acme/calls", "like": WHISPER}, "like", "hears", AUDIO),
    ({"model": "acme/calls", "architecture": HEARS}, "architecture.is_encoder_decoder", "not sized", AUDIO),
    ({"model": "acme/sums", "architecture": T5}, "architecture.is_encoder_decoder", "not sized", SILENT),
    ({"model": "acme/elm", "architecture": OPENELM}, "architecture.model_type", "not sized", SILENT),
    ({"model": "openai/whisper-small"}, "model", "its name says whisper", AUDIO),
    ({"model": "nvidia/parakeet-tdt-0.6b-v2", "like": "Qwen/Qwen3-0.6B"}, "model", "parakeet", READS),
    ({"model": "google/flan-t5-xl", "like": "Qwen/Qwen3-4B"}, "model", "an encoder with a decoder", SILENT),
    ({"model": "black-forest-labs/FLUX.1-dev"}, "model", "makes images", SILENT),
    ({"model": "stabilityai/sd-turbo"}, "model", "its name says stabilityai/sd: a model that makes images", SILENT),
    ({"model": "acme/qwen3-8b-lora"}, "model", "an adapter", "{model: BASE, adapters: {stt-adapter: {model: acme/q"),
    (
        {"model": "acme/Qwen3-8B-GGUF"},
        "model",
        "gguf, weights that vLLM doesn't read",
        "engine: ollama and an Ollama tag",
    ),
    (
        {"model": "meta-llama/Llama-3.3-70B-Instruct", "like": "Qwen/Qwen3-8B"},
        *("like", "80 layers instead of 36, 8,192 hidden units instead of 4,096", "leave like out"),
    ),
    (
        {**QWEN, "adapters": {"style": {"model": "Qwen/Qwen3-4B"}}},
        *("adapters.style.model", "a whole model, and no adapter", "the repository of an adapter"),
    ),
    (
        {"model": "acme/Qwen3-8B-bnb-4bit", "like": "Qwen/Qwen3-8B"},
        *("quantization", "says bnb-4bit in its name", "vLLM doesn't read these weights"),
    ),
    (
        {"model": "acme/Qwen3-8B-bnb-4bit", "like": "Qwen/Qwen3-8B", "quantization": "bitsandbytes"},
        *("quantization", "no bitsandbytes any more", "write a repository of it with other weights"),
    ),
    (
        {"model": "acme/Qwen3-8B-4bit", "like": "Qwen/Qwen3-8B"},
        *("quantization", "says 4bit in its name", "write quantization: compressed-tensors-w4a16 if it holds"),
    ),
    ({"model": "BAAI/bge-m3", "task": "chat"}, "task", "an encoder, which writes no text", "served for embed"),
    ({"model": "acme/own", "like": "BAAI/bge-m3", "task": "chat"}, "task", "an encoder", "leave task out"),
    ({"model": "Qwen/Qwen3-Embedding-8B", "task": "chat"}, "task", "made for vectors", "leave task out"),
    ({"model": "BAAI/bge-reranker-v2-m3", "task": "embed"}, "task", "made to rerank", "leave task out"),
]


@pytest.mark.parametrize(("written", "field", "got", "write"), REFUSED)
def test_it_is_refused_once_and_says_what_works(written: dict[str, Any], field: str, got: str, write: str) -> None:
    (said,) = mistakes(written)
    assert said.path == f"models.stt.{field}"
    assert got in said.got
    assert write in said.write


def test_what_a_message_says_is_accepted() -> None:
    (heard,) = mistakes({"model": WHISPER})
    found = re.search(r"gateway\.custom\.(\w+): (\{.*?\})", heard.write)
    assert found is not None
    custom = {found[1]: yaml.safe_load(found[2])}
    clients = {"app": {"models": ["chat"], "custom": [found[1]]}}
    assert not mistakes({}, gateway={"custom": custom, "clients": clients})

    (adapter,) = mistakes({"model": "acme/qwen3-8b-lora"})
    entry = re.search(r"write (stt: \{.*\}\})", adapter.write)
    assert entry is not None
    assert not mistakes(yaml.safe_load(entry[1].replace("BASE", "Qwen/Qwen3-8B"))["stt"])


def test_the_shape_of_the_same_model_is_accepted() -> None:
    for own in (
        {"model": "Qwen/Qwen3-8B-AWQ", "like": "Qwen/Qwen3-8B", "quantization": "awq"},
        {"model": "meta-llama/Llama-3.3-70B-Instruct", "like": "meta-llama/Llama-3.1-70B-Instruct"},
        {"model": "acme/support-8b", "like": "Qwen/Qwen3-8B"},
        {"model": "acme/qwen3-8b-lora-merged", "like": "Qwen/Qwen3-8B"},
        {"model": "BAAI/bge-m3", "task": "rerank"},
    ):
        assert not mistakes(own), own


# What of a name says its kind, beside the kind; None: it says nothing.
NAMES = [
    ("openai/whisper-small", "whisper", "hears"),
    ("black-forest-labs/Redux-dev", "black-forest-labs", "images"),
    ("Wan-AI/Wan2.2-T2V-A14B", "Wan-AI", "images"),
    ("stabilityai/stable-cascade", "stabilityai/stable-cascade", "images"),
    ("stabilityai/sd-turbo", "stabilityai/sd", "images"),
    ("stabilityai/stable-audio-open-1.0", "stabilityai/stable-audio", "music"),
    ("stabilityai/stablelm-3b-4e1t", None, ""),
    ("stabilityai/stable-code-3b", None, ""),
    ("suno/bark", "suno", "speaks"),
    ("suno-labs/chat", None, ""),
    ("coqui/XTTS-v2", "coqui", "speaks"),
    ("facebook/musicgen-large", "musicgen", "music"),
    ("facebook/opt-30b", None, ""),
    ("microsoft/phi-4", None, ""),
    ("acme/black-forest-labs", None, ""),
    ("s3://suno/chat", None, ""),
]


@pytest.mark.parametrize(("repository", "word", "what"), NAMES)
def test_an_owner_says_the_kind_where_all_its_models_are_of_it(repository: str, word: str | None, what: str) -> None:
    named = kind_by_name(repository)
    assert (named[0] if named else None) == word
    assert named is None or what in named[1].what


def test_no_known_model_that_is_served_has_a_misleading_name() -> None:
    """Else a stack file with it would be warned of, or refused."""
    named = [name for name, shape in CATALOG.models.items() if shape.kind is None and kind_by_name(name)]
    sized = [name for name, shape in CATALOG.models.items() if size_unlike(name, shape)]
    assert (named, sized) == ([], [])


# A name, the shape that it is given; what the name says against it.
SIZES = [
    ("acme/support-70b", "Qwen/Qwen3-8B", "70b"),
    ("acme/dolphin-mixtral-8x7b", "Qwen/Qwen3-8B", "8x7b"),
    ("acme/dolphin-mixtral-8x7b", "mistralai/Mixtral-8x7B-Instruct-v0.1", None),
    ("acme/tuned-30B-A3B", "Qwen/Qwen3-30B-A3B", None),
    ("acme/tiny-500M", "Qwen/Qwen3-8B", "500M"),
    ("acme/x-4bit", "Qwen/Qwen3-8B", None),
    ("s3://acme/models-7b/support", "Qwen/Qwen3-32B", None),
]


@pytest.mark.parametrize(("name", "like", "said"), SIZES)
def test_a_size_in_the_name_is_compared(name: str, like: str, said: str | None) -> None:
    assert size_unlike(name, CATALOG.models[like]) == said


def test_a_name_against_its_shape_is_a_warning() -> None:
    def warned(model: str, path: str) -> list[str]:
        own = {**QWEN, "model": model, "like": "Qwen/Qwen3-8B"}
        return [each.message for each in plan(changed(DEV, models={"a": own})).warnings if each.path == path]

    (size,) = warned("acme/support-70b", "models.a.like")
    assert "says 70b, and Qwen/Qwen3-8B has 8.19 B weights" in size
    (adapter,) = warned("acme/support-lora", "models.a.model")
    assert "says lora: unless it holds the whole model" in adapter
    assert not warned("acme/support-8b", "models.a.like")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((WHISPER,), "is a model that hears, which is not sized here; run it in your own server"),
        ((WHISPER, "--like", "Qwen/Qwen3-0.6B"), "gateway.custom.NAME: {service: NAME, audio: true}"),
        (("acme/x", "--like", WHISPER), f"{WHISPER} is a model that hears"),
        (("openai/whisper-small",), "its name says whisper"),
        (("acme/Qwen3-8B-GGUF",), "its name says gguf, weights that vLLM doesn't read"),
        (
            ("meta-llama/Llama-3.3-70B-Instruct", "--like", "Qwen/Qwen3-8B"),
            "is known here, and has 80 layers instead of 36",
        ),
    ],
)
def test_fit_refuses_it_too(arguments: tuple[str, ...], says: str) -> None:
    refused = run("fit", *arguments)
    assert refused.exit_code == 2
    assert says in " ".join(refused.stderr.split())


def test_fit_says_which_size_the_name_has() -> None:
    answered = run("fit", "acme/support-70b", "--like", "Qwen/Qwen3-8B", "--gpu", "H100", "--format", "json")
    assert any(
        "says 70b, and this is the shape of Qwen/Qwen3-8B" in each for each in json.loads(answered.stdout)["reasons"]
    )
