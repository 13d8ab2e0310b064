"""Which nodes a model gets: the pool it names, the cheapest that serves it, or the cheapest type; and refusals."""

import pytest

from infra.planning import Plan
from tests.planning.stacks import DEV, LOCAL, PROD, SHARED, changed, plan

NO_POOLS = {"cluster": {"create": {"zones": 3}}, "models": {"m": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}}}


def _refusals(result: Plan, rule: str) -> list[tuple[str, str, str]]:
    return [(each.path, each.message, each.fix) for each in result.violations if each.rule == rule]


def test_a_model_runs_on_the_pool_that_it_names() -> None:
    models = plan(PROD).models
    assert {name: (m.pool, m.gpus) for name, m in models.items()} == {
        "llama-8b": ("l4", 1),
        "llama-70b": ("l40s", 4),
        "embed": ("t4", 1),
    }
    assert models["embed"].dtype == "fp16"
    assert models["llama-70b"].usd_per_hour == pytest.approx(10.49264)


def test_without_a_name_it_runs_on_the_cheapest_pool_that_serves_it() -> None:
    model = plan(changed(PROD, models__llama_8b__pool=None)).models["llama-8b"]
    assert model.pool == "l4"  # t4 is cheaper per hour, but too small
    assert "at the lowest price per replica, of 3" in model.reasons[0]


def test_without_pools_it_takes_the_cheapest_type_of_the_zones() -> None:
    result = plan(NO_POOLS)
    assert result.models["m"].pool == "g6-xlarge"
    assert result.pools["g6-xlarge"].instance_types == ("g6.xlarge",)
    assert result.chosen["gpuPools.g6-xlarge.instanceTypes"].value == ["g6.xlarge"]


def test_tensor_parallelism_is_the_smallest_that_holds_the_model() -> None:
    result = plan(
        {
            "cluster": {"create": {}},
            "gpuPools": {"big": {"instanceTypes": ["g6e.48xlarge"]}},
            "models": {"m": {"model": "meta-llama/Llama-3.3-70B-Instruct", "maxModelLen": 8192}},
        }
    )
    assert result.models["m"].gpus == 4  # 131 GiB of weights; 2 x L40S have 89
    assert result.chosen["models.m.gpus"].value == 4


def test_a_context_that_does_not_fit_is_refused_with_three_ways_out() -> None:
    result = plan(changed(DEV, models__qwen3_8b__maxModelLen=40960))
    ((path, message, fix),) = _refusals(result, "Fit")
    assert path == "models.qwen3-8b.maxModelLen"
    assert "1 x 40,960 tokens need 5.6" in message
    assert "models.qwen3-8b.maxModelLen: 33280" in fix
    assert "models.qwen3-8b.quantization: fp8" in fix
    assert "gpuPools.g6e-2xlarge-spot: {capacity: spot, instanceTypes: [g6e.2xlarge]}" in fix
    assert plan(changed(DEV, models__qwen3_8b__maxModelLen=33280)).violations == ()
    fp8 = changed(DEV, models__qwen3_8b__maxModelLen=40960, models__qwen3_8b__quantization="fp8")
    assert plan(fp8).violations == ()


def test_concurrency_is_part_of_what_must_fit() -> None:
    assert plan(changed(DEV, models__qwen3_8b__concurrency=4)).violations == ()
    assert _refusals(plan(changed(DEV, models__qwen3_8b__concurrency=5)), "Fit")


def test_a_quantization_that_the_gpu_cannot_run_is_no_fit() -> None:
    stack = changed(PROD, models__llama_8b__pool="t4", models__llama_8b__quantization="mxfp4")
    ((_, message, _),) = _refusals(plan(stack), "Fit")
    assert "in mxfp4" in message


def test_ollama_without_a_pool_on_an_existing_cluster_runs_on_the_cpu() -> None:
    stack = changed(LOCAL, models__llama_1b__gpus=None)
    result = plan(stack)
    assert (result.models["llama-1b"].gpus, result.models["llama-1b"].pool) == (0, None)
    assert result.chosen["models.llama-1b.gpus"].value == 0
    assert result.pools == {}


def test_nodes_of_others_are_selected_and_tolerated_as_written() -> None:
    pool = plan(SHARED).pools["a10g"]
    assert (pool.existing, pool.instance_types, pool.usd_per_node_hour) == (True, (), None)
    assert pool.selector == {"node.acme.io/pool": "gpu"}
    assert pool.tolerations == ({"key": "nvidia.com/gpu", "operator": "Exists"},)


def test_a_pool_is_only_where_all_its_types_are_offered() -> None:
    zones = ["use1-az1", "use1-az2", "use1-az6"]
    stack = changed(DEV, cluster={"create": {"zones": zones}}, gpuPools__l4__instanceTypes=["g7e.2xlarge"])
    stack["gpuPools"]["l4"]["capacity"] = "on-demand"
    assert plan(stack).pools["l4"].zone_ids == ("use1-az2", "use1-az6")


def test_an_ebs_cache_keeps_everything_in_its_zone() -> None:
    result = plan(changed(DEV, cache={"kind": "ebs"}))
    assert result.cache.zone_id is not None
    assert result.pools["l4"].zone_ids == (result.cache.zone_id,)
    assert result.models["qwen3-8b"].rollout.max_surge == 0  # the volume has one reader


