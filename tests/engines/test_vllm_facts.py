"""What vLLM says of itself is that of the pinned version, and the program uses nothing that it doesn't have."""

import re

import pytest

from infra.catalog import load_catalog
from infra.catalog.load import DATA
from infra.engines import ENGINES
from infra.engines.vllm.facts import FOLDER, TABLES, facts
from infra.engines.vllm.flags import GONE, REFUSED
from infra.engines.vllm.versions import PINNED
from tests.components.examples import CHAT

VERSION = load_catalog().engines["vllm"].version


@pytest.mark.parametrize("name", [*(f"{table}.csv" for table in TABLES), "build.toml"])
def test_each_file_is_of_the_pinned_version(name: str) -> None:
    """A new pin asks for `make engine-facts`."""
    assert f"vllm {VERSION}" in (DATA / FOLDER / name).read_text(encoding="utf-8").lower()


def test_the_memory_model_takes_the_pinned_version() -> None:
    assert ".".join(map(str, PINNED)) == VERSION


def test_facts_that_others_can_look_up() -> None:
    """Of vLLM 0.32.0, read in its sources."""
    known = facts()
    assert known.architectures["Qwen3ForCausalLM"].kind == "generate"
    assert known.architectures["BertModel"].pooling == "CLS"
    assert known.architectures["MllamaForConditionalGeneration"].last_version == "0.10.2"
    assert known.architectures["BartModel"].plugin == "https://github.com/vllm-project/bart-plugin"
    assert known.methods["mxfp4"].min_compute_capability == 8.0
    assert "bitsandbytes" not in known.methods
    assert {"gemma2", "gemma3", "gemma3_text", "glm4"} == set(known.fp16_refused)
    assert "qwen3" in known.parsers["reasoning"]
    assert known.metrics["vllm:time_to_first_token_seconds"].unit == "seconds"
    assert known.metrics["vllm:request_success_total"].labels == {"model_name", "engine", "finished_reason"}
    assert known.build.cuda.startswith("13.")


def test_each_flag_that_has_no_place_in_extra_args_is_one_of_its_flags() -> None:
    known = {flag.name for flag in facts().flags.values()} | {"--help"}
    assert set(REFUSED) - known == set()
    assert not set(GONE) & known


def test_the_variables_of_its_container_are_ones_that_it_reads() -> None:
    engine = ENGINES["vllm"]
    names = {engine.keep_alive_env, *engine.env(CHAT)}
    own = {name for name in names if name and name.startswith("VLLM_")}
    assert own
    assert own - facts().environment == set()


def test_each_metric_that_a_scaler_asks_for_is_one_of_its_gauges() -> None:
    found = [re.search(r"(vllm:\w+)\{([^}]*)\}", query.promql) for query in ENGINES["vllm"].queries("llm", "chat")]
    assert found
    for query in found:
        assert query is not None
        metric = facts().metrics[query[1]]
        assert metric.kind == "gauge"
        assert set(re.findall(r"(\w+)=", query[2])) - {"namespace", "service"} <= metric.labels
