"""Existing nodes: replicas are packed onto them, never on more nodes than exist; fixes work; cost is right."""

import re
from typing import Any

import pytest

from infra.cli.report import report
from infra.clouds.existing.own_nodes import Wanted, blocked, losses, pack
from infra.offline import Planned
from infra.plan.pools import OwnNode
from infra.planning import Plan
from infra.planning.advice import as_mapping
from infra.recording import Recording
from tests.planning.following import follow
from tests.planning.stacks import SHARED, changed, plan

OWN: dict[str, Any] = {
    "cluster": {"existing": {"context": "prod"}},
    "gpuPools": {"a100": {"existing": {"gpu": "A100-80", "gpusPerNode": 2, "nodes": 4, "selector": {"gpu": "a100"}}}},
    "models": {
        "chat": {
            "model": "meta-llama/Llama-3.3-70B-Instruct",
            "quantization": "fp8",
            "gpus": 2,
            "maxModelLen": 32768,
            "replicas": {"min": 2, "max": 2},
        },
        "coder": {
            "model": "Qwen/Qwen2.5-Coder-32B-Instruct",
            "gpus": 1,
            "maxModelLen": 32768,
            "replicas": {"min": 1, "max": 2},
        },
        "vision": {
            "model": "Qwen/Qwen2.5-VL-7B-Instruct",
            "gpus": 1,
            "maxModelLen": 16384,
            "replicas": {"min": 2, "max": 2},
        },
        "embed": {"model": "BAAI/bge-m3", "gpus": 1},
    },
    "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "500Gi"},
}
ONE = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "gpus": 1}
TWO = {"model": "Qwen/Qwen3-32B", "maxModelLen": 8192, "gpus": 2}
FITTING = changed(OWN, models__coder__replicas={"min": 1, "max": 1})


def existing(**keys: Any) -> dict[str, Any]:
    return {f"gpuPools__a100__existing__{key}": value for key, value in keys.items()}


def broken(result: Plan) -> list[str]:
    return [violation.rule for violation in result.violations]


def test_four_nodes_are_never_five() -> None:
    result = plan(OWN)
    (refused,) = [each for each in result.violations if each.rule == "GPUs at peak"]
    assert "= 9; pool a100 has 8: 4 nodes of 2 GPUs" in refused.message
    assert result.pools["a100"].max == 4
    assert "nodes" not in refused.fix
    assert refused.fix.startswith("models.coder.replicas.max: 1"), "what keeps every minimum comes first"


def test_each_fix_is_fewer_replicas_or_the_cpu_and_the_plan_holds() -> None:
    (refused,) = [each for each in plan(OWN).violations if each.rule == "GPUs at peak"]
    *fewer, on_cpu = refused.advice
    assert all(".replicas" in path for each in fewer for path, _ in each.write)
    assert len(fewer) == 3
    assert ("models.embed.gpus", 0) in on_cpu.write
    for each in refused.advice:
        assert not broken(plan(follow(OWN, as_mapping(each.write)))), each.text


@pytest.mark.parametrize("nodes", [1, 2, 3])
def test_where_no_one_model_is_enough_the_fix_names_several_or_a_pause(nodes: int) -> None:
    few = changed(OWN, **existing(nodes=nodes))
    (refused,) = [each for each in plan(few).violations if each.rule == "GPUs at peak"]
    followed = plan(_followed(few, refused.fix.split(", or ")[0]))
    assert not broken(followed)
    assert followed.pools["a100"].max == nodes


def test_fixes_are_named_where_the_file_says_its_addons_in_a_word() -> None:
    words = {"nvidiaDevicePlugin": "existing", "keda": "install", "clusterAutoscaler": "disabled"}
    (refused,) = plan({**OWN, "addons": words}).violations
    assert refused.fix.startswith("models.coder.replicas.max: 1")


@pytest.mark.parametrize(("state", "said"), [("install", True), ("existing", False)])
def test_a_second_device_plugin_is_looked_for_before_one_is_installed(state: str, said: bool) -> None:
    notes = [each.message for each in plan({**OWN, "addons": {"nvidiaDevicePlugin": state}}).to_do]
    assert any("get daemonsets -A -o wide` lists an image k8s-device-plugin" in each for each in notes) == said


def _followed(stack: dict[str, Any], fix: str) -> dict[str, Any]:
    """As a person would write it."""
    for change in fix.split(" and "):
        path, _, value = change.partition(": ")
        number = {"true": True}.get(value) or int(value)
        key = path.replace(".", "__")
        stack = changed(stack, **{key: {"min": number, "max": number} if key.endswith("replicas") else number})
    return stack


