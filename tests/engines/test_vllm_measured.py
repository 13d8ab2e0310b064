"""What vLLM measures when it starts, by its version: the runner, the peak of a step, CUDA graphs, other memory."""

from dataclasses import replace

import pytest

from infra.catalog import load_catalog
from infra.engines.vllm import graphs
from infra.engines.vllm.activations import Start, activation_peak
from infra.engines.vllm.memory import fit, start_of
from infra.engines.vllm.runner import is_second
from infra.engines.vllm.versions import PINNED
from infra.sizing.question import Arguments, Batch, Draft, Version

CATALOG = load_catalog()
H100 = CATALOG.gpus["H100-80"]
V26 = (0, 26, 0)
LLAMA, EXPERTS = "meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen3-30B-A3B"
OSS, LITE, HYBRID = "openai/gpt-oss-20b", "deepseek-ai/DeepSeek-V2-Lite-Chat", "Qwen/Qwen3.5-9B"


def terms(model: str, arguments: Arguments, quantization: str | None = None) -> dict[str, float]:
    found = fit(CATALOG.models[model], H100, 1, arguments, catalog=CATALOG, quantization=quantization)
    return {term.name: term.gib for term in found.terms}


@pytest.mark.parametrize(
    ("model", "quantization", "version", "second"),
    [  # vllm/config/vllm.py of each version
        ("Qwen/Qwen3-8B", None, (0, 21, 0), False),
        ("Qwen/Qwen3-8B", None, (0, 22, 0), True),
        (LLAMA, None, (0, 22, 0), False),
        (LLAMA, None, (0, 23, 0), True),
        (LLAMA, "fp8", (0, 23, 0), False),  # no quantized weights yet
        (LLAMA, "fp8", (0, 24, 0), True),
        (LITE, None, (0, 23, 0), False),
        (LITE, None, (0, 24, 0), True),
        ("google/gemma-3-12b-it", None, (0, 24, 0), False),
        ("google/gemma-3-12b-it", None, (0, 25, 0), True),  # every dense model that generates
        (EXPERTS, None, V26, False),
        (OSS, None, V26, False),
        (HYBRID, None, V26, False),
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", None, V26, False),
        ("Qwen/Qwen3-Embedding-8B", None, V26, False),
        ("deepseek-ai/DeepSeek-V4-Flash", None, (0, 27, 0), False),
        ("deepseek-ai/DeepSeek-V4-Flash", None, (0, 28, 0), True),
        (EXPERTS, None, (0, 29, 0), True),  # every model
        (HYBRID, None, PINNED, True),
        ("Qwen/Qwen3-Embedding-8B", None, PINNED, True),
    ],
)
def test_the_runner_by_model_and_version(
    model: str, quantization: str | None, version: Version, *, second: bool
) -> None:
    assert is_second(CATALOG.models[model], version, quantization) is second


@pytest.mark.parametrize(
    ("draft", "version", "second"),
    [
        (Draft(2, own_layer=True), V26, True),
        (Draft(2), V26, False),  # ngram
        (Draft(2), (0, 31, 0), False),
        (Draft(2), (0, 32, 0), True),
        (Draft(2, CATALOG.models["Qwen/Qwen3-0.6B"]), (0, 30, 0), False),
        (Draft(2, CATALOG.models["Qwen/Qwen3-0.6B"]), (0, 31, 0), True),
    ],
)
def test_what_proposes_can_need_the_first_runner(draft: Draft, version: Version, *, second: bool) -> None:
    assert is_second(CATALOG.models["Qwen/Qwen3-8B"], version, None, draft) is second


# What first starts of vLLM 0.26.0 on one H100 logged as peak activation: benchmarks/data/h100_memory.csv.
@pytest.mark.parametrize(
    ("model", "quantization", "tokens", "logged"),
    [
        (LLAMA, None, 8192, 1.1036),  # 0.9785 of the embedding, 0.125 of hidden states
        (OSS, None, 8192, 1.17),
        (OSS, None, 2048, 1.1007),
        ("google/gemma-3-12b-it", None, 8192, 1.9927),
        ("Qwen/Qwen3-32B", "fp8", 8192, 1.64),  # one layer, with what is turned into 8 bit
        (LLAMA, None, 16384, 1.77),  # one layer
        (EXPERTS, None, 8192, 1.15),  # the sampler's warm-up and the buffers of experts
        (LITE, None, 8192, 1.10),  # those buffers and the first layer, which has no experts
        ("Qwen/Qwen3-8B", None, 8192, 1.2852),
        ("meta-llama/Llama-3.2-1B-Instruct", None, 8192, 0.5528),
        ("Qwen/Qwen3-Embedding-0.6B", None, 8192, 0.3206),
    ],
)
def test_the_peak_is_what_a_first_start_logs(model: str, quantization: str | None, tokens: int, logged: float) -> None:
    arguments = Arguments(8192, 256, tokens, 0.92, version=V26)
    assert terms(model, arguments, quantization)["activations"] == pytest.approx(logged, abs=0.05)


def peak(model: str, seqs: int, tokens: int, start: Start) -> tuple[float, float, float]:
    found, _ = activation_peak(CATALOG.models[model], 1, Batch(seqs, tokens), start, 8192, batch_known=True)
    return found.low, found.mid, found.high


