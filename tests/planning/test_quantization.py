"""A quantization that the plan counts is one that the repository holds, or one that the engine's arguments ask for."""

import re
from typing import Any

import pytest

from infra.catalog import AT_LOAD
from infra.catalog.method_names import stored_by_name
from infra.engines import ENGINES
from infra.plan.findings import split
from infra.services.serving.resolve import resolve
from infra.services.serving.served import Served
from infra.settings.mistakes import BadStackFile
from infra.sizing.weights import stored_gib
from infra.stack_file import load_config
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import CATALOG, DEV, changed, plan

DECLARED = {"vllm": "--quantization", "tgi": "--quantize"}


def _load(models: dict[str, Any]) -> Any:
    platform = {"cluster": {"create": {"version": "1.35", "zones": 2}}, "models": models}
    return load_config(stack="dev", platform=platform, region="us-east-1", catalog=CATALOG).settings.models


def _accepted(models: dict[str, Any]) -> list[Served]:
    """The models that the checks of a stack file accept."""
    try:
        _load(models)
    except BadStackFile as bad:
        wrong = {re.split(r"[.[]", each.path)[1] for each in bad.mistakes}
        models = {name: model for name, model in models.items() if name not in wrong}
    loaded = _load(models)
    return [split(resolve(n, each, CATALOG, no_gpu_nodes=False))[0] for n, each in loaded.items()]


@pytest.mark.parametrize("engine", DECLARED)
def test_every_model_in_every_quantization(engine: str) -> None:
    asked = [
        {"model": model, "quantization": method, "engine": engine}
        for model in CATALOG.models
        for method in CATALOG.quantizations
    ]
    if engine == "tgi":
        asked = [{**each, "acknowledgeMaintenanceMode": True} for each in asked]
    served = _accepted({f"m{index}": each for index, each in enumerate(asked)})
    at_load = set(ENGINES[engine].limits.quantizes_at_load)
    assert {each.question.quantization for each in served} & set(AT_LOAD) == at_load
    assert at_load
    for each in served:
        assert each.question.shape is not None
        holds = each.question.shape.dtype == each.question.quantization
        quantization = each.question.quantization
        assert (each.made_at_load == quantization) is not holds, (each.settings.model, quantization)


@pytest.mark.parametrize(
    ("model", "method", "passed"),
    [
        ("mistralai/Mistral-Small-24B-Instruct-2501", "fp8", True),  # its dtype wasn't seen
        ("mistralai/Codestral-22B-v0.1", "fp8", True),
        ("Qwen/Qwen3-32B", "fp8", True),
        ("openai/gpt-oss-20b", "mxfp4", False),
    ],
)
def test_the_server_gets_the_method(model: str, method: str, passed: bool) -> None:
    made = plan(changed(DEV, gpuPools={}, models={"m": {"model": model, "quantization": method, "maxModelLen": 8192}}))
    assert made.models["m"].quantization == (method if passed else None)
    assert made.models["m"].dtype == method


@pytest.mark.parametrize(
    ("fields", "assumed"),
    [
        ({"model": "mistralai/Mistral-Small-24B-Instruct-2501", "quantization": "fp8"}, "which nobody has looked up"),
        ({"model": "acme/own", "like": "Qwen/Qwen3-8B", "quantization": "fp8"}, "acme/own holds weights in fp8"),
        ({"model": "Qwen/Qwen3-8B", "quantization": "fp8"}, None),
        ({"model": "openai/gpt-oss-20b", "quantization": "mxfp4"}, None),
    ],
)
def test_what_nobody_has_seen_of_the_weights_is_an_assumption(fields: dict[str, str], assumed: str | None) -> None:
    made = plan(changed(DEV, gpuPools={}, models={"m": {**fields, "maxModelLen": 8192}}))
    said = [note.message for note in made.assumptions if note.path == "models.m.quantization"]
    assert len(said) == (assumed is not None)
    assert not assumed or assumed in said[0]


@pytest.mark.parametrize(
    ("repository", "methods"),
    [
        ("zai-org/GLM-4.5-Air-FP8", ("fp8",)),
        ("RedHatAI/gemma-4-31B-it-FP8-dynamic", ("fp8",)),
        ("hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", ("awq",)),
        ("Qwen/Qwen3.5-27B-GPTQ-Int4", ("gptq",)),
        ("acme/x-GPTQ-Int8", ("gptq-int8",)),
        ("RedHatAI/Qwen3-8B-quantized.w4a16", ("compressed-tensors-w4a16", "int4", "awq", "gptq")),
        ("nvidia/DeepSeek-V3-FP4", ("nvfp4", "mxfp4")),
        ("nvidia/GLM-5-NVFP4", ("nvfp4",)),
        ("MiniMaxAI/MiniMax-M3-MXFP8", ("mxfp8",)),
        ("RedHatAI/Hy3-NVFP4-FP8", ("nvfp4", "fp8")),
        ("unsloth/Qwen3-8B-bnb-4bit", ("bitsandbytes",)),
        ("acme/Qwen3-8B-GGUF", ()),
        ("acme/hawqeye-fp80", None),
        ("fp8/Qwen3-8B", None),
        ("Qwen/Qwen3-8B", None),
    ],
)
def test_what_a_name_says_of_its_weights(repository: str, methods: tuple[str, ...] | None) -> None:
    said = stored_by_name(repository)
    assert (said[1] if said else None) == methods


