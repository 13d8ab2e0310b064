"""LoRA adapters: sized, downloaded, found by name; a new one restarts nothing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.engines import ENGINES
from infra.plan.models import ModelPlan
from tests.planning.stacks import DEV, changed, plan

SQL, SUPPORT = {"model": "acme/sql-lora", "rank": 16}, {"model": "acme/support-lora", "revision": "v2"}
VLLM = ENGINES["vllm"]


def served(**adapters: Any) -> ModelPlan:
    return plan(changed(DEV, models__qwen3_8b__adapters=adapters or None)).models["qwen3-8b"]


def flag(model: ModelPlan, name: str) -> str:
    args = VLLM.args(model)
    return args[args.index(name) + 1]


@pytest.mark.parametrize(
    ("ranks", "slots", "rank"),
    [
        ([8], "4", "8"),
        ([16, 64], "4", "64"),
        ([17], "4", "32"),
        ([None], "4", "64"),
        ([8] * 4, "4", "8"),
        ([8] * 5, "8", "8"),
        ([300], "4", "320"),
    ],
)
def test_slots_have_the_highest_rank_and_are_made_in_steps(ranks: list[int | None], slots: str, rank: str) -> None:
    adapters = {f"a{index}": {"model": "acme/x", "rank": each} for index, each in enumerate(ranks)}
    model = served(**adapters)
    assert (flag(model, "--max-loras"), flag(model, "--max-lora-rank")) == (slots, rank)


def test_slots_take_memory_from_the_cache() -> None:
    alone, with_one = served().fit, served(sql=SQL).fit
    assert alone is not None
    assert with_one is not None
    assert [term.name for term in with_one.terms if term not in alone.terms][-2:] == ["CUDA graphs", "adapters"]
    assert (alone.kv_cache_tokens or 0) > (with_one.kv_cache_tokens or 0)


def test_too_high_a_rank_is_refused() -> None:
    result = plan(changed(DEV, models__qwen3_8b__adapters={"sql": {"model": "acme/sql", "rank": 512}}))
    assert [each.path for each in result.violations] == ["models.qwen3-8b.maxModelLen"]


def test_a_new_adapter_leaves_the_server_as_it_is() -> None:
    one, two = served(sql=SQL), served(sql=SQL, tax={**SQL, "model": "acme/tax-lora"})
    assert VLLM.args(one) == VLLM.args(two)
    assert VLLM.env(one) == VLLM.env(two)


def test_the_server_finds_an_adapter_in_the_folder_to_which_it_is_downloaded() -> None:
    model = served(sql=SQL, support=SUPPORT)
    folder = VLLM.env(model)["VLLM_LORA_RESOLVER_CACHE_DIR"]
    fetched = [VLLM.fetch_adapter(model, each) for each in model.adapters]
    assert [each.directory for each in fetched] == [f"{folder}/sql", f"{folder}/support"]
    assert [each.uses_hub_token for each in fetched] == [True, True]
    assert VLLM.args(model)[0] in fetched[0].command, "its configuration has to name the served folder"


def test_without_adapters_nothing_is_loaded_at_run_time() -> None:
    assert not any("LORA" in name for name in VLLM.env(served()))
    assert "--enable-lora" not in VLLM.args(served())


def test_the_claim_has_room_for_adapters() -> None:
    adapters = {f"a{index}": {"model": "acme/x", "rank": 512} for index in range(16)}
    stack = changed(DEV, cache={"kind": "ebs"})
    stack["models"]["qwen3-8b"]["adapters"] = adapters
    assert plan(stack).cache.size_gib > plan(changed(DEV, cache={"kind": "ebs"})).cache.size_gib


def test_what_is_assumed_and_open_is_said() -> None:
    result = plan(changed(DEV, models__qwen3_8b__adapters={"sql": SQL, "support": SUPPORT}))
    said = {each.path: each.message for each in (*result.assumptions, *result.warnings)}
    assert said["models.qwen3-8b.adapters.sql.revision"].startswith("none is given: main of acme/sql-lora can move")
    assumed = [each.message for each in result.assumptions if each.path == "models.qwen3-8b.adapters"]
    assert assumed[0].startswith("support: a rank of at most 64, as none is given")


def test_nobody_is_warned_of_a_path_that_the_gateway_does_not_pass_on() -> None:
    """The engine loads adapters at run time, which only whoever has its own key could ask for: the gateway alone."""
    result = plan(changed(DEV, models__qwen3_8b__adapters={"sql": {**SQL, "revision": "0" * 40}}))
    assert not [each for each in result.warnings if "adapters" in each.path or "adapters" in each.message]


HUB = """
import json, os
from pathlib import Path
def snapshot_download(repository, revision, local_dir, allow_patterns):
    Path(local_dir).mkdir(parents=True)
    text = os.environ["CONFIG"]
    if text:
        Path(local_dir, "adapter_config.json").write_text(text)
"""


def download(tmp_path: Path, config: dict[str, Any] | None) -> tuple[int, str, Path]:
    """Runs the Job's command beside a hub that has this adapter."""
    (tmp_path / "huggingface_hub.py").write_text(HUB)
    model, folder = served(sql=SQL), tmp_path / "sql"
    fetch = VLLM.fetch_adapter(model, model.adapters[0])
    words = [str(folder) if word == fetch.directory else word for word in fetch.command[1:]]
    environment = {"PYTHONPATH": str(tmp_path), "CONFIG": json.dumps(config) if config else ""}
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr, folder / "adapter_config.json"


@pytest.mark.programs
def test_the_download_names_the_model_as_the_server_does(tmp_path: Path) -> None:
    """The resolver serves an adapter whose base_model_name_or_path is the server's own first argument."""
    code, _, written = download(tmp_path, {"peft_type": "LORA", "r": 16, "base_model_name_or_path": "Qwen/Qwen3-8B"})
    assert code == 0
    assert json.loads(written.read_text())["base_model_name_or_path"] == VLLM.args(served(sql=SQL))[0]


@pytest.mark.programs
@pytest.mark.parametrize(
    ("config", "says"),
    [
        (None, "acme/sql-lora has no adapter_config.json: it is no LoRA adapter"),
        ({"peft_type": "IA3"}, "acme/sql-lora is an adapter of type IA3: only LORA is served"),
        ({"peft_type": "LORA", "r": 32}, "acme/sql-lora has rank 32: write rank: 32"),
        ({"peft_type": "LORA", "r": 8, "rank_pattern": {"q_proj": 128}}, "acme/sql-lora has rank 128: write rank: 128"),
    ],
)
def test_what_the_server_would_refuse_stops_the_download(
    tmp_path: Path, config: dict[str, Any] | None, says: str
) -> None:
    code, error, _ = download(tmp_path, config)
    assert code == 1
    assert error.strip() == says