def test_a_replica_that_no_node_has_room_for_is_refused_though_the_sum_fits() -> None:
    """3 + 3 of 8 GPUs on two nodes of 4 leave one GPU on each: a third of 2 has no node."""
    assert pack([Wanted("a", 3, 2), Wanted("b", 2, 1)], nodes=2, gpus_per_node=4) is None
    assert pack([Wanted("a", 3, 2), Wanted("b", 1, 2)], nodes=2, gpus_per_node=4) is not None


@pytest.mark.parametrize(
    ("wanted", "nodes", "gpus", "holds"),
    [
        ([Wanted("a", 1, 2)], 2, 2, [{"a": 1}, {"a": 1}]),
        ([Wanted("a", 1, 3)], 2, 2, [{"a": 2}, {"a": 1}]),
        ([Wanted("a", 4, 1), Wanted("b", 2, 1), Wanted("c", 1, 1)], 4, 4, [{"a": 1}, {"b": 1, "c": 1}, {}, {}]),
    ],
)
def test_it_packs(wanted: list[Wanted], nodes: int, gpus: int, holds: list[dict[str, int]]) -> None:
    packed = pack(wanted, nodes, gpus)
    assert packed is not None
    assert [dict(node.holds) for node in packed] == holds


def test_what_the_loss_of_one_node_takes() -> None:
    nodes = (OwnNode({"a": 1, "b": 1}, 0), OwnNode({"a": 1}, 1), OwnNode({"c": 1}, 0))
    assert losses(nodes, {"a": 1, "b": 1, "c": 2}) == {"a": "serves", "b": "may_wait", "c": "waits"}
    spare = (*nodes, OwnNode({}, 2), OwnNode({}, 2))
    assert losses(spare, {"a": 1, "b": 1, "c": 2}) == {"a": "serves", "b": "restarts", "c": "restarts"}


@pytest.mark.parametrize(
    ("nodes", "small", "loss"),
    [(4, 1, "restarts"), (4, 2, "may_wait"), (6, 2, "restarts"), (3, 2, "waits")],
    ids=["a node stays empty", "pods of two models are on each", "more nodes than pods", "not even packed"],
)
def test_a_model_restarts_for_certain_only_if_smaller_ones_can_be_spread(nodes: int, small: int, loss: str) -> None:
    """`small`: replicas of each small model. Kubernetes may give each pod another node."""
    wanted = [Wanted("large", 4, 1), Wanted("two", 2, small), Wanted("one", 1, small)]
    packed = pack(wanted, nodes, gpus_per_node=4)
    assert packed is not None
    assert losses(packed, {"large": 4, "two": 2, "one": 1})["large"] == loss


@pytest.mark.parametrize(("small", "certain"), [(1, True), (2, False)])
def test_the_headline_says_that_a_node_with_enough_free_gpus_is_not_certain(small: int, certain: bool) -> None:
    pool = {"existing": {"gpu": "A100-80", "gpusPerNode": 2, "nodes": 3, "selector": {"gpu": "x"}}}
    models = {"big": TWO, "a": ONE | {"replicas": small}, "b": ONE}
    result = plan({**OWN, "gpuPools": {"a100": pool}, "models": models})
    assert not broken(result)
    (ok, *_) = report(Planned(result, Recording([], {}))).verdict
    not_certain = "it isn't certain that Kubernetes finds for big 2 free GPUs of one node of a100; every rule holds"
    assert ok == (("OK", "every model fits, every rule holds") if certain else ("OK, but", not_certain))


@pytest.mark.parametrize(
    ("nodes", "limit", "counted", "loss", "reason"),
    [
        (2, None, "2", "waits", "no GPU of a100 is free"),
        (3, 2, "2 of 3", "may_wait", "no GPU of the 2 nodes of a100 that max counts is free"),
        (3, None, "3", "restarts", None),
        (4, 3, "3 of 4", "restarts", None),
    ],
    ids=["all are full", "one is left to others", "one is free", "one is free and one is left to others"],
)
def test_nodes_are_what_is_there_and_max_is_what_the_plan_counts_on(
    nodes: int, limit: int | None, counted: str, loss: str, reason: str | None
) -> None:
    """Kubernetes knows no `max`: pods of a lost node go to the others too, if nobody else has taken them."""
    pool = {
        "existing": {"gpu": "A100-80", "nodes": nodes, "selector": {"gpu": "x"}},
        **({"max": limit} if limit else {}),
    }
    result = plan({**OWN, "gpuPools": {"a100": pool}, "models": {"a": ONE, "b": ONE}})
    assert not broken(result)
    own = result.pools["a100"].own
    assert own is not None
    assert own.left == nodes - result.pools["a100"].max
    assert dict(own.lose_one) == {"a": loss, "b": loss}
    assert reason is None or reason in result.models["a"].rollout.reason
    sections = {each.title: each for each in report(Planned(result, Recording([], {}))).sections}
    assert sections["POOLS"].rows[0][3] == counted
    assert ("max leaves 1 node" in sections["SERVERS"].note) is (own.left > 0)
    lost = next(row[1] for row in sections["SERVERS"].rows if row[0] == "lose one")
    assert ("also of the nodes that max leaves to others" in lost) is (loss == "may_wait")