def test_the_name_of_each_known_repository_says_how_it_stores_weights() -> None:
    """Else one of them would be asked about with `like`, or taken for another."""
    for (model, method), repository in CATALOG.quantized_repositories.items():
        said = stored_by_name(repository)
        assert said is not None, repository
        assert method in said[1], repository
        assert CATALOG.models[repository].dtype == method
        assert CATALOG.models[repository].layers == CATALOG.models[model].layers


@pytest.mark.parametrize(
    ("model", "dtype"),
    [
        ("Qwen/Qwen3-32B-AWQ", "awq"),
        ("zai-org/GLM-4.5-Air-FP8", "fp8"),
        ("nvidia/Llama-3.3-70B-Instruct-NVFP4", "nvfp4"),
    ],
)
def test_a_repository_of_quantized_weights_can_be_named_by_itself(model: str, dtype: str) -> None:
    made = plan(changed(DEV, gpuPools={}, models={"chat": {"model": model, "maxModelLen": 8192}}))
    base = next(each for (each, _), repository in CATALOG.quantized_repositories.items() if repository == model)
    chat = made.models["chat"]
    assert (chat.dtype, chat.quantization) == (dtype, None)
    assert chat.weights_on_disk_gib < 0.6 * stored_gib(CATALOG.models[base], None, CATALOG, own_repository=True)


FIND = "if huggingface.co/models?search=Codestral-22B-v0.1 has one, a repository of it in awq, which"
AWQ = "models.chat.model: Qwen/Qwen3-32B-AWQ with models.chat.like: Qwen/Qwen3-32B and models.chat.quantization: awq"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"model": "acme/mine", "like": "Qwen/Qwen3-32B", "quantization": "fp8"}, f", or {AWQ}"),
        ({"model": "acme/mine", "like": "Qwen/Qwen3-32B", "maxModelLen": 16384}, ""),
        ({"model": "Qwen/Qwen3-32B", "quantization": "fp8", "maxModelLen": 16384}, ""),
        ({"model": "mistralai/Codestral-22B-v0.1"}, f", or, {FIND} `llm-platform model add` reads"),
        (
            {"model": "mistralai/Codestral-22B-v0.1", "quantization": "fp8"},
            f", or, {FIND} `llm-platform model add` reads, without models.chat.quantization",
        ),
        ({"model": "mistralai/Codestral-22B-v0.1", "maxModelLen": 32768, "concurrency": 8}, ""),
        ({"model": "openai/gpt-oss-120b"}, ""),
    ],
)
def test_a_repository_is_named_only_if_it_fits_and_with_each_key_it_needs(asked: dict[str, Any], said: str) -> None:
    (broken,) = plan(_on_a10g(asked)).violations
    assert broken.fix == f"models.chat.model: a smaller one{said}"


def _on_a10g(model: dict[str, Any]) -> dict[str, Any]:
    pool = {"existing": {"gpu": "A10G", "gpusPerNode": 1, "nodes": 2, "selector": {"gpu": "x"}}}
    chat = {"maxModelLen": 4096, "gpus": 1, **model}
    return changed(DEV, cluster={"existing": {"context": "own"}}, gpuPools={"own": pool}, models={"chat": chat})


def test_a_repository_that_is_named_fits_with_its_keys() -> None:
    keys = dict(each.removeprefix("models.chat.").split(": ") for each in re.split(" with | and ", AWQ))
    assert keys["model"] == "Qwen/Qwen3-32B-AWQ"
    assert not plan(_on_a10g(keys)).violations


def test_own_weights_have_the_fp8_way_too_and_it_says_what_it_takes() -> None:
    """With `like` the engine takes the weights as they are stored."""
    own = {"model": "acme/support-14b", "like": "Qwen/Qwen3-14B", "maxModelLen": 8192, "concurrency": 2, "gpus": 1}
    stack = changed(DEV, gpuPools={"l4": {"instanceTypes": ["g6.xlarge"]}}, models={"chat": own})
    (broken,) = plan(stack).violations
    (way,) = [each for each in broken.advice if dict(each.write).get("models.chat.quantization") == "fp8"]
    assert "the weights of chat have to be stored in fp8 first" in way.text
    assert not outcome(follow(stack, dict(way.write))).violations
    known = plan(changed(stack, models={"chat": {**own, "model": "Qwen/Qwen3-14B", "like": None}})).violations[0]
    assert "models.chat.quantization: fp8" in known.fix
    assert "have to be stored" not in known.fix


def test_a_known_smaller_repository_is_offered_where_its_own_layers_can_be_split_and_holds_when_it_is_written() -> None:
    """Those of the 16-bit model can't: 29,568 / 2 GPUs are no multiple of 128."""
    pool = {"existing": {"gpu": "L40S", "gpusPerNode": 2, "nodes": 2, "selector": {"a": "b"}}}
    name = "Qwen/Qwen2.5-72B-Instruct"
    chat = {"model": name, "quantization": "fp8", "gpus": 2, "maxModelLen": 16384, "concurrency": 4}
    stack = {"cluster": {"existing": {"context": "kube"}}, "gpuPools": {"own": pool}, "models": {"chat": chat}}
    (fit,) = planned(stack).violations
    assert f"models.chat.model: {name}-AWQ with models.chat.like: {name} and models.chat.quantization: awq" in fit.fix
    smaller = {"model": f"{name}-AWQ", "like": name, "quantization": "awq"}
    then = outcome(follow(stack, {f"models.chat.{key}": value for key, value in smaller.items()}))
    assert then.violations == ()
    assert then.models["chat"].fit is not None
    assert then.models["chat"].fit.certain
