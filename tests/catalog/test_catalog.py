"""The catalogue is complete for what the planner reads, and fast enough to load before every plan."""

import time

import pytest

from infra.catalog import load_catalog
from infra.catalog.load import load_catalog as loader

CATALOG = load_catalog()


@pytest.mark.parametrize("name", CATALOG.instances)
def test_an_instance_type_names_a_gpu_of_the_table_and_the_zones_that_offer_it(name: str) -> None:
    instance = CATALOG.instances[name]
    assert instance.gpu in CATALOG.gpus
    assert instance.vcpus > 0
    assert instance.memory_gib > 0
    assert instance.ebs_mbps > 0
    assert CATALOG.zones[name]


@pytest.mark.parametrize("name", [n for n, i in CATALOG.instances.items() if i.left_out is None])
def test_a_type_that_may_be_chosen_has_a_price_and_a_gpu_of_known_memory(name: str) -> None:
    instance = CATALOG.instances[name]
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
        ("g7.2xlarge", "driver 595"),
        ("p5e.48xlarge", "no price"),
        ("g6.xlarge", None),
        ("g7e.2xlarge", None),
    ],
)
def test_a_type_that_cannot_serve_is_left_out_with_the_reason(name: str, why: str | None) -> None:
    reason = CATALOG.instances[name].left_out
    assert reason is None if why is None else why in (reason or "")


def test_a_decoder_that_is_sized_by_its_attention_heads_has_them() -> None:
    dense = [m for m in CATALOG.models.values() if m.attention in ("mha", "gqa", "mqa") and m.task == "chat"]
    assert len(dense) > 100
    incomplete = [m.id for m in dense if not (m.layers and m.kv_heads and m.max_context)]
    assert incomplete == []


def test_an_mla_model_has_its_latent_sizes() -> None:
    mla = [m for m in CATALOG.models.values() if m.attention == "mla"]
    assert mla
    assert [m.id for m in mla if not (m.layers and m.kv_lora_rank and m.qk_rope_head_dim)] == []


@pytest.mark.parametrize(
    ("model", "tokens"),
    [("BAAI/bge-m3", 8192), ("BAAI/bge-reranker-v2-m3", 8192), ("intfloat/multilingual-e5-large", 512)],
)
def test_two_positions_of_an_xlm_r_encoder_are_not_for_tokens(model: str, tokens: int) -> None:
    assert CATALOG.models[model].max_context == tokens


@pytest.mark.parametrize("kind", ["gpus", "models", "ollama", "quantizations", "engines"])
def test_each_row_names_its_source(kind: str) -> None:
    rows = getattr(CATALOG, kind)
    assert rows
    assert [name for name, row in rows.items() if not row.source] == []


@pytest.mark.parametrize("tag", ["llama3.2:1b", "llama3.1:8b", "qwen3:8b", "nomic-embed-text"])
def test_an_ollama_tag_is_known_with_its_shape(tag: str) -> None:
    model = CATALOG.ollama[tag]
    assert model.like in CATALOG.models
    assert 0 < model.file_gib < 2 * model.params_b * 1e9 * 2 / 2**30


def test_an_ollama_tag_without_a_tag_is_the_latest() -> None:
    assert CATALOG.ollama["llama3.2"] is CATALOG.ollama["llama3.2:3b"]
    assert len({id(model) for model in CATALOG.ollama.values()}) >= 12


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


def test_loading_takes_less_than_40_ms() -> None:
    loader.__wrapped__()
    start = time.process_time()
    loader.__wrapped__()
    assert time.process_time() - start < 0.04
