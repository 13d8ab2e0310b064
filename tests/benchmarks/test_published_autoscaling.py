"""Simulated runs of an autoscaler are close to published ones, and the page says how close."""

import pytest

from benchmarks.autoscaling import RUNS, Published, simulated
from infra.project import PROJECT

_PAGE = (PROJECT / "docs" / "simulate.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("published", RUNS, ids=lambda each: each.name)
def test_replicas_and_first_tokens_are_as_close_as_the_page_says(published: Published) -> None:
    found, said = simulated(published), published.figures
    assert found.replicas == pytest.approx(said.replicas, rel=0.1)
    assert found.first_token == pytest.approx(said.first_token, rel=0.1)
    assert found.per_token == pytest.approx(said.per_token, rel=0.4)
    assert f"{found.first_token:.0f} s, {said.first_token:.0f} s" in _PAGE
    assert f"{found.per_token * 1000:.0f} ms, {said.per_token * 1000:.0f} ms" in _PAGE
