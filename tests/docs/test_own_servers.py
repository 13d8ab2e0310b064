"""What the page on your own servers says about its stack file is true."""

from pathlib import Path

import pytest

from infra.offline import Planned, plan_offline
from tests.docs.pages import BLOCKS

(FILE,) = [block for block in BLOCKS if block.first_line == "# stacks/Pulumi.own.yaml"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    path: Path = tmp_path_factory.mktemp("own") / "Pulumi.own.yaml"
    path.write_text(FILE.text, encoding="utf-8")
    return plan_offline(path)


def test_its_nodes_are_counted_priced_and_packed(own: Planned) -> None:
    (pool,) = own.plan.pools.values()
    assert pool.own is not None
    assert (pool.max, len(pool.own.nodes)) == (4, 4)
    assert sum(node.free_gpus for node in pool.own.nodes) == 4
    assert own.plan.cost.usd_per_month_max == pytest.approx(4 * 2 * 0.60 * 730)


def test_each_of_its_models_goes_on_or_starts_again_when_a_node_is_lost(own: Planned) -> None:
    (pool,) = own.plan.pools.values()
    assert pool.own is not None
    assert set(pool.own.lose_one) == {"chat", "helper"}
    assert "waits" not in pool.own.lose_one.values()


def test_its_runtime_class_is_on_every_pod_with_gpus(own: Planned) -> None:
    models = {f"{name}-deployment" for name in own.plan.models}
    deployments = [each for each in own.recording.of("kubernetes:apps/v1:Deployment") if each.name in models]
    assert len(deployments) == 2
    for each in deployments:
        assert each.inputs["spec"]["template"]["spec"]["runtimeClassName"] == "nvidia"
    assert not [note for note in (*own.plan.to_do, *own.plan.warnings) if "runtimeClassName" in note.path]