@pytest.mark.parametrize(
    ("nodes", "models", "loss", "said"),
    [
        ({"nodes": 1, "gpusPerNode": 2}, {"a": TWO}, "waits", " without a; with its node, until that is back"),
        ({"nodes": 2, "gpusPerNode": 2}, {"a": TWO}, "restarts", " without a"),
        (
            {"nodes": 2, "gpusPerNode": 2},
            {"a": ONE, "b": ONE | {"replicas": 2}},
            "may_wait",
            " without a; with its node, until that is back where others take the free GPUs first",
        ),
    ],
)
def test_the_warning_of_one_replica_says_what_the_loss_of_its_node_takes(
    nodes: dict[str, Any], models: dict[str, Any], loss: str, said: str
) -> None:
    pool = {"existing": {"gpu": "A100-80", "selector": {"gpu": "x"}, **nodes}}
    result = plan({**OWN, "gpuPools": {"a100": pool}, "models": models})
    own = result.pools["a100"].own
    assert own is not None
    assert own.lose_one["a"] == loss
    (warning,) = [note.message for note in result.warnings if note.path == "models.a.replicas.min"]
    assert warning.endswith(said)


def test_a_plan_says_what_stands_where_and_what_goes_on_without_a_node() -> None:
    own = plan(FITTING).pools["a100"].own
    assert own is not None
    assert [dict(node.holds) for node in own.nodes] == [
        {"chat": 1},
        {"chat": 1},
        {"vision": 1, "coder": 1},
        {"vision": 1, "embed": 1},
    ]
    assert own.lose_one == {"chat": "serves", "coder": "waits", "embed": "waits", "vision": "serves"}


@pytest.mark.parametrize(
    ("wanted", "nodes", "gpus_per_node", "waiting"),
    [
        ({"large": (2, 1), "small": (1, 2)}, 2, 2, ["large"]),
        ({"large": (2, 1), "small": (1, 2)}, 3, 2, []),
        ({"chat": (2, 3), "embed": (1, 1), "rerank": (1, 1)}, 2, 4, ["chat"]),
        ({"chat": (2, 1), "code": (2, 1), "think": (2, 1), "embed": (1, 2)}, 2, 4, ["chat", "code", "think"]),
        ({"chat": (2, 1), "code": (2, 1), "embed": (1, 2)}, 2, 4, []),
        ({"huge": (4, 1), "middle": (2, 1), "small": (1, 1)}, 2, 4, ["huge"]),
        ({"huge": (4, 1), "middle": (2, 3), "small": (1, 2)}, 3, 4, ["huge", "middle"]),
        ({"paused": (2, 0), "chat": (2, 1), "small": (1, 2)}, 2, 2, ["chat"]),
    ],
)
def test_models_that_may_find_no_node_are_named(
    wanted: dict[str, tuple[int, int]], nodes: int, gpus_per_node: int, waiting: list[str]
) -> None:
    """Also where other models of the same size, or larger ones, have the nodes."""
    models = [Wanted(name, gpus, replicas) for name, (gpus, replicas) in wanted.items()]
    assert blocked(models, nodes, gpus_per_node) == waiting


def test_different_models_of_one_size_that_may_wait_are_in_the_headline() -> None:
    two = {f"models__{name}": TWO for name in "abc"}
    result = plan(changed(FITTING, models={"embed": ONE, "rerank": ONE}, **existing(gpusPerNode=4, nodes=2), **two))
    (ok, *_) = report(Planned(result, Recording([], {}))).verdict
    said = "it isn't certain that Kubernetes finds for a, b, c 2 free GPUs of one node of a100; every rule holds"
    assert ok == ("OK, but", said)
    assert [note.path for note in result.warnings if note.kind == "no-free-node"] == [f"models.{n}.pool" for n in "abc"]


