"""Tokens per second of a replica: what limits them, and when there is no estimate."""

import dataclasses

import pytest

from infra.catalog import Gpu, ModelShape, load_catalog
from infra.engines import ENGINES
from infra.engines.vllm.memory import fit
from infra.engines.vllm.throughput import throughput
from infra.offers.sizing import Sizing, throughput_of
from infra.sizing.estimates import Throughput
from infra.sizing.question import Arguments, Question
from infra.sizing.requests import MeanRequest

CATALOG = load_catalog()
LLAMA = CATALOG.models["meta-llama/Llama-3.1-8B-Instruct"]
MOE = CATALOG.models["Qwen/Qwen3-30B-A3B"]
H100, L4, T4 = CATALOG.gpus["H100-80"], CATALOG.gpus["L4"], CATALOG.gpus["T4"]
CHAT = MeanRequest(1024, 256)


def made(
    shape: ModelShape = LLAMA,
    gpu: Gpu = H100,
    gpus: int = 1,
    *,
    seqs: int = 64,
    context: int = 8192,
    request: MeanRequest = CHAT,
    quantization: str | None = None,
) -> Throughput:
    arguments = Arguments(context, seqs, 2048, 0.9)
    fits = fit(shape, gpu, gpus, arguments, catalog=CATALOG, quantization=quantization)
    return throughput(shape, gpu, gpus, arguments, fits, request=request, quantization=quantization)


def mid(estimate: Throughput) -> float:
    assert estimate.tokens_per_second is not None, estimate.reason
    rate = estimate.tokens_per_second
    assert 0 < rate.low < rate.mid < rate.high
    return rate.mid


@pytest.mark.parametrize(
    "gpu", [H100, L4, CATALOG.gpus["L40S"], CATALOG.gpus["RTX-PRO-6000-SE"]], ids=lambda gpu: gpu.name
)
def test_one_sequence_is_never_faster_than_its_weights_can_be_read(gpu: Gpu) -> None:
    """All but the embedding, of which a token reads one row."""
    read = (LLAMA.weights_gib or 0.0) * 2**30 - 2 * (LLAMA.vocab_size or 0) * (LLAMA.hidden_size or 0)
    alone = made(gpu=gpu, seqs=1, request=MeanRequest(1, 256)).tokens_per_second
    assert alone is not None
    assert alone.high <= (gpu.bandwidth_gb_s or 0.0) * 1e9 / read


@pytest.mark.parametrize(
    ("slower", "faster"),
    [
        (made(gpu=L4), made(gpu=H100)),
        (made(seqs=8), made(seqs=64)),
        (made(gpu=L4), made(gpu=L4, quantization="fp8")),
        (made(request=MeanRequest(4096, 256)), made(request=CHAT)),
        (made(gpus=1), made(gpus=2)),
        (made(gpu=L4, gpus=4), made(gpu=dataclasses.replace(L4, link_gb_s=450.0), gpus=4)),
    ],
    ids=["bandwidth", "batch", "smaller weights", "longer prompts", "more GPUs", "faster links"],
)
def test_what_makes_a_replica_faster(slower: Throughput, faster: Throughput) -> None:
    assert mid(slower) < mid(faster)


def test_twice_the_gpus_are_not_twice_as_fast() -> None:
    assert mid(made(gpus=4)) < 4 * mid(made(gpus=1))


def test_the_cache_limits_the_batch_whatever_max_num_seqs_is() -> None:
    assert mid(made(gpu=L4, seqs=96)) == pytest.approx(mid(made(gpu=L4, seqs=48)), rel=0.1)


def test_few_tokens_read_few_experts() -> None:
    dense = dataclasses.replace(MOE, num_experts=None, experts_per_token=None, active_params_b=MOE.params_b)
    assert mid(made(MOE, seqs=1)) > 3 * mid(made(dense, seqs=1))
    assert mid(made(MOE, seqs=64)) < 5 * mid(made(dense, seqs=64))


def test_a_short_context_shortens_the_requests() -> None:
    assert "409 + 102 tokens" in made(context=512).reason


def test_the_reason_names_its_numbers() -> None:
    reason = made().reason
    for number in ("64 requests of 1,024 + 256 tokens", "15.0 GiB of weights", "3,350 GB/s"):
        assert number in reason


@pytest.mark.parametrize(
    ("estimate", "why"),
    [
        (made(CATALOG.models["BAAI/bge-m3"], T4), "generates no tokens"),
        (made(gpu=dataclasses.replace(H100, bandwidth_gb_s=None)), "the speed of H100-80 isn't known"),
        (made(gpu=dataclasses.replace(H100, link_gb_s=None), gpus=2), "the speed of H100-80 isn't known"),
        (made(dataclasses.replace(MOE, active_params_b=None)), "how many of its experts"),
        (made(dataclasses.replace(LLAMA, hidden_size=None)), "shape isn't known"),
        (made(gpu=T4), "it isn't certain that the cache holds one request"),
    ],
)
def test_no_estimate_says_why(estimate: Throughput, why: str) -> None:
    assert estimate.tokens_per_second is None
    assert estimate.reason.startswith("no estimate: ")
    assert why in estimate.reason


def test_every_gpu_with_a_bandwidth_has_a_link() -> None:
    assert all(gpu.link_gb_s for gpu in CATALOG.gpus.values() if gpu.bandwidth_gb_s)


def test_a_replica_is_asked_for_its_speed_once() -> None:
    """A plan asks again at each turn; each answer takes 15 servers under load."""
    asked = Question("a model", LLAMA, 8192, 131072, ENGINES["vllm"])
    first, again = (throughput_of(Sizing(CATALOG).size(asked, H100, 1)) for _ in range(2))
    assert first is again
