"""What a step of vLLM costs, and what clients see of it: each mechanism by itself."""

import dataclasses
import itertools
import math

import pytest

from infra.catalog import Gpu, ModelShape, load_catalog
from infra.engines.vllm.memory import fit
from infra.engines.vllm.paces import ASYNC_SCHEDULING, BY_CAPABILITY, PCIE_4, PCIE_5, Pace, Seconds, Shares, paces
from infra.engines.vllm.steps import Server, Step, largest_graph
from infra.engines.vllm.throughput import throughput
from infra.engines.vllm.versions import PINNED
from infra.sizing.estimates import Estimate, Speed
from infra.sizing.kv_cache import Pages
from infra.sizing.question import Arguments
from infra.sizing.requests import CONCURRENCIES

CATALOG = load_catalog()
LLAMA = CATALOG.models["meta-llama/Llama-3.1-8B-Instruct"]
MOE = CATALOG.models["Qwen/Qwen3-30B-A3B"]
GEMMA = CATALOG.models["google/gemma-3-12b-it"]
H100, L40S, RTX = (CATALOG.gpus[name] for name in ("H100-80", "L40S", "RTX-PRO-6000-SE"))
PERFECT = Pace(
    Shares(**dict.fromkeys(vars(Shares()), 1.0)), Seconds(**dict.fromkeys(vars(Seconds()), 0.0)), hidden=True
)


def server(
    shape: ModelShape = LLAMA, gpu: Gpu = H100, gpus: int = 1, *, gib: float = 15.0, length: int = 1152
) -> Server:
    return Server(shape, gpu, gpus, gib, shape.dtype, 2, Pages(), 1024, length, 512)


def seconds(step: Step, made: Server | None = None, pace: Pace = PERFECT) -> float:
    return (made or server()).seconds(step, pace)


def speeds(
    shape: ModelShape = LLAMA,
    gpu: Gpu = H100,
    gpus: int = 1,
    *,
    seqs: int = 256,
    tokens: int = 8192,
    version: tuple[int, int, int] = PINNED,
    context: int = 8192,
) -> dict[int, Speed]:
    arguments = Arguments(context, seqs, tokens, 0.92, version=version)
    fits = fit(shape, gpu, gpus, arguments, catalog=CATALOG, quantization=None)
    made = throughput(shape, gpu, gpus, arguments, fits)
    assert made.full is not None, made.reason
    return {each.concurrency: each for each in made.at}


def test_a_step_of_one_sequence_reads_all_weights_but_the_embedding() -> None:
    embedding = 128256 * 4096 * 2
    assert seconds(Step(1)) == pytest.approx((15.0 * 2**30 - embedding) / 3350e9, rel=0.02)


def test_the_output_layer_works_once_per_prompt_and_not_per_token_of_it() -> None:
    longer = dataclasses.replace(LLAMA, vocab_size=2 * 128256, params_b=8.03 + 2 * 0.525)
    extra = seconds(Step(0, 1, 8192), server(longer, gib=15.0 + 2 * 0.98)) - seconds(Step(0, 1, 8192))
    every_token = 2 * 128256 * 4096 * 8192 / 989e12
    assert 0 < extra < every_token / 20


def test_a_long_prompt_takes_the_flops_of_what_its_tokens_are_multiplied_with() -> None:
    body = 8.03e9 - 2 * 128256 * 4096
    assert seconds(Step(0, 1, 8192)) == pytest.approx(2 * body * 8192 / 989e12, rel=0.15)


def test_each_sequence_reads_its_cache() -> None:
    more = (seconds(Step(65)) - seconds(Step(1))) / 64
    assert more == pytest.approx(1152 * 131072 / 3350e9, rel=0.15)


def test_a_window_reads_no_more_than_itself() -> None:
    """Of Gemma-3's 48 layers 8 keep every token; the others keep 1,024."""
    shared = GEMMA.kv_heads or 0, GEMMA.head_size or 0
    token = 2 * shared[0] * shared[1] * 2
    longer = seconds(Step(64), server(GEMMA, length=9216)) - seconds(Step(64), server(GEMMA, length=1024))
    assert longer == pytest.approx(64 * 8 * 8192 * token / 3350e9, rel=0.01)


def test_a_token_reads_the_experts_that_it_uses_and_a_batch_all_of_them() -> None:
    one, many = (seconds(Step(number), server(MOE, gib=56.9)) for number in (1, 256))
    assert one == pytest.approx(2 * 3.0e9 / 3350e9, rel=0.15)
    assert many > 2 * 29e9 / 3350e9