def test_a_model_alone_in_its_pool_is_refused_and_not_warned_of_others() -> None:
    alone = {**OWN, "models": {"chat": {**OWN["models"]["chat"], "replicas": {"min": 2, "max": 5}}}}
    assert broken(plan(alone)) == ["GPUs at peak"]
    assert not [note for note in plan(alone).warnings if note.kind == "no-free-node"]


def test_nodes_that_exist_cost_what_the_file_says_day_and_night() -> None:
    priced = plan(changed(FITTING, **existing(usdPerGpuHour=1.5)))
    (item,) = priced.cost.items
    assert item.name == "GPU nodes a100"
    assert item.min == item.max == pytest.approx(4 * 2 * 1.5 * 730)
    assert priced.models["chat"].usd_per_hour == pytest.approx(3.0)
    assert priced.models["embed"].usd_per_hour == pytest.approx(1.5)
    assert not plan(FITTING).cost.items
    over = plan(changed(FITTING, **existing(usdPerGpuHour=1.5), budget={"usdPerMonth": 5000}))
    assert broken(over) == ["Budget"]


@pytest.mark.parametrize(
    ("pool", "replicas", "billed", "shown"),
    [
        ({"max": 8}, {"min": 1, "max": 4}, (1, 4), 1),
        ({"max": 8}, {"min": 3, "max": 3}, (3, 3), 3),
        ({"max": 8, "min": 2}, {"min": 1, "max": 1}, (2, 2), 2),
        ({"max": 2}, {"min": 2, "max": 2}, (2, 2), 2),
    ],
    ids=["scaled", "fixed", "with a minimum", "no room for more"],
)
def test_nodes_that_others_add_are_billed_and_shown_as_they_are_needed(
    pool: dict[str, int], replicas: dict[str, int], billed: tuple[int, int], shown: int
) -> None:
    """Each node has one GPU, and each replica one."""
    own = {f"gpuPools__a10g__{key}": value for key, value in pool.items()}
    price = {"gpuPools__a10g__existing__usdPerGpuHour": 2.0}
    priced = plan(changed(SHARED, models__qwen3_8b__replicas=replicas, **own, **price))
    (item,) = [each for each in priced.cost.items if each.name == "GPU nodes a10g"]
    assert (item.min, item.max) == tuple(pytest.approx(nodes * 2.0 * 730) for nodes in billed)
    packed = priced.pools["a10g"].own
    assert packed is not None
    assert len(packed.nodes) == shown


def test_a_node_that_others_add_for_a_rollout_is_billed_for_its_hours() -> None:
    rolling = changed(
        SHARED, gpuPools__a10g__existing__usdPerGpuHour=2.0, models__qwen3_8b__rollout={"strategy": "rolling"}
    )
    priced = plan(rolling)
    (item,) = [each for each in priced.cost.items if each.name == "GPU nodes a10g"]
    assert 4 * 2.0 * 730 < item.max < 5 * 2.0 * 730
    assert "1 node of a10g for" in priced.cost.rollouts


@pytest.mark.parametrize(("price", "budget", "warned"), [(None, True, True), (1.0, True, False), (None, False, False)])
def test_a_budget_of_nodes_without_a_price_is_a_warning(price: float | None, budget: bool, warned: bool) -> None:
    given = existing(usdPerGpuHour=price) if price else {}
    given |= {"budget": {"usdPerMonth": 99999}} if budget else {}
    said = [note.message for note in plan(changed(FITTING, **given)).warnings if note.path == "budget.usdPerMonth"]
    assert bool(said) == warned
    assert all("gpuPools.a100.existing.usdPerGpuHour" in message for message in said)


def test_a_card_that_nobody_knows_is_sized_by_its_memory_and_its_speed_is_not_guessed() -> None:
    card = {"gpu": "RTX-9000", "gpuMemoryGib": 47.0, "nodes": 4, "gpusPerNode": 2, "selector": {"gpu": "x"}}
    model = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}
    result = plan({**OWN, "gpuPools": {"own": {"existing": card}}, "models": {"chat": model}})
    chat = result.models["chat"]
    assert result.pools["own"].gpu == "RTX-9000"
    assert chat.fit is not None
    assert chat.fit.fits
    assert chat.throughput.tokens_per_second is None
    assert "no estimate" in chat.throughput.reason
    assert any(note.path == "gpuPools.own.existing.gpuMemoryGib" for note in result.assumptions)
    del card["gpu"]
    named = plan({**OWN, "gpuPools": {"own": {"existing": card}}, "models": {"chat": model}})
    assert named.pools["own"].gpu == "47 GiB GPU"


def test_a_label_of_nvidia_names_the_card() -> None:
    labelled = changed(FITTING, **existing(gpu="NVIDIA-A100-SXM4-80GB"))
    assert plan(labelled).pools["a100"].gpu == "A100-80"


