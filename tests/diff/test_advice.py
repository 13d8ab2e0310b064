"""The advice for a guarded change works: if it is followed, nothing is guarded any more and no new rule is broken."""

import json
import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.cli.diff.verdict import headline
from infra.diff.advice import advice
from infra.diff.difference import Difference, compare
from infra.diff.guard import serving
from infra.sides.types import Side
from tests.diff.changes import CHANGES
from tests.diff.stacks import PLATFORM, STACKS, base, edited, side

EXTRA: dict[str, tuple[str, dict[str, Any]]] = {
    "a pool of a model that goes too": ("cloud", {"gpuPools.l40s": None, "models.code": None}),
    "a pool of a model that moves": (
        "cloud",
        {"gpuPools.l40s": None, "models.code.pool": "l4", "models.code.quantization": "fp8"},
    ),
    "a pool of a model that is paused": ("cloud", {"gpuPools.l4.capacity": "spot", "models.chat.paused": True}),
    "a smaller type": ("cloud", {"gpuPools.l4.instanceTypes": ["g6.xlarge"], "gpuPools.l4.min": 1}),
    "a list of capacity": ("cloud", {"gpuPools.l4.capacity": ["spot", "on-demand"]}),
    "a smaller type on spot": ("cloud", {"gpuPools.l4": {"instanceTypes": ["g6.xlarge"], "capacity": "spot"}}),
}
EDITS = {
    **{name: (case.stack, dict(case.edit)) for name, case in CHANGES.items() if case.guarded},
    **EXTRA,
}


def difference(stack: str, edit: dict[str, Any]) -> Difference:
    return compare(stack, base(stack), side(stack, edited(stack, edit)))


def ways(found: Difference) -> list[str]:
    return advice(found.old, found.new, found.refused, found.notices)


def read(text: str) -> Any:
    return YAML(typ="safe").load(text)


def allowed(texts: list[str]) -> dict[str, list[str]]:
    """What the sentences say to write under `allow`, all of them together."""
    found: dict[str, set[str]] = {}
    for text in re.findall(r"`(allow: [^`]+)`", " ".join(texts)):
        for act, names in read(text)["allow"].items():
            found.setdefault(act, set()).update(names)
    return {act: sorted(names) for act, names in found.items()}


@pytest.mark.searches
@pytest.mark.parametrize("name", EDITS)
def test_what_it_says_to_write_lets_the_change_through(name: str) -> None:
    stack, edit = EDITS[name]
    found = difference(stack, edit)
    texts = ways(found)
    assert texts
    beside = [text for text in texts if "add a pool beside it" in text]
    if not beside:
        again = difference(stack, {**edit, "allow": allowed(texts)})
        assert again.refused == []


@pytest.mark.parametrize("name", EDITS)
def test_it_moves_no_model_that_the_change_removes(name: str) -> None:
    found = difference(*EDITS[name])
    gone = found.old.models.keys() - found.new.models.keys()
    assert [text for text in ways(found) for model in gone if f"`{model}`" in text or f".{model}." in text] == []


POOL = re.compile(r"`([\w-]+: \{instanceTypes[^`]+)`")


def beside_the_old(text: str) -> dict[str, Any]:
    """What the sentence says to write while both pools exist."""
    pools = read(POOL.findall(text)[0])
    moves = dict(re.findall(r"`models\.([\w.-]+)\.pool: ([\w-]+)`", text))
    sizes = dict(re.findall(r"`gpuPools\.([\w-]+)\.max: (\d+)`", text))
    rolling = re.findall(r"`(models\.[\w-]+\.rollout\.strategy): rolling`", text)
    return {
        **dict.fromkeys(rolling, "rolling"),
        **{f"gpuPools.{name}": pool for name, pool in pools.items()},
        **{f"models.{model}.pool": to for model, to in moves.items()},
        **{f"gpuPools.{name}.max": int(nodes) for name, nodes in sizes.items()},
    }


BESIDE = ("a smaller type", "a smaller type on spot", "spot", "a list of capacity")


@pytest.mark.parametrize("name", BESIDE)
def test_a_pool_beside_the_old_one_plans_and_guards_nothing(name: str) -> None:
    stack, edit = EDITS[name]
    (text,) = ways(difference(stack, edit))
    first = beside_the_old(text)
    added = difference(stack, first)
    assert (added.refused, added.new.plan["violations"]) == ([], [])
    (new,) = added.new.pools.keys() - added.old.pools.keys()
    assert added.new.pools[new]["capacity"] == difference(stack, edit).new.pools["l4"]["capacity"]
    second = compare(stack, added.new, side(stack, edited(stack, {**first, "gpuPools.l4": None})))
    assert second.refused == []  # no model is on it any more


RECREATE = {"models.code.rollout.strategy": "recreate"}


