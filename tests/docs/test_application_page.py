"""What docs/application.md says about errors matches its own code and the engines."""

import re
from pathlib import Path

import pytest

from infra.engines import ENGINES
from infra.outputs import ModelEndpoint
from tests.components.examples import CHAT

PAGE = (Path(__file__).parents[2] / "docs" / "application.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", PAGE.partition("| you see |")[2], flags=re.MULTILINE)


def test_every_status_that_the_code_asks_again_for_is_explained() -> None:
    (statuses,) = re.findall(r"status_code not in \(([\d, ]+)\)", PAGE)
    explained = {status for seen, _, _ in ROWS for status in re.findall(r"\d{3}", seen)}
    assert set(statuses.split(", ")) <= explained
    assert {"400", "401", "404", "422", "504"} <= explained


def test_a_prompt_that_is_too_long_is_no_error_of_a_model_that_says_so_in_its_outputs() -> None:
    assert "truncates_prompts" in ModelEndpoint.model_fields
    assert [cause for seen, cause, _ in ROWS if seen.startswith("200") and "`truncates_prompts`" in cause]


@pytest.mark.parametrize("path", ["/invocations", "/tokenize", "/score", "/pooling", "/docs"])
def test_paths_that_ask_for_no_key_inside_the_cluster_are_named(path: str) -> None:
    assert f"`{path}`" in PAGE.partition("Inside the cluster the key guards `/v1` alone")[2].partition("\n\n")[0]


def test_a_name_of_the_outputs_is_sent_as_it_is() -> None:
    assert "`NAME:latest`" in PAGE
    assert f"--served-model-name {CHAT.name}" in " ".join(ENGINES["vllm"].args(CHAT))
