"""Replicas that start without a new node, and the remedies that are in use already."""

from typing import Any

import pytest

from infra.cli.as_json import document
from infra.cli.report.cold_start import cold_start_section
from infra.offline import Planned
from infra.plan.money import Cheaper
from infra.planning import Plan
from infra.recording import Recording
from tests.planning.stacks import CATALOG, DEV, SHARED, changed, plan
from tests.planning.test_schedule import OFFICE

FOUR = {"l4": {"instanceTypes": ["g6.12xlarge"], "max": 3}}
ONE = {"l4": {"instanceTypes": ["g6.xlarge"], "max": 4}}
SMALL = {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096, "pool": "l4"}


def planned(pools: dict[str, Any], low: int, /, *, kept: int, high: int = 9, **more: Any) -> Plan:
    model = {**DEV["models"]["qwen3-8b"], "pool": "l4", "replicas": {"min": low, "max": high}, **more}
    return plan(changed(DEV, gpuPools=pools, gpuPools__l4__min=kept, models={"a": model}))


@pytest.mark.parametrize(
    ("pools", "low", "high", "kept", "replicas", "nodes"),
    [
        (ONE, 1, 4, 2, 1, 1),
        (ONE, 0, 4, 2, 2, 2),
        (ONE, 0, 1, 2, 1, 2),
        (FOUR, 1, 9, 2, 7, 1),
        (FOUR, 1, 3, 0, 2, 0),
        (FOUR, 3, 9, 1, 1, 0),
    ],
    ids=["one spare", "none runs", "no more replicas", "of four GPUs", "free GPUs alone", "the last free GPU"],
)
def test_the_next_replicas_start_on_what_is_there(
    pools: dict[str, Any], low: int, high: int, kept: int, replicas: int, nodes: int
) -> None:
    found = planned(pools, low, kept=kept, high=high)
    spare, start = found.spares["a"], found.models["a"].cold_start
    assert (spare.replicas, spare.nodes) == (replicas, nodes)
    assert spare.seconds == start.seconds - round(start.parts["node"].mid + start.parts["boot"].mid)
    assert "spare GPUs" not in {each.name for each in found.remedies["a"]}


@pytest.mark.parametrize(("kept", "low"), [(0, 1), (1, 1), (0, 0)])
def test_where_the_minimum_takes_all_spare_gpus_are_offered(kept: int, low: int) -> None:
    found = planned(ONE, low, kept=kept, high=3)
    assert found.spares == {}
    (spare,) = [each for each in found.remedies["a"] if each.name == "spare GPUs"]
    assert spare.write == "gpuPools.l4.spare: 1"
    assert planned(ONE, low, kept=low + 1, high=3).spares["a"].nodes == 1


def test_nodes_that_exist_are_launched_for_no_replica_and_a_paused_model_starts_none() -> None:
    assert plan(SHARED).spares == {}
    assert planned(ONE, 1, kept=2, paused=True).spares == {}


def test_the_hours_of_a_schedule_take_it() -> None:
    spare = planned(ONE, 0, kept=1, high=3, schedule=[OFFICE]).spares["a"]
    assert (spare.replicas, spare.replicas_in_hours) == (1, 0)


def test_the_report_says_who_starts_there_how_soon_and_how_many() -> None:
    stack = changed(DEV, gpuPools=FOUR, gpuPools__l4__min=1, models={"a": {**SMALL, "replicas": {"min": 0, "max": 2}}})
    stack["models"]["b"] = {**SMALL, "replicas": {"min": 0, "max": 1}}
    note = cold_start_section(plan(stack)).note.splitlines()
    (line,) = [each for each in note if each.startswith("on ")]
    seconds = plan(stack).spares["a"].seconds
    took = f"{seconds // 60} min {seconds % 60} s"
    where = "on a spare node that gpuPools.l4.min: 1 keeps"
    assert line == f"{where}: the next 2 replicas of a in {took}, or the next replica of b in {took}"
    stack["models"]["a"]["replicas"]["min"] = 1
    (line,) = [each for each in cold_start_section(plan(stack)).note.splitlines() if each.startswith("on ")]
    assert line.startswith("on free GPUs of running nodes of l4: the next replica of a in ")


def test_json_has_it_beside_the_parts_of_a_start() -> None:
    found = (document(Planned(planned(ONE, 1, kept=kept, high=3), Recording([], {}))) for kept in (2, 1))
    spare, none = (each["models"]["a"]["cold_start"]["without_new_node"] for each in found)
    assert spare == {"replicas": 1, "replicas_in_hours": 1, "nodes": 1, "seconds": spare["seconds"]}
    assert none is None


def test_a_move_to_other_nodes_keeps_the_spare_one_and_saves_nothing_by_its_end() -> None:
    """With it, nodes that cost more each looked cheaper, because the new pool kept none."""
    found = planned(ONE, 1, kept=2, high=3, concurrency=4)
    moves = [dict(way.write) for way in found.cheaper["a"] if "gpuPools.l4" in dict(way.write)]
    assert moves, "a way that empties the pool"
    for write in moves:
        pool = write["models.a.pool"]
        assert write[f"gpuPools.{pool}.min"] == 2
        (name,) = write[f"gpuPools.{pool}.instanceTypes"]
        assert _price(name) < _price("g6.xlarge")
    alone = planned(ONE, 1, kept=1, high=3, concurrency=4)
    assert all(f"gpuPools.{write['models.a.pool']}.min" not in write for write in map(_written, alone.cheaper["a"]))


def _price(instance: str) -> float:
    return CATALOG.instances[instance].usd_per_hour or 0.0


def _written(way: Cheaper) -> dict[str, Any]:
    return dict(way.write)