@pytest.mark.parametrize(("max_", "helps"), [(None, True), (1, False)])
def test_no_gap_is_promised_where_the_rollout_stops_the_old_pod_first(max_: int | None, helps: bool) -> None:
    """A pool of one node can't hold the new pod of a rolling update beside an old one."""
    there = {**RECREATE, **({"gpuPools.l40s.max": max_} if max_ else {})}
    old, new = (side("cloud", edited("cloud", {**there, **more})) for more in ({}, {"gpuPools.l40s.capacity": "spot"}))
    (text,) = ways(compare("cloud", old, new))
    assert text.startswith("Without a gap") == helps
    if not helps:
        assert "would not help, because a rollout of `code` stops the old pod first: `allow: {replace: [l40s]}`" in text
        return
    assert "`models.code.rollout.strategy: rolling` for this change" in text
    added = compare("cloud", old, side("cloud", edited("cloud", {**there, **beside_the_old(text)})))
    assert [each.seconds for each in added.notices if each.model == "code"] == [None]


# chat has up to three replicas on nodes with one GPU; a fourth node is there for a rollout alone.
@pytest.mark.parametrize(("written", "kept"), [(None, 3), (6, 5), (4, 3)])
def test_the_old_pool_keeps_the_nodes_of_its_replicas_until_they_are_empty(written: int | None, kept: int) -> None:
    """For a pool without a model the program would choose a maximum of one node, and three may still run. The node of a
    rollout would be billed for the whole month."""
    edit = {"gpuPools.l4.max": written} if written else {}
    old = side("cloud", edited("cloud", edit))
    changed = side("cloud", edited("cloud", {**edit, "gpuPools.l4.capacity": "spot"}))
    (text,) = ways(compare("cloud", old, changed))
    first = beside_the_old(text)
    assert first["gpuPools.l4.max"] == kept
    both = side("cloud", edited("cloud", {**edit, **first}))
    assert both.pools["l4"]["max"] == kept
    before, after = (_most(each, "GPU nodes l4") for each in (old, both))
    assert before - MOST_OF_A_ROLLOUT <= after <= before


SPOT_NODES, SMALLER = {"gpuPools.l40s.capacity": "spot"}, {"gpuPools.l40s.instanceTypes": ["g6e.xlarge"]}
STEPS = {"gpuPools.l40s.capacity": ["spot", "on-demand"]}
# One replica needs a node, and its rollout a second one, which is in the other zone. Each step's groups may have max.
GROUPS: dict[str, tuple[dict[str, Any], dict[str, Any], int | None]] = {
    "the program's max": ({"gpuPools.l40s.nodeGroups": "perZone"}, SPOT_NODES, 2),
    "the stack file's max": ({"gpuPools.l40s.nodeGroups": "perZone", "gpuPools.l40s.max": 3}, SPOT_NODES, None),
    "steps": ({**STEPS, "gpuPools.l40s.max": 4}, SMALLER, 3),
}


@pytest.mark.parametrize("name", GROUPS)
def test_the_old_pool_keeps_each_of_its_node_groups_until_they_are_empty(name: str) -> None:
    written, edit, kept = GROUPS[name]
    there = {**written, "budget.usdPerMonth": 6000}
    old, new = (side("cloud", edited("cloud", {**there, **more})) for more in ({}, edit))
    (text,) = ways(compare("cloud", old, new))
    first = beside_the_old(text)
    assert first.get("gpuPools.l40s.max") == kept
    (usd,) = re.findall(r"`budget\.usdPerMonth: (\d+)`", text)
    both = side("cloud", edited("cloud", {**there, **first, "budget.usdPerMonth": int(usd)}))
    assert (compare("cloud", old, both).refused, both.plan["violations"]) == ([], [])
    assert len(_groups(old)) > 1
    assert _groups(old) <= _groups(both)


def _groups(of: Side) -> set[str]:
    return {each["urn"] for each in of.resources if "::l40s-nodes-" in each["urn"]}


MOST_OF_A_ROLLOUT = 50  # dollars per month


def _most(found: Side, item: str) -> float:
    return next(each["max"] for each in found.plan["cost"]["items"] if each["name"] == item)


@pytest.mark.parametrize(("of", "most"), [("max", 61000), ("expected", 14100)])
def test_the_budget_for_the_time_of_both_pools_is_the_smallest_round_one(of: str, most: int) -> None:
    """A p5en.48xlarge costs $46,206 per month, and $13,428 on spot: the bill has each once, and none for a rollout."""
    there = {
        "gpuPools.l40s.instanceTypes": ["p5en.48xlarge"],
        "models.code": {"model": "meta-llama/Llama-3.3-70B-Instruct", "pool": "l40s", "gpus": 8},
        "models.chat.replicas": 1,
        "budget": {"usdPerMonth": 1000, "of": of},
    }
    old, new = (side("cloud", edited("cloud", {**there, **more})) for more in ({}, {"gpuPools.l40s.capacity": "spot"}))
    (text,) = ways(compare("cloud", old, new))
    (needed,) = (int(usd) for usd in re.findall(r"`budget\.usdPerMonth: (\d+)`", text))
    first = {**there, **beside_the_old(text)}
    bill = side("cloud", edited("cloud", first)).plan["cost"][f"usd_per_month_{of}"]
    assert bill <= needed < bill + 100
    assert needed < most


