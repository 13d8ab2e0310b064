"""The tag of an image says a version of its engine, or it doesn't."""

import pytest

from infra.catalog import load_catalog
from infra.engines.tags import version_of_tag

ENGINES = load_catalog().engines


@pytest.mark.parametrize(
    ("engine", "image", "version"),
    [
        ("vllm", "vllm/vllm-openai:v0.6.0", (0, 6, 0)),
        ("vllm", "vllm/vllm-openai:v0.8.5.post1", (0, 8, 5)),
        ("vllm", "registry.acme.io:5000/mirror/vllm-openai:0.31.0-cu130@sha256:0f", (0, 31, 0)),
        ("vllm", "docker.io/vllm/vllm-openai-rocm:v0.32.0", (0, 32, 0)),
        ("vllm", "registry.acme.io/vllm:0.31.0", (0, 31, 0)),
        ("vllm", "rocm/vllm:rocm6.4.1_vllm_0.10.1_20250909", (0, 10, 1)),
        ("ollama", "ollama/ollama:0.5.1-rocm", (0, 5, 1)),
        ("tgi", "ghcr.io/huggingface/text-generation-inference:2.4.0", (2, 4, 0)),
        ("vllm", "vllm/vllm-openai:nightly", None),
        ("vllm", "vllm/vllm-openai:latest", None),
        ("vllm", "vllm/vllm-openai@sha256:0f", None),
        ("vllm", "nvcr.io/nvidia/vllm:25.09-py3", None),  # its owner's own numbers
        ("vllm", "registry.acme.io/model-server:1.4.0", None),
        ("vllm", "registry.acme.io/vllm-of-acme:0.1.0", None),
    ],
)
def test_a_tag_says_the_version(engine: str, image: str, version: tuple[int, int, int] | None) -> None:
    assert version_of_tag(image, ENGINES[engine]) == version


def test_the_pinned_images_say_their_own() -> None:
    said = {name: version_of_tag(each.image, each) for name, each in ENGINES.items()}
    assert said == {name: tuple(map(int, each.version.split("."))) for name, each in ENGINES.items()}