@pytest.mark.parametrize(
    ("context", "given", "warned", "asked"),
    [
        ("k3s-gpu", None, True, False),
        ("my-RKE2", None, True, False),
        ("prod", None, False, True),
        ("k3s-gpu", "nvidia", False, False),
    ],
)
def test_without_a_runtime_class_the_plan_says_what_happens(
    context: str, given: str | None, warned: bool, asked: bool
) -> None:
    stack = changed(FITTING, cluster={"existing": {"context": context}}, **existing(runtimeClassName=given))
    result = plan(stack)
    path = "gpuPools.a100.existing.runtimeClassName"
    said = [note.message for note in (*result.warnings, *result.to_do) if note.path == path]
    assert any(note.path == path for note in result.warnings) == warned
    assert any(note.path == path for note in result.to_do) == asked
    assert all(re.search("silently serves from the CPU", message) for message in said)
    assert result.pools["a100"].runtime_class == given


def test_eks_needs_no_runtime_class() -> None:
    assert not [note for note in plan(SHARED).to_do if "runtimeClassName" in note.path]


def test_what_scales_goes_where_the_replicas_that_are_left_are_the_minimum() -> None:
    """A stack file that says when another replica starts, and allows none, is refused."""
    scaled = changed(OWN, models__coder__scaling={"requestsPerReplica": 16})
    [refused] = [each for each in plan(scaled).violations if each.rule == "GPUs at peak"]
    assert refused.fix.startswith("models.coder.replicas.max: 1 with models.coder.scaling removed")
    assert not broken(plan(follow(scaled, as_mapping(refused.advice[0].write))))


def test_a_rollout_that_starts_the_new_pod_first_needs_a_free_gpu_too() -> None:
    """If no GPU is free, the old pod stops first, unless the file asks for the other order."""
    asked = changed(FITTING, models__chat__rollout={"strategy": "rolling"})
    (refused,) = [each for each in plan(asked).violations if each.rule == "GPUs at peak"]
    assert "2 for a rollout = 10; pool a100 has 8" in refused.message
    assert refused.fix.startswith("models.chat.rollout: {strategy: recreate}")
    assert not broken(plan(changed(asked, models__chat__rollout={"strategy": "recreate"})))
    assert not broken(plan(_followed(asked, refused.fix.split(", or ")[1])))


@pytest.mark.parametrize(("replicas", "named"), [(1, True), (4, False)])
def test_more_gpus_are_no_way_to_fit_a_model_of_a_pool_that_has_too_few(replicas: int, named: bool) -> None:
    pool = {"existing": {"gpu": "A100-40", "gpusPerNode": 8, "nodes": 1, "selector": {"gpu": "x"}}}
    chat = {"model": "Qwen/Qwen3-32B", "gpus": 2, "maxModelLen": 32768, "concurrency": 4, "replicas": replicas}
    result = plan({**OWN, "gpuPools": {"a100": pool}, "models": {"chat": chat, "embed": ONE}})
    (fit,) = [each for each in result.violations if each.rule == "Fit"]
    assert ("GPUs at peak" in broken(result)) is not named
    assert any(dict(each.write).get("models.chat.quantization") == "fp8" for each in fit.advice)
    assert any("models.chat.gpus" in dict(each.write) for each in fit.advice) is named


def test_where_gpus_are_free_a_rollout_can_start_the_new_pod_first() -> None:
    roomy = changed(FITTING, **existing(nodes=5))
    own = plan(roomy).pools["a100"].own
    assert own is not None
    assert own.could_roll == ("chat", "coder", "embed", "vision")
    assert not [each for each in plan(roomy).models.values() if "may not be free" in each.rollout.reason]
    for name in own.could_roll:
        roomy = changed(roomy, **{f"models__{name}__rollout": {"strategy": "rolling"}})
    assert not broken(plan(roomy))
    full = plan(FITTING).pools["a100"].own
    assert full is not None
    assert full.could_roll == ()