@pytest.mark.parametrize(("context", "seqs"), [(8192, 32), (2048, 64), (33280, 8)])
def test_the_batch_is_what_the_cache_can_serve(context: int, seqs: int) -> None:
    """33,280 tokens with 32 sequences; a request uses an eighth of the context on average."""
    assert plan(changed(DEV, models__qwen3_8b__maxModelLen=context)).models["qwen3-8b"].max_num_seqs == seqs


def test_the_batch_of_the_stack_file_stays() -> None:
    model = plan(changed(DEV, models__qwen3_8b__maxNumSeqs=48)).models["qwen3-8b"]
    assert model.max_num_seqs == 48


def test_the_tokens_of_a_step_are_counted_and_passed() -> None:
    own, more, few = (
        plan(changed(DEV, models__qwen3_8b__maxNumBatchedTokens=tokens)).models["qwen3-8b"]
        for tokens in (None, 8192, 64)
    )
    assert (own.max_num_batched_tokens, more.max_num_batched_tokens, few.max_num_batched_tokens) == (2048, 8192, 64)
    assert (few.max_num_seqs or 0) <= 64, "a step has a token of each request"
    cache = [each.fit.kv_cache_gib.mid for each in (own, more) if each.fit and each.fit.kv_cache_gib]
    assert cache[0] > cache[1], "activations of a larger step take memory from the cache"


def test_too_many_tokens_of_a_step_are_refused_with_those_that_fit() -> None:
    result = plan(changed(DEV, models__qwen3_8b__maxNumBatchedTokens=65536))
    assert [each.path for each in result.violations] == ["models.qwen3-8b.maxModelLen"]
    advised = [advice.text for each in result.violations for advice in each.advice]
    assert any(each.startswith("models.qwen3-8b.maxNumBatchedTokens: 2048") for each in advised), advised


@pytest.mark.parametrize(("concurrency", "parallel"), [(None, 1), (4, 4)])
@pytest.mark.parametrize("gpus", [0, 1])
def test_ollama_answers_the_number_of_requests_that_is_set(gpus: int, concurrency: int | None, parallel: int) -> None:
    stack = changed(DEV, models={"m": {"model": "llama3.2:1b", "engine": "ollama", "gpus": gpus}})
    model = plan(changed(stack, models__m__concurrency=concurrency)).models["m"]
    assert model.max_num_seqs == parallel
    if model.fit is not None:
        assert model.fit.max_concurrency == parallel
        assert (model.fit.kv_cache_tokens or 0) > parallel * model.max_model_len


def test_ollama_keeps_a_whole_context_for_each_request() -> None:
    stack = changed(DEV, models={"m": {"model": "llama3.1:8b", "engine": "ollama", "maxModelLen": 16384}})
    assert plan(changed(stack, models__m__concurrency=8)).violations == ()
    assert _refusals(plan(changed(stack, models__m__concurrency=9)), "Fit")


def test_a_model_that_does_not_fit_stays_on_the_cheapest_type_that_holds_its_weights() -> None:
    result = plan(changed(NO_POOLS, models__m__gpuMemoryUtilization=0.01))
    assert result.models["m"].instance_type == "g6.xlarge"
    ((_, _, fix),) = _refusals(result, "Fit")
    assert "models.m.gpuMemoryUtilization: 0.92" in fix


def test_the_reason_for_a_number_of_gpus_names_the_requests_that_must_fit_at_once() -> None:
    """2 x H100 hold the weights and one request; with 16 of them at once 8 are needed."""
    chat = {"model": "meta-llama/Llama-3.3-70B-Instruct", "maxModelLen": 32768, "concurrency": 16}
    result = plan(changed(DEV, gpuPools={"h100": {"instanceTypes": ["p5.48xlarge"]}}, models={"chat": chat}))
    chosen = result.chosen["models.chat.gpus"]
    assert chosen.value == 8
    assert chosen.reason.endswith("hold 131.7 GiB of weights and 16 x 32,768 tokens of context")


@pytest.mark.parametrize(("key", "held"), [("concurrency", 43), ("maxModelLen", 28160)])
def test_a_smaller_question_has_all_gpus_of_the_node(key: str, held: int) -> None:
    """Two of the eight GPUs hold the weights, and nearly no request."""
    chat = {"model": "meta-llama/Llama-3.3-70B-Instruct", "maxModelLen": 32768, "concurrency": 50}
    stack = changed(DEV, gpuPools={"h100": {"instanceTypes": ["p5.48xlarge"]}}, models={"chat": chat})
    ((_, _, fix),) = _refusals(plan(stack), "Fit")
    assert f"models.chat.{key}: {held} (instead of" in fix
    fixed = plan(changed(stack, **{f"models__chat__{key}": held}))
    assert _refusals(fixed, "Fit") == []
    assert fixed.models["chat"].gpus == 8


def test_a_type_to_add_comes_with_the_key_of_a_model_that_names_its_pool() -> None:
    stack = changed(PROD, models__llama_8b__pool="t4")
    ((_, _, fix),) = _refusals(plan(stack), "Fit")
    pool, _, rest = fix.partition("gpuPools.")[2].partition(".instanceTypes: [")
    assert f"with models.llama-8b.pool: {pool}" in fix
    fixed = changed(stack, models__llama_8b__pool=pool)
    fixed["gpuPools"][pool] = {"instanceTypes": [rest.partition("]")[0]]}
    assert _refusals(plan(fixed), "Fit") == []