UNPINNED: dict[str, Any] = {"gpuPools": None, "models.code": None, "models.chat.pool": None}
SPOT = {"instanceTypes": ["g6.xlarge"], "capacity": "spot"}
PINNED = {"gpuPools": {"g6-xlarge": SPOT}, "models.code": None, "models.chat.pool": "g6-xlarge"}


@pytest.mark.parametrize(("before", "after", "capacity"), [(PINNED, UNPINNED, "on-demand"), (UNPINNED, PINNED, "spot")])
def test_a_pool_that_only_one_side_writes_is_written_for_the_time_of_both(
    before: dict[str, Any], after: dict[str, Any], capacity: str
) -> None:
    """On the other side the program chooses a pool of the same name."""
    old, new = (side("cloud", edited("cloud", each)) for each in (before, after))
    assert old.pools.keys() == new.pools.keys() == {"g6-xlarge"}
    (text,) = ways(compare("cloud", old, new))
    pools = {name: pool for found in POOL.findall(text) for name, pool in read(found).items()}
    first = {
        "gpuPools": {"g6-xlarge": {**SPOT}, **pools},
        "models.code": None,
        "models.chat.pool": "g6-xlarge-1",
        **{path: each for path, each in beside_the_old(text).items() if path.endswith(".max")},
    }
    both = compare("cloud", old, side("cloud", edited("cloud", first)))
    assert (both.refused, both.new.plan["violations"]) == ([], [])
    assert both.new.models["chat"]["pool"] == "g6-xlarge-1"
    assert both.new.pools["g6-xlarge-1"]["capacity"] == capacity


def _group(found: Difference) -> list[str]:
    return [path for urn, changes in found.resources.changed.items() if urn.endswith("::l4-nodes") for path in changes]


@pytest.mark.parametrize(("usd", "needs"), [(20000, False), (3600, True)])
def test_the_bill_with_both_pools_is_said_and_what_the_budget_needs_for_it(usd: int, needs: bool) -> None:
    stack, edit = EDITS["spot"]
    (text,) = ways(difference(stack, {**edit, "budget.usdPerMonth": usd}))
    budgets = re.findall(r"`budget\.usdPerMonth: (\d+)`", text)
    assert bool(budgets) == needs
    first = beside_the_old(text)
    first["budget.usdPerMonth"] = int(budgets[0]) if budgets else usd
    then = difference(stack, first).new.plan
    assert then["violations"] == []
    assert f"${then['cost']['usd_per_month_max']:,.0f} per month at most" in text


@pytest.mark.parametrize(("usd", "needs"), [(40000, False), (3600, True)])
def test_pools_that_change_together_have_one_bill_and_one_budget(usd: int, needs: bool) -> None:
    """Each sentence followed, and the budget that the last one names, break no rule."""
    edit = {"gpuPools.l4.capacity": "spot", "gpuPools.l40s.capacity": "spot", "budget.usdPerMonth": usd}
    *texts, last = ways(difference("cloud", edit))
    first = {path: value for text in texts for path, value in beside_the_old(text).items()}
    budgets = re.findall(r"`budget\.usdPerMonth: (\d+)`", last)
    assert len(texts) == 2
    assert bool(budgets) == needs
    first["budget.usdPerMonth"] = int(budgets[0]) if budgets else usd
    then = difference("cloud", first)
    assert (then.refused, then.new.plan["violations"]) == ([], [])
    assert last.startswith("With `l4`, `l40s` and the pools beside them at once")
    assert f"${then.new.plan['cost']['usd_per_month_max']:,.0f} per month at most" in last


@pytest.mark.searches
@pytest.mark.parametrize("names", [("l4", "l4-1"), ("l4", "l4-2"), ("a" * 29 + "x", "a" * 29 + "y")])
def test_second_pools_of_one_diff_have_names_that_a_file_can_have_together(names: tuple[str, str]) -> None:
    gpus = {"chat": ("l4", names[0]), "code": ("l40s", names[1])}
    types = {"l4": ["g6.xlarge"], "l40s": ["g6e.xlarge"]}
    there: dict[str, Any] = {"gpuPools.l4": None, "gpuPools.l40s": None}
    there |= {f"gpuPools.{name}.instanceTypes": types[pool] for pool, name in gpus.values()}
    there |= {f"models.{model}.pool": name for model, (_, name) in gpus.items()}
    spot = {f"gpuPools.{name}.capacity": "spot" for name in names}
    old, new = (side("cloud", edited("cloud", each)) for each in (there, {**there, **spot}))
    texts = [text for text in ways(compare("cloud", old, new)) if "add a pool beside it" in text]
    first = {path: value for text in texts for path, value in beside_the_old(text).items()}
    added = {path for path in first if path.startswith("gpuPools.") and not path.endswith(".max")}
    assert len(texts) == len(added) == 2
    both = compare("cloud", old, side("cloud", edited("cloud", {**there, **first})))
    assert (both.refused, both.new.plan["violations"]) == ([], [])
    assert len(both.new.pools) == 4