@pytest.mark.parametrize(
    ("nodes", "models", "rolling", "said"),
    [
        ({"nodes": 1, "gpusPerNode": 2}, {"a": ONE}, {"a"}, "node 1 of a100 has 1 GPU free"),
        ({"nodes": 3, "gpusPerNode": 1}, {"a": ONE, "b": ONE}, {"a", "b"}, "node 3 of a100 has 1 GPU free"),
        (
            {"nodes": 2, "gpusPerNode": 1},
            {"a": ONE, "b": ONE},
            set(),
            "because no GPU of a100 is free",
        ),
        (
            {"nodes": 3, "gpusPerNode": 1},
            {"a": ONE | {"replicas": {"min": 1, "max": 3}}},
            set(),
            "with a at 3 replicas no GPU of a100 is free",
        ),
        ({"nodes": 3, "gpusPerNode": 2}, {"a": TWO, "b": ONE}, {"a", "b"}, "has 2 GPUs free"),
        # Room on one node, if Kubernetes doesn't spread b and c over two: the large one isn't sure of it.
        (
            {"nodes": 3, "gpusPerNode": 2},
            {"a": TWO, "b": ONE, "c": ONE},
            {"b", "c"},
            "because it isn't certain that one node of a100 has 2 GPUs free",
        ),
        ({"nodes": 2, "gpusPerNode": 2}, {"a": TWO, "b": ONE}, {"b"}, "because only 1 GPU of a100 is free"),
        (
            {"nodes": 2, "gpusPerNode": 1},
            {"a": ONE, "b": ONE | {"paused": True}},
            {"a"},
            "node 2 of a100 has 1 GPU free",
        ),
        (
            {"nodes": 1, "gpusPerNode": 2},
            {"a": ONE | {"rollout": {"strategy": "recreate"}}},
            set(),
            "as the stack file says",
        ),
    ],
)
def test_the_new_pod_comes_first_where_it_has_room_at_every_time(
    nodes: dict[str, Any], models: dict[str, Any], rolling: set[str], said: str
) -> None:
    """The reason says where; the room that a rollout takes is never more than there is."""
    stack = {**OWN, "gpuPools": {"a100": {"existing": {"gpu": "A100-80", "selector": {"gpu": "x"}, **nodes}}}}
    result = plan({**stack, "models": models})
    assert not broken(result)
    running = {name: each for name, each in result.models.items() if not each.paused}
    assert {name for name, each in running.items() if each.rollout.strategy == "rolling"} == rolling
    assert any(said in each.rollout.reason and each.rollout.reason in each.reasons for each in running.values())
    pool = result.pools["a100"]
    assert pool.surge_gpus == max((result.models[name].gpus for name in rolling), default=0)
    assert pool.peak_gpus + pool.surge_gpus <= pool.max * pool.gpus_per_node


THREE, FOUR_OF_TWO = {"replicas": 3}, {"nodes": 4, "gpusPerNode": 2}
ROLLING = {"rollout": {"strategy": "rolling"}}


@pytest.mark.parametrize(
    ("nodes", "models", "path", "said", "fixes"),
    [
        (
            FOUR_OF_TWO,
            {"big": TWO | ROLLING, "a": ONE | THREE, "b": ONE},
            "existing.nodes",
            "no node has 2 GPUs free for a rollout",
            [
                "models.big.rollout: {strategy: recreate}",
                "models.a.replicas: 2",
                "models.big.gpus: 1 (1 x A100-80; holds 4.9 requests of 8,192 tokens; about 374 tokens per second"
                " instead of 1,129)",
            ],
        ),
        (
            FOUR_OF_TWO,
            {"big": TWO | {"replicas": {"min": 1, "max": 2}}, "a": ONE | THREE, "b": ONE},
            "existing.nodes",
            "no node has 2 GPUs free for another replica of big",
            ["models.big.replicas.max: 1", "models.a.replicas: 2"],
        ),
        (
            {"nodes": 3, "gpusPerNode": 2},
            {"big": TWO | {"replicas": {"min": 1, "max": 2}}, "a": ONE | {"replicas": {"min": 1, "max": 2}}},
            "",
            "",
            [],
        ),
        ({"nodes": 4, "gpusPerNode": 2}, {"big": TWO | ROLLING, "a": ONE | {"replicas": 2}}, "", "", []),
        (
            FOUR_OF_TWO | {"max": 3},
            {"big": TWO | {"replicas": 2}, "a": ONE | THREE},
            "max",
            "pool a100 has 6: 3 nodes of 2 GPUs",
            ["models.a.replicas: 2", "models.big.replicas: 1", "gpuPools.a100.max: 4 (of the 4 nodes that exist)"],
        ),
        (
            FOUR_OF_TWO | {"max": 3, "usdPerGpuHour": 1.0},
            {"big": TWO | {"replicas": 4}},
            "max",
            "pool a100 has 6",
            [
                "models.big.replicas: 3",
                "gpuPools.a100.max: 4 (of the 4 nodes that exist; +$1,460 per month at most and expected)",
            ],
        ),
        (
            FOUR_OF_TWO | {"max": 3},
            {"big": TWO | {"replicas": 5}},
            "max",
            "pool a100 has 6",
            ["models.big.replicas: 3"],
        ),
        (
            {"max": 1, "gpusPerNode": 2},
            {"big": TWO | {"replicas": 2}},
            "max",
            "pool a100 has 2: 1 node",
            [
                "models.big.replicas: 1",
                "models.big.gpus: 1 (1 x A100-80; holds 4.9 requests of 8,192 tokens; about 374 tokens per second"
                " instead of 1,129; if 1 replica on 2 GPUs runs already, first with `models.big.paused: true` too, or"
                " `pulumi up` waits in vain for its GPUs)",
                "gpuPools.a100.max: 2 (if these nodes are added)",
            ],
        ),
    ],
    ids=[
        "a rollout that is asked for",
        "one more by scaling",
        "room beside",
        "room for a rollout",
        "max below the nodes",
        "the price of a node more",
        "not even all nodes",
        "max alone",
    ],
)
def test_no_pod_waits_for_another_that_would_have_to_move(
    nodes: dict[str, Any], models: dict[str, Any], path: str, said: str, fixes: list[str]
) -> None:
    """Refused with the key that limits the pool, and each fix, followed, holds."""
    pool = {key: value for key, value in nodes.items() if key != "max"}
    stack = {**OWN, "gpuPools": {"a100": {"existing": {"gpu": "A100-80", "selector": {"gpu": "x"}, **pool}}}}
    stack["gpuPools"]["a100"] |= {key: value for key, value in nodes.items() if key == "max"}
    stack["models"] = models
    refused = plan(stack).violations
    assert [each.path for each in refused] == ([f"gpuPools.a100.{path}"] if path else [])
    for each in refused:
        assert said in each.message
        assert [advice.text for advice in each.advice] == fixes
        for advice in each.advice:
            assert not broken(plan(follow(stack, as_mapping(advice.write)))), advice.text


