"""`cudaGraphs: few`: fewer sizes of a batch have CUDA graphs, so a start records less, and a batch may be padded."""

from typing import Any

import pytest

from infra.engines.vllm.few_graphs import few_sizes, number_of_graphs, slower
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.settings.mistakes import BadStackFile
from infra.sizing.requests import MEAN_REQUEST
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import CATALOG, DEV, changed

OSS = {"model": "openai/gpt-oss-20b", "maxModelLen": 32768, "maxNumSeqs": 256}
H100 = changed(DEV, gpuPools={"h100": {"instanceTypes": ["p5.4xlarge"]}}, models={"oss": OSS}, cache={"kind": "efs"})
ALL = planned(H100)
FEW = outcome(follow(H100, {"models.oss.cudaGraphs": "few"}))
FIGURES = CATALOG.cold_start


def model(plan: Plan) -> ModelPlan:
    (found,) = plan.models.values()
    return found


@pytest.mark.parametrize(
    ("seqs", "sizes"),
    [
        (1, (1, 2)),
        (32, (1, 2, 4, 8, 16, 32, 64)),
        (100, (1, 2, 4, 8, 16, 32, 64, 100, 128, 200)),
        (1024, (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)),
    ],
)
def test_the_sizes_are_powers_of_two_a_full_batch_and_the_largest_step(seqs: int, sizes: tuple[int, ...]) -> None:
    assert few_sizes(seqs, min(2 * seqs, 512)) == sizes


def test_a_start_records_fewer_and_its_memory_goes_to_the_cache() -> None:
    shape = CATALOG.models[OSS["model"]]
    graphs = [number_of_graphs(shape, 256, few=few) for few in (False, True)]
    assert graphs == [86, 9 + 11]
    each = (shape.layers or 0) * FIGURES["graph-layer"].value + FIGURES["kernels-mxfp4"].value
    saved = model(ALL).cold_start.parts["engine"].mid - model(FEW).cold_start.parts["engine"].mid
    assert saved == pytest.approx((graphs[0] - graphs[1]) * each)
    fits = [model(plan).fit for plan in (ALL, FEW)]
    assert fits[0] is not None
    assert fits[1] is not None
    assert (fits[1].kv_cache_tokens or 0) > (fits[0].kv_cache_tokens or 0)


def test_the_engine_gets_the_sizes_and_the_plan_says_the_price() -> None:
    assert model(ALL).graph_sizes == ()
    assert model(FEW).graph_sizes == (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)  # gpt-oss records up to 1024
    (said,) = [each for each in model(FEW).reasons if "CUDA graphs for batches of" in each]
    assert "fewer tokens per second (an estimate)" in said


def test_the_price_is_that_of_the_batch_with_the_longest_padding() -> None:
    steps = model(FEW).throughput.steps
    assert steps is not None
    assert 0 < slower(256, steps, MEAN_REQUEST) < 0.5
    assert slower(8, steps, MEAN_REQUEST) == 0  # vLLM's choice pads these up to 8 too


def test_the_remedy_is_offered_and_keeps_its_word() -> None:
    (found,) = [each for each in ALL.remedies["oss"] if each.name == "fewer CUDA graphs"]
    assert found.write == "models.oss.cudaGraphs: few"
    saved = model(ALL).cold_start.seconds - model(FEW).cold_start.seconds
    assert saved == pytest.approx(found.seconds, abs=1)
    assert found.usd_per_month == FEW.cost.usd_per_month_min - ALL.cost.usd_per_month_min == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"extraArgs": ["--enforce-eager"]}, "extraArgs says which graphs"),
        ({"extraArgs": ["--cudagraph-capture-sizes", "1", "2"]}, "extraArgs says which graphs"),
        ({"speculative": {"method": "ngram", "tokens": 5}}, "multiple of the tokens"),
        ({"engine": "tgi", "acknowledgeMaintenanceMode": True}, "TGI's graphs"),
    ],
    ids=["none", "others", "proposed tokens", "another engine"],
)
def test_what_chooses_the_graphs_too_is_refused_beside_it(more: dict[str, Any], said: str) -> None:
    with pytest.raises(BadStackFile) as refused:
        planned(changed(H100, models={"oss": {**OSS, **more, "cudaGraphs": "few"}}))
    assert [each.path for each in refused.value.mistakes if said in each.got] == ["models.oss.cudaGraphs"]
    if "engine" not in more:
        remedies = planned(changed(H100, models={"oss": {**OSS, **more}})).remedies["oss"]
        assert "fewer CUDA graphs" not in {each.name for each in remedies}