@pytest.mark.parametrize(
    ("model", "second", "logged"),
    [("Qwen/Qwen3-8B", True, 0.7813), (OSS, False, 0.8501)],  # later starts of 0.26, with compiled code in its cache
)
def test_a_later_start_is_within_the_interval_and_is_a_start_that_compiles_nothing(
    model: str, *, second: bool, logged: float
) -> None:
    first, later = (peak(model, 256, 8192, Start(V26, 9.0, second, compiles=each)) for each in (True, False))
    assert first[0] <= logged < first[1]
    assert later[1] == pytest.approx(logged, abs=0.01 if second else 0.2)


def test_nothing_is_tried_before_torch_2_10_and_in_eager_code() -> None:
    old, new = (peak("Qwen/Qwen3-8B", 8, 2048, Start(version)) for version in ((0, 16, 0), (0, 17, 0)))
    assert new[1] - old[1] > 0.8
    eager, compiled = (
        terms("Qwen/Qwen3-8B", Arguments(8192, 8, 2048, 0.92, version=V26, enforce_eager=eager))["activations"]
        for eager in (True, False)
    )
    assert compiled == pytest.approx(151936 * 4096 * 2 / 2**30 + 2 * 2048 * 4096 * 2 / 2**30)
    assert eager < 0.3


def test_what_nobody_measured_with_torch_2_13_is_an_end_of_the_interval() -> None:
    measured, later = (peak("Qwen/Qwen3-8B", 8, 2048, Start(version, 9.0, True)) for version in (V26, (0, 27, 0)))
    assert later[1] < 0.3 < measured[1]
    assert later[2] == measured[2] == measured[1]


def test_the_number_of_sequences_matters_only_to_the_first_runner() -> None:
    def difference(model: str, *, second: bool) -> float:
        few, many = (peak(model, seqs, 8192, Start(V26, 9.0, second))[1] for seqs in (256, 1024))
        return many - few

    assert difference(LLAMA, second=True) == 0
    assert difference(EXPERTS, second=False) == pytest.approx(4.1 * 768 * 151936 * 4 / 2**30)


def test_pooling_has_no_sampler() -> None:
    few, many = (peak("Qwen/Qwen3-Embedding-8B", seqs, 8192, Start(V26)) for seqs in (8, 1024))
    assert few == many


@pytest.mark.parametrize(
    ("model", "version", "eager", "logged"),
    [
        (LLAMA, (0, 20, 2), False, 0.0),
        (LLAMA, V26, False, 0.0),  # the second runner answers 0
        (LITE, V26, False, 0.0),
        (EXPERTS, V26, False, 0.49),
        (EXPERTS, V26, True, 0.0),
        (HYBRID, V26, False, 0.40),
        ("Qwen/Qwen3-Embedding-0.6B", V26, False, 0.26),
        (LLAMA, (0, 28, 0), False, 0.0),
        (LLAMA, (0, 29, 0), False, 0.58),  # it measures them, and 0.58 is what they took in 0.26
    ],
)
def test_cuda_graphs_within_the_share(model: str, version: Version, *, eager: bool, logged: float) -> None:
    arguments = Arguments(8192, 256, 8192, 0.92, version=version, enforce_eager=eager)
    assert terms(model, arguments)["CUDA graphs"] == pytest.approx(logged, abs=0.07)


@pytest.mark.parametrize(
    ("model", "logged"), [(LLAMA, 0.584), ("Qwen/Qwen3-8B", 0.6094), (EXPERTS, 0.63), ("Qwen/Qwen3-32B", 1.23)]
)
def test_graphs_take_memory_beside_the_share(model: str, logged: float) -> None:
    taken = graphs.taken(CATALOG.models[model], Arguments(8192, 256, 8192, 0.92, version=V26))
    assert taken.low < logged < taken.high
    assert taken.mid == pytest.approx(logged, rel=0.4)


def test_graphs_that_do_not_fit_beside_the_share_are_left_free() -> None:
    """Of 79.18 GiB, 1 % is 0.79: less than 0.5 of the driver and 0.59 of the graphs."""
    shape = CATALOG.models[LLAMA]
    high, usual = (Arguments(8192, 256, 8192, share, version=V26) for share in (0.99, 0.92))
    assert terms(LLAMA, usual)["CUDA graphs"] == 0
    missing = graphs.taken(shape, high).mid + 0.5 - 0.01 * (H100.engine_gib or 0)
    assert terms(LLAMA, high)["CUDA graphs"] == pytest.approx(missing)
    assert 0.2 < missing < 0.4


@pytest.mark.parametrize(("version", "other"), [((0, 11, 0), 0.13), ((0, 19, 0), 0.13), (V26, 0.23)])
def test_libraries_of_cuda_13_take_more(version: Version, other: float) -> None:
    assert terms(LLAMA, Arguments(8192, 256, 8192, 0.92, version=version))["other"] == other


def test_the_start_is_that_of_the_arguments() -> None:
    shape = replace(CATALOG.models["Qwen/Qwen3-8B"], dtype="bf16")
    eager = Arguments(8192, 8, 2048, 0.9, version=V26, enforce_eager=True)
    assert start_of(shape, H100, eager, "fp8") == Start(V26, 9.0, second_runner=True, compiles=False, in_8_bit=True)