def test_tokens_that_choose_alike_read_fewer_experts() -> None:
    alike = dataclasses.replace(PERFECT, choices=0.5)
    eight, four = (seconds(Step(number), server(MOE, gib=56.9), pace) for number, pace in ((8, alike), (4, PERFECT)))
    assert eight == pytest.approx(four, rel=0.05)
    assert seconds(Step(1), server(MOE, gib=56.9), alike) == seconds(Step(1), server(MOE, gib=56.9))


def test_where_feed_forwards_are_separate_layers_two_layers_cost_one() -> None:
    """Nemotron-H: of 52 layers 6 have attention, and half of the others keep a state."""
    nemotron = CATALOG.models["nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16"]
    together = dataclasses.replace(nemotron, model_type="other")
    pace = dataclasses.replace(PERFECT, seconds=dataclasses.replace(PERFECT.seconds, layer=1e-3))
    apart, joined = (seconds(Step(1), server(each, gib=58.9), pace) for each in (nemotron, together))
    assert joined - apart == pytest.approx(26e-3, rel=0.01)
    more, all_more = (
        seconds(Step(65), server(each, gib=58.9)) - seconds(Step(1), server(each, gib=58.9))
        for each in (nemotron, together)
    )
    assert all_more - more == pytest.approx(64 * 2 * 23 * (nemotron.state_bytes or 0) / 3350e9, rel=0.05)


def test_a_sampler_costs_more_with_a_larger_vocabulary() -> None:
    small, large = (dataclasses.replace(LLAMA, vocab_size=size, params_b=8.03) for size in (32000, 256000))
    slower = (seconds(Step(256), server(large)) - seconds(Step(1), server(large))) / (
        seconds(Step(256), server(small)) - seconds(Step(1), server(small))
    )
    assert slower > 1.02


def test_the_cpu_is_hidden_behind_the_gpu_since_async_scheduling() -> None:
    before, after = (speeds(version=version)[1].next_token.mid for version in ((0, 13, 0), ASYNC_SCHEDULING))
    assert before - after == pytest.approx(2.5e-3, rel=0.05)
    tiny = dataclasses.replace(LLAMA, params_b=0.6, layers=8, hidden_size=1024)
    host = paces(H100, 1, PINNED)[1].seconds
    assert server(tiny, gib=0.01).seconds(Step(8), paces(H100, 1, PINNED)[1]) == host.host + 8 * host.host_sequence


@pytest.mark.parametrize("gpu", [H100, L40S, RTX, CATALOG.gpus["T4"], CATALOG.gpus["A10G"]], ids=lambda gpu: gpu.name)
@pytest.mark.parametrize("version", [(0, 7, 3), (0, 13, 0), PINNED])
def test_the_slow_end_is_slow_in_each_respect(gpu: Gpu, version: tuple[int, int, int]) -> None:
    slow, middle, fast = paces(gpu, 4, version)
    for name in vars(middle.shares):
        assert getattr(slow.shares, name) < getattr(middle.shares, name) <= getattr(fast.shares, name) <= 0.98
    for name in vars(middle.seconds):
        assert getattr(slow.seconds, name) > getattr(middle.seconds, name) > getattr(fast.seconds, name)
    assert slow.whole > middle.whole > fast.whole
    assert slow.gates > middle.gates > fast.gates
    assert slow.choices == middle.choices > fast.choices


@pytest.mark.parametrize("version", [ASYNC_SCHEDULING, (0, 26, 0), PINNED])
@pytest.mark.parametrize("shape", [LLAMA, MOE, GEMMA], ids=lambda shape: shape.id)
def test_no_interval_is_wider_than_two_where_servers_were_measured(
    shape: ModelShape, version: tuple[int, int, int]
) -> None:
    for speed in speeds(shape, version=version).values():
        for estimate in (speed.tokens_per_second, speed.first_token, speed.next_token):
            assert estimate.low < estimate.mid < estimate.high < 2 * estimate.low