def test_a_rollout_that_is_asked_for_and_may_find_no_node_is_a_warning() -> None:
    """a and b fit on one node, but Kubernetes may put them on two nodes."""
    pool = {"existing": {"gpu": "A100-80", "gpusPerNode": 2, "nodes": 3, "selector": {"gpu": "x"}}}
    models = {"big": TWO | ROLLING, "a": ONE, "b": ONE}
    result = plan({**OWN, "gpuPools": {"a100": pool}, "models": models})
    assert not broken(result)
    assert [note.path for note in result.warnings if note.kind == "no-free-node"] == ["models.big.pool"]


def test_max_beside_the_nodes_is_what_a_rollout_may_take() -> None:
    """Three nodes, of which a plan uses two."""
    pool = {"existing": {"gpu": "A100-80", "gpusPerNode": 1, "nodes": 3, "selector": {"gpu": "x"}}}
    models = {"a": ONE, "b": ONE}
    free = plan({**OWN, "gpuPools": {"a100": pool}, "models": models})
    held = plan({**OWN, "gpuPools": {"a100": {**pool, "max": 2}}, "models": models})
    assert [each.rollout.strategy for each in free.models.values()] == ["rolling", "rolling"]
    assert [each.rollout.strategy for each in held.models.values()] == ["recreate", "recreate"]


@pytest.mark.parametrize(
    ("length", "fix", "followed"),
    [
        (8192, "models.chat.gpus: 2", {}),
        (65536, "models.chat.gpus: 2 with models.chat.quantization: fp8", {"quantization": "fp8"}),
    ],
)
def test_more_gpus_than_a_node_has_are_answered_with_as_many_as_are_enough(
    length: int, fix: str, followed: dict[str, Any]
) -> None:
    chat = {"model": "meta-llama/Llama-3.3-70B-Instruct", "gpus": 4, "maxModelLen": length}
    (refused,) = plan({**OWN, "models": {"chat": chat}}).violations
    assert refused.fix == fix  # the message says why
    assert not broken(plan({**OWN, "models": {"chat": chat | {"gpus": 2} | followed}}))


def test_what_is_enough_only_with_another_change_is_named_with_it() -> None:
    """Two GPUs are enough, and then the pool has one replica of another model too many."""
    others = {"a": TWO | {"replicas": 3}, "b": ONE}
    chat = {"model": "meta-llama/Llama-3.3-70B-Instruct", "gpus": 4, "maxModelLen": 8192}
    asked = {**OWN, "models": {"chat": chat} | others}
    (refused,) = plan(asked).violations
    said = (
        "all GPUs of a replica must be on one node, and no node has more than 2, as gpuPools.a100.existing.gpusPerNode"
    )
    assert f"{said} says" in refused.message
    (advice,) = refused.advice
    assert advice.text == "models.chat.gpus: 2 and models.a.replicas: 2 (instead of 3 replicas)"
    assert not broken(plan(follow(asked, as_mapping(advice.write))))


