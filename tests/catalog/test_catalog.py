"""The catalogue is complete for what the planner reads, and fast enough to load before every plan."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.catalog import ModelShape, load_catalog
from infra.catalog.load import load_catalog as loader
from infra.engines.vllm.activations import Start, activation_peak
from infra.engines.vllm.memory import fit
from infra.engines.vllm.versions import PINNED
from infra.sizing.blocks import request_bytes
from infra.sizing.kv_cache import keeps_cache
from infra.sizing.question import Arguments, Batch
from infra.sizing.splitting import counts_that_split
from infra.sizing.weights import gpu_gib, stored_gib

CATALOG = load_catalog()


def test_each_instance_type_names_a_gpu_of_the_table_and_the_zones_that_offer_it(subtests: pytest.Subtests) -> None:
    for name, instance in CATALOG.instances.items():
        with subtests.test(name):
            assert instance.gpu in CATALOG.gpus
            assert instance.left_out or CATALOG.zones[name]


def test_each_type_that_may_be_chosen_has_a_price_and_a_gpu_of_known_memory(subtests: pytest.Subtests) -> None:
    for instance in (each for each in CATALOG.instances.values() if each.left_out is None):
        with subtests.test(instance.name):
            gpu = CATALOG.gpus[instance.gpu]
            assert instance.usd_per_hour
            assert instance.gpus >= 1
            assert gpu.engine_gib
            assert gpu.compute_capability
            assert gpu.bandwidth_gb_s


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("g5g.xlarge", "ARM"),
        ("g6f.xlarge", "a slice"),
        ("g4ad.xlarge", "AMD"),
        ("g4dn.metal", "zones"),
        ("p3dn.24xlarge", "7.0"),
        ("p6e-gb200.36xlarge", "ARM"),
        ("g7.2xlarge", "driver 595"),
        ("p5e.48xlarge", "no price"),
        ("g6.xlarge", None),
        ("g7e.2xlarge", None),
    ],
)
def test_a_type_that_cannot_serve_is_left_out_with_the_reason(name: str, why: str | None) -> None:
    reason = CATALOG.instances[name].left_out
    assert reason is None if why is None else why in (reason or "")


def test_at_least_120_models_can_be_planned_of_every_kind_of_attention() -> None:
    planned = [model for model in CATALOG.models.values() if model.left_out is None]
    assert len(planned) >= 120
    assert {model.attention for model in planned} == {"mha", "gqa", "mqa", "mla", "hybrid"}
    assert {model.task for model in planned} == {"chat", "embed", "rerank"}


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("openai/whisper-large-v3", "speech"),
    ],
)
def test_a_model_that_cannot_be_sized_says_what_is_missing(model: str, why: str) -> None:
    assert why in (CATALOG.models[model].left_out or "")


def test_a_model_without_its_heads_says_that_they_are_missing() -> None:
    unseen = replace(CATALOG.models["Qwen/Qwen3-8B"], attention_heads=None, kv_heads=None, head_dim=None)
    assert "attention_heads, kv_heads, head_size" in (unseen.left_out or "")


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("nomic-ai/nomic-embed-text-v1.5", 2048),  # of 8,192 positions
        ("sentence-transformers/all-MiniLM-L6-v2", 256),  # of 512, by sentence_bert_config.json
        ("intfloat/multilingual-e5-large", 512),  # of 514
        ("intfloat/e5-mistral-7b-instruct", 4096),  # of 32,768
        ("BAAI/bge-m3", 8192),  # of 8,194
    ],
)
def test_the_length_of_an_embedding_model_is_the_length_that_is_served(model: str, tokens: int) -> None:
    assert CATALOG.models[model].max_context == tokens


def test_each_model_that_can_be_sized_has_a_number_for_every_term(subtests: pytest.Subtests) -> None:
    """In its own dtype and in each quantization, on one GPU and on each number of GPUs that divides its heads."""
    for name, model in CATALOG.models.items():
        if model.left_out is None:
            with subtests.test(name):
                has_a_number_for_every_term(model)


def has_a_number_for_every_term(model: ModelShape) -> None:
    gpu = CATALOG.gpus["B200"]
    for gpus in {1, 2, 4, 8} & set(counts_that_split(model)):
        held = request_bytes(model, gpus, 2, 2048, 2048)
        assert held or not keeps_cache(model)
        for method in (None, *CATALOG.quantizations):
            assert gpu_gib(model, method, CATALOG, gpus) > 0
        for seqs, tokens in ((1, 1), (256, 8192)):
            peak, _ = activation_peak(model, gpus, Batch(seqs, tokens), Start(PINNED, 9.0), 8192, batch_known=True)
            assert 0 < peak.low <= peak.mid <= peak.high
        arguments = Arguments(min(model.max_context, 2048), 8, 2048, 0.9)
        result = fit(model, gpu, gpus, arguments, catalog=CATALOG, quantization=None)
        assert (result.kv_cache_tokens is not None) == keeps_cache(model)
    assert stored_gib(model, None, CATALOG, own_repository=True) > 0


@pytest.mark.parametrize(
    ("model", "tokens"),
    [("BAAI/bge-m3", 8192), ("BAAI/bge-reranker-v2-m3", 8192), ("intfloat/multilingual-e5-large", 512)],
)
def test_two_positions_of_an_xlm_r_encoder_are_not_for_tokens(model: str, tokens: int) -> None:
    assert CATALOG.models[model].max_context == tokens


@pytest.mark.parametrize("kind", ["gpus", "models", "quantizations", "engines"])
def test_each_row_names_its_source(kind: str) -> None:
    rows = getattr(CATALOG, kind)
    assert rows
    assert [name for name, row in rows.items() if not row.source] == []


def test_each_kubernetes_minor_has_an_autoscaler_of_that_minor() -> None:
    assert CATALOG.kubernetes_versions == ("1.33", "1.34", "1.35", "1.36")
    for version, row in CATALOG.kubernetes.items():
        assert row.cluster_autoscaler.startswith(f"v{version}.")


def test_zones_that_eks_does_not_serve_are_not_offered() -> None:
    assert CATALOG.regions["us-east-1"] == ("use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6")
    assert "use1-az3" not in CATALOG.zones_of("g4dn.xlarge", "us-east-1")
    assert CATALOG.zones_of("g6.xlarge", "no-such-region") == ()


def test_images_are_pinned_by_a_tag() -> None:
    for image in (engine.image for engine in CATALOG.engines.values()):
        assert image.rpartition(":")[2] not in ("", "latest", image)


def test_each_file_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """benchmarks/plan_speed.py measures how long this takes."""
    read: list[Path] = []
    read_text = Path.read_text

    def counted(path: Path, encoding: str) -> str:
        read.append(path)
        return read_text(path, encoding=encoding)

    monkeypatch.setattr(Path, "read_text", counted)
    loader.__wrapped__()
    assert len(read) == len(set(read)) > 10
    assert load_catalog() is load_catalog()


def test_a_gpu_is_complete_or_no_type_with_it_may_be_chosen() -> None:
    usable = {instance.gpu for instance in CATALOG.instances.values() if instance.left_out is None}
    assert len(usable) >= 10
    for gpu in (CATALOG.gpus[name] for name in usable):
        assert gpu.engine_gib
        assert gpu.bandwidth_gb_s
        assert gpu.compute_capability
        assert gpu.bf16_tflops
        assert gpu.fp8 == (gpu.fp8_tflops is not None) == (gpu.compute_capability >= 8.9)


@pytest.mark.parametrize(
    ("here", "beside", "first"),
    [
        ("eu-central-1", [], ["eu-north-1", "eu-west-2", "ap-northeast-1"]),
        ("us-east-1", [], ["ca-central-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-northeast-1"]),
        ("us-east-1", ["g6.xlarge"], ["ca-central-1", "us-east-1", "us-east-2", "us-west-2", "us-west-1"]),
        ("", [], ["ap-northeast-1", "ap-northeast-2"]),
    ],
)
def test_regions_of_a_type_on_the_same_continent_and_with_the_other_types_come_first(
    here: str, beside: list[str], first: list[str]
) -> None:
    regions = CATALOG.regions_of("p5.48xlarge", here, beside)
    assert list(regions[: len(first)]) == first
    assert sorted(regions) == [each for each in CATALOG.regions if CATALOG.zones_of("p5.48xlarge", each)]