def test_adding_up_over_pcie_is_slow_and_slower_with_more_gpus() -> None:
    prompt = Step(16, 1, 1024)
    shape = CATALOG.models["Qwen/Qwen3-32B"]

    def links(gpu: Gpu, gpus: int) -> float:
        pace = paces(gpu, gpus, PINNED)[1]
        fast = dataclasses.replace(pace, shares=dataclasses.replace(pace.shares, link=math.inf))
        made = server(shape, gpu, gpus, gib=61.0 / gpus)
        return made.seconds(prompt, pace) - made.seconds(prompt, fast)

    assert links(L40S, 2) < links(L40S, 4) < links(L40S, 8)
    assert links(RTX, 4) < links(L40S, 4) / 3
    assert links(H100, 4) < links(RTX, 4) / 5
    assert set(PCIE_4) == set(PCIE_5) == {2, 4, 8}
    assert links(L40S, 4) == pytest.approx(128 * 1.5 * 1040 * 5120 * 2 / (32e9 * PCIE_4[4]), rel=0.01)


def test_tables_of_kernels_are_named_by_cards_of_the_catalogue() -> None:
    assert set(BY_CAPABILITY) <= {gpu.compute_capability for gpu in CATALOG.gpus.values()}


def test_with_more_clients_all_together_are_faster_and_each_waits_longer() -> None:
    found = [speeds()[number] for number in CONCURRENCIES]
    for fewer, more in itertools.pairwise(found):
        assert fewer.tokens_per_second.mid < more.tokens_per_second.mid
        assert fewer.next_token.mid < more.next_token.mid
        assert fewer.first_token.mid < more.first_token.mid


def test_a_step_without_a_graph_takes_as_long_as_the_cpu_starts_its_kernels() -> None:
    """Of dense models the GPU is slower, of experts the CPU is; gpt-oss has a graph of 1,024 tokens."""
    pace = paces(H100, 1, PINNED)[1]
    experts = server(MOE, gib=56.9)
    assert seconds(Step(0, 1, 513), experts, pace) == (MOE.layers or 0) * pace.seconds.launch_experts
    assert seconds(Step(0, 1, 512), experts, pace) < 0.5 * seconds(Step(0, 1, 513), experts, pace)
    assert seconds(Step(0, 1, 8192), pace=pace) > 1.5 * (LLAMA.layers or 0) * pace.seconds.launch
    assert largest_graph(LLAMA, 256) == largest_graph(LLAMA, 1024) == 512
    assert largest_graph(LLAMA, 8) == 16
    assert largest_graph(CATALOG.models["openai/gpt-oss-20b"], 256) == 1024


def test_a_client_alone_waits_for_its_own_prompt_only() -> None:
    """Its tokens come at the pace of a step that reads no prompt."""
    alone = speeds()[1]
    weights = fit(LLAMA, H100, 1, Arguments(8192, 256, 8192, 0.92), catalog=CATALOG, quantization=None).weights_gib
    step = server(gib=weights).seconds(Step(1), paces(H100, 1, PINNED)[1])
    assert alone.next_token.mid == pytest.approx(step, rel=1e-6)
    whole = alone.first_token.mid + 255 * alone.next_token.mid
    assert alone.tokens_per_second.mid == pytest.approx(256 / whole)


def test_those_without_a_place_wait_for_the_others() -> None:
    free, few = speeds()[128], speeds(seqs=32)[128]
    assert (free.running, few.running, free.waits, few.waits) == (128, 32, False, True)
    thirty_two = speeds(seqs=32)[32]
    assert few.tokens_per_second == thirty_two.tokens_per_second
    whole = thirty_two.first_token.mid + 255 * thirty_two.next_token.mid
    assert few.first_token.mid == pytest.approx(thirty_two.first_token.mid + 3 * whole)


def test_a_prompt_larger_than_a_batch_takes_several_steps() -> None:
    whole, in_parts = (speeds(tokens=tokens)[1].first_token.mid for tokens in (8192, 256))
    assert in_parts > 1.2 * whole


def test_prompts_of_a_busy_server_take_the_batch() -> None:
    """A small batch leaves room for few prompts per step: fewer requests run, and the others wait."""
    found = speeds(tokens=256)[128]
    assert found.running == pytest.approx(256 / (1 + 1024 / 259))
    assert found.waits


def test_a_cache_in_doubt_changes_the_wait_and_not_the_order_of_the_ends() -> None:
    for speed in speeds(gpu=CATALOG.gpus["L4"]).values():
        for estimate in (speed.tokens_per_second, speed.first_token, speed.next_token):
            assert isinstance(estimate, Estimate)
            assert estimate.low <= estimate.mid <= estimate.high
