"""A plan takes a model's facts from the lock beside its stack file first, and pins the commit that was read."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.cli.as_json import document
from infra.cli.diff.verdict import headline
from infra.cli.document.marked import markdown
from infra.diff.difference import compare
from infra.models.config import shape_of_config
from infra.models.lock import NAME, lock_text
from infra.models.task import Beside
from infra.offline import plan_offline
from infra.settings.document import read_document
from infra.sides.types import Side
from tests.cli.running import plan, run, write_stack
from tests.example_stacks import text
from tests.models.families import read

MODEL, COMMIT, OTHER = "acme/support-8b", "4f2c9d1" + "0" * 33, "9f" * 20
LLAMA = dataclasses.replace(
    shape_of_config(MODEL, read("meta-llama/Llama-3.1-8B"), Beside(), "https://hub.example.com/acme/support-8b").shape,
    weights_gib=14.96,
    gated=False,
    private=True,
    revision=COMMIT,
)
STACK = """
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: {version: "1.35", zones: 2}}
    gpuPools: {l40s: {instanceTypes: [g6e.xlarge]}}
    models: {support: {model: acme/support-8b, maxModelLen: 8192REVISION}}
"""


def stack(folder: Path, revision: str = "", **changes: Any) -> Path:
    (folder / NAME).write_text(lock_text({MODEL: dataclasses.replace(LLAMA, **changes)}), encoding="utf-8")
    asked = f", revision: {revision}" if revision else ""
    return write_stack(folder, STACK.replace("REVISION", asked))


def planned(path: Path) -> Mapping[str, Any]:
    return document(plan_offline(path))


def said(document: Mapping[str, Any], kind: str) -> str:
    return "\n".join(f"{each['path']}: {each['message']}" for each in document[kind])


def test_an_unknown_model_names_the_one_command(tmp_path: Path) -> None:
    write_stack(tmp_path, STACK.replace("REVISION", ""))
    refused = plan("dev", stacks=tmp_path)
    assert refused.exit_code == 2
    assert f"llm-platform model add {MODEL}" in " ".join(refused.stderr.split())
    for_fit = run("fit", MODEL, "--stacks", str(tmp_path))
    assert f"llm-platform model add {MODEL}" in " ".join(for_fit.stderr.split())


def test_the_lock_makes_it_known_and_its_commit_is_served(tmp_path: Path) -> None:
    found = planned(stack(tmp_path))
    model = found["models"]["support"]
    assert (model["revision"], model["dtype"], model["weights_on_disk_gib"]) == (COMMIT, "bf16", 14.96)
    assert found["chosen"]["models.support.revision"]["value"] == COMMIT
    jobs = [each for each in found["resources"] if each["type"] == "kubernetes:batch/v1:Job"]
    assert COMMIT in json.dumps(jobs)
    assert "support.revision" not in said(found, "warnings")


def test_a_private_repository_asks_for_the_token(tmp_path: Path) -> None:
    assert "huggingFaceToken" in said(planned(stack(tmp_path)), "to_do")
    assert "huggingFaceToken" not in said(planned(stack(tmp_path, private=False)), "to_do")


def test_a_revision_of_the_stack_file_counts_and_what_was_sized_is_said(tmp_path: Path) -> None:
    found = planned(stack(tmp_path, revision=OTHER))
    assert found["models"]["support"]["revision"] == OTHER
    assert f"llm-platform model add {MODEL}@{OTHER}" in said(found, "assumptions")
    assert "models.lock" not in said(planned(stack(tmp_path, revision=COMMIT)), "assumptions")


def test_an_estimated_size_is_said(tmp_path: Path) -> None:
    assert "is an estimate from its config.json" in said(
        planned(stack(tmp_path, weights_estimated=True)), "assumptions"
    )
    assert "config.json" not in said(planned(stack(tmp_path)), "assumptions")


def test_the_lock_comes_before_the_catalogue(tmp_path: Path) -> None:
    own = dataclasses.replace(LLAMA, id="Qwen/Qwen3-8B", max_context=1234, source="its own files")
    (tmp_path / NAME).write_text(lock_text({"Qwen/Qwen3-8B": own}), encoding="utf-8")
    path = write_stack(tmp_path, STACK.replace(MODEL, "Qwen/Qwen3-8B").replace(", maxModelLen: 8192REVISION", ""))
    assert planned(path)["models"]["support"]["max_model_len"] == 1234


def test_pin_writes_the_commit_into_the_stack_file(tmp_path: Path) -> None:
    path = stack(tmp_path)
    assert plan("dev", "--pin", stacks=tmp_path).exit_code == 0
    assert COMMIT in path.read_text(encoding="utf-8")


def test_the_plan_shows_repository_commit_and_dtype(tmp_path: Path) -> None:
    stack(tmp_path)
    shown = plan("dev", stacks=tmp_path).stdout
    row = next(line for line in shown.splitlines() if "acme/support-8b" in line and "4f2c9d1" in line)
    assert "bf16, vllm" in row


@pytest.mark.parametrize("changes", [{"revision": OTHER}, {"revision": OTHER, "dtype": "fp8", "weights_gib": 8.0}])
def test_other_weights_under_the_same_name_are_named_in_the_diff(tmp_path: Path, changes: Mapping[str, Any]) -> None:
    old, new = side(stack(tmp_path)), side(stack(tmp_path, **changes))
    said = [text for each in compare("dev", old, new).notices for text in (each.during, *each.afterwards)]
    assert f"other weights: {OTHER[:12]}, was {COMMIT[:12]}" in said
    assert "other weights answer as `support`" in markdown(headline(compare("dev", old, new)))


def side(path: Path) -> Side:
    content = path.read_text(encoding="utf-8")
    return Side(planned(path), dict(read_document(content).config or {}))


def test_fit_takes_the_lock_too(tmp_path: Path) -> None:
    stack(tmp_path)
    answer = json.loads(run("fit", MODEL, "--gpu", "L40S", "--stacks", str(tmp_path), "--format", "json").stdout)
    known = json.loads(run("fit", "meta-llama/Llama-3.1-8B-Instruct", "--gpu", "L40S", "--format", "json").stdout)
    assert answer["kv_cache_tokens"] == known["kv_cache_tokens"]


@pytest.mark.parametrize(
    ("sizes", "promised"),
    [
        (None, None),
        ([], {"min": 1, "max": 4096, "only": None}),
        ([256, 1024], {"min": 256, "max": 1024, "only": [256, 1024]}),
    ],
)
def test_the_outputs_say_the_sizes_of_vectors_that_the_lock_names(
    sizes: list[int] | None, promised: object, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {} if sizes is None else {"vector_sizes": sizes}
    found = planned(stack(tmp_path, modality="embedding", **changes))
    assert found["outputs"]["models"]["support"]["dimensions"] == promised


def test_a_stack_without_a_lock_plans_as_before(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(lock_text({}), encoding="utf-8")
    path = write_stack(tmp_path, text("dev"))
    with_lock = planned(path)
    (tmp_path / NAME).unlink()
    assert with_lock == planned(path)