def own_pool(gpu: str, gpus: int) -> dict[str, Any]:
    return {"existing": {"gpu": gpu, "gpusPerNode": gpus, "nodes": 2, "selector": {"gpu": gpu}}}


RACK: dict[str, Any] = {
    **OWN,
    "gpuPools": {"a40": own_pool("A40", 4), "a6000": own_pool("RTX-A6000", 2)},
    "models": {
        "chat": {"model": "Qwen/Qwen3-32B", "quantization": "fp8", "pool": "a40", "gpus": 2, "maxModelLen": 16384},
        "code": {"model": "Qwen/Qwen3-14B", "pool": "a6000", "maxModelLen": 16384},
    },
}


@pytest.mark.parametrize(("name", "requests"), [("chat", 12), ("chat", 11), ("code", 6), ("code", 60)])
def test_advice_is_found_where_several_pools_that_exist_serve_a_model(name: str, requests: int) -> None:
    """12 don't fit; 11 of chat and 6 of code fit, but not for certain. The selectors of these pools have no hash."""
    stack = changed(RACK, **{f"models__{name}__concurrency": requests})
    result = plan(stack)
    found = [*result.violations, *(each for each in result.warnings if each.kind == "not-certain")]
    assert [each.path for each in found] == [f"models.{name}.maxModelLen"]
    assert found[0].advice
    for advice in found[0].advice:
        assert not broken(plan(follow(stack, as_mapping(advice.write)))), advice.text


def test_no_gpu_is_kept_for_the_rollout_of_a_paused_model() -> None:
    """On one node with six free GPUs it isn't said that four of them aren't free."""
    pool = {"h100": {"existing": {"gpu": "H100-80", "gpusPerNode": 8, "nodes": 1, "selector": {"gpu": "h100"}}}}
    large = OWN["models"]["chat"] | {"gpus": 4, "replicas": 1, "paused": True}
    small = {"model": "Qwen/Qwen3-8B", "gpus": 1, "maxModelLen": 8192, "replicas": 2}
    result = plan({**OWN, "gpuPools": pool, "models": {"large": large, "small": small}})
    assert "because no GPU is kept for a paused model: " in result.models["large"].rollout.reason


@pytest.mark.parametrize(
    ("selectors", "warned"),
    [
        (({"role": "chat"}, {"role": "small"}), []),
        (({"role": "chat"}, {"role": "chat"}), ["gpuPools.b.existing.selector"]),
        (({"role": "chat"}, {"role": "chat", "size": "small"}), ["gpuPools.b.existing.selector"]),
        (({"role": "chat", "size": "large"}, {"role": "chat"}), ["gpuPools.a.existing.selector"]),
        (({"role": "chat", "size": "large"}, {"role": "chat", "size": "small"}), []),
        (({"nvidia.com/gpu.present": "true"}, {"role": "small"}), ["gpuPools.b.existing.selector"]),
        (({"kubernetes.io/os": "linux"}, {"nvidia.com/gpu.present": "true"}), ["gpuPools.b.existing.selector"]),
    ],
)
def test_nodes_that_two_pools_select_are_warned_of(selectors: tuple[Any, Any], warned: list[str]) -> None:
    nodes = {"gpu": "A100-80", "gpusPerNode": 2, "nodes": 4}
    pools = {name: {"existing": {**nodes, "selector": each}} for name, each in zip("ab", selectors, strict=True)}
    model = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "pool": "a"}
    found = plan(changed(OWN, gpuPools=pools, models={"chat": model, "other": {**model, "pool": "b"}}))
    said = [each.path for each in found.warnings if "has the labels of" in each.message]
    assert said == warned


def test_a_model_that_needs_all_gpus_is_not_paused_so_that_it_fits() -> None:
    """The models beside it make room: by the CPU, where they can be served there."""
    gone = ("models.coder", "models.vision", "models.chat.quantization")
    box = follow(OWN, {**dict.fromkeys(gone), "models.chat.gpus": 1, "models.chat.replicas": 1})
    box = changed(box, **existing(nodes=1))
    [refused] = plan(box).violations
    assert refused.rule == "Fit"
    written = [as_mapping(each.write) for each in refused.advice]
    assert not any("models.chat.paused" in each for each in written)
    [room] = [each for each in written if each.get("models.chat.gpus") == 2]
    assert room["models.embed.gpus"] == 0
    assert not broken(plan(follow(box, room)))