def test_what_goes_with_the_cluster_is_one_sentence() -> None:
    stack, edit = EDITS["another region"]
    (text,) = ways(difference(stack, edit))
    assert "a new stack beside this one" in text
    assert "add a pool beside" not in text


def test_a_stack_that_goes_is_taken_down_first() -> None:
    (text,) = ways(compare("cloud", base("cloud"), Side()))
    assert "`pulumi destroy`" in text
    assert set(allowed([text])["remove"]) >= {"cluster", "network", "cache", "l4", "l40s"}


def test_a_new_stack_takes_another_name_where_the_cluster_has_one() -> None:
    whole = read(STACKS["cloud"])
    whole["config"][PLATFORM]["cluster"]["create"]["name"] = "ours"
    old = side("cloud", json.dumps(whole))
    whole["config"][PLATFORM]["cluster"]["create"]["name"] = "theirs"
    found = compare("cloud", old, side("cloud", json.dumps(whole)))
    assert any("with another `cluster.create.name`" in text for text in ways(found))


def test_a_setting_of_something_else_is_not_answered_by_a_pool_beside() -> None:
    stack, edit = EDITS["another kind of cache"]
    texts = ways(difference(stack, edit))
    assert any("subnetIds" in text for text in texts)
    assert not any("add a pool beside" in text for text in texts)
    assert serving(base(stack), "l4") == ["chat"]


def test_weights_that_move_with_a_model_are_said_with_what_keeps_them() -> None:
    """With a model of Ollama the program chooses a file system. Nothing is said where the file names a kind."""
    notes = {"model": "llama3.2:3b", "engine": "ollama", "pool": "l4", "maxModelLen": 8192}
    now, then = ({"cache": None, **more} for more in ({}, {"models.notes": notes}))
    (said,) = ways(compare("cloud", side("cloud", edited("cloud", now)), side("cloud", edited("cloud", then))))
    assert said.startswith("The program chooses cache.kind efs now, and s3 before, so all weights move")
    assert "`cache: {kind: s3, compile: true}` in the stack file keeps them" in said
    assert "The weights are downloaded again before the old pods end" in said
    assert not any("all weights move" in each for each in ways(difference("cloud", {"cache.kind": "s3"})))


def test_a_pool_beside_keeps_the_cache_that_the_program_chose_before() -> None:
    """On the smaller node EFS starts sooner, and all weights would move with the pool."""
    alone = {"cache": None, "gateway": None, "models": {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}}}
    now, then = ({**alone, "gpuPools": {"l4": {"instanceTypes": [each]}}} for each in ("g6.2xlarge", "g6.xlarge"))
    found = compare("cloud", side("cloud", edited("cloud", now)), side("cloud", edited("cloud", then)))
    (beside,) = [each for each in ways(found) if "add a pool beside it" in each]
    assert any("all weights move" in each for each in ways(found))
    assert "set `models.chat.pool: l4-1` with `cache: {kind: s3, compile: true}`, and remove" in beside


def test_a_bucket_instead_of_the_file_system_leaves_no_model_down_and_the_advice_agrees() -> None:
    found = difference("cloud", {"cache.kind": "s3"})
    assert not any(each.seconds for each in found.notices)
    (said,) = ways(found)
    assert "users notice no gap" in said
    assert "down until" not in said


@pytest.mark.parametrize(
    ("before", "after", "lost"), [("efs", "s3", "the EFS file system"), ("s3", "efs", "the S3 bucket")]
)
def test_another_kind_of_cache_takes_a_model_away_for_its_rollout_alone(before: str, after: str, lost: str) -> None:
    """The new weights are downloaded before its old pod ends, and the old ones go last."""
    recreate = {"models.chat.rollout": {"strategy": "recreate"}}
    was, now = (side("cloud", edited("cloud", {**recreate, "cache.kind": kind})) for kind in (before, after))
    found = compare("cloud", was, now)
    assert [each.model for each in found.notices if each.seconds] == ["chat"]
    (said,) = ways(found)
    assert "downloaded again before the old pods end, with the gap of a rollout that users notice" in said
    assert f"removes {lost}" in headline(found)
