"""A cloud that only this test has, added as CONTRIBUTING says. No file of infra/ knows it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import keys
from infra.catalog import load_catalog
from infra.cli.as_json import document
from infra.cli.document.text import to_text
from infra.cli.fit import run as fit
from infra.cli.report import report
from infra.diff.advice import advice
from infra.diff.difference import Difference, compare
from infra.diff.figures import quotas_of
from infra.diff.side_by_side import raises
from infra.offline import Planned, plan_offline
from infra.outputs import known_outputs
from infra.registry import added
from infra.settings.document import read_document
from infra.settings.mistakes import BadStackFile
from infra.sides.types import Side, name_of
from infra.stack_file import stack_file_schema
from tests.cli.running import write_stack
from tests.clouds.rented import FEE_USD, Rented
from tests.invariants import RULES
from tests.invariants.reading import servers
from tests.settings.bad_stacks.writing import stack

RENTED = "cluster: {rented: {hall: north}}"
POOL = "gpuPools: {l4: {instanceTypes: [metal.l4]}}"
MODEL = "models: {chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192}}"


def file(*sections: str) -> str:
    return stack(RENTED, *sections).replace("  aws:region: us-east-1\n", "")


FILE = file(POOL, MODEL)


@pytest.fixture(autouse=True)
def rented() -> Iterator[Rented]:
    cloud = Rented()
    with added(cloud):
        yield cloud


def plan(folder: Path, text: str = FILE) -> Planned:
    return plan_offline(write_stack(folder, text))


def mistakes(folder: Path, text: str) -> str:
    with pytest.raises(BadStackFile) as bad:
        plan(folder, text)
    return "\n".join(f"{each.path}: {each.got}; {each.write}" for each in bad.value.mistakes)


def test_its_section_is_a_key_below_cluster_that_editors_and_the_page_of_keys_show() -> None:
    assert "rented" in json.dumps(stack_file_schema())
    assert "`hall`" in keys.page()
    assert "servers that are rented by the hour" in keys.page()


def test_its_rules_and_its_keys_are_checked(tmp_path: Path) -> None:
    assert "cluster.rented.hall: unknown hall east" in mistakes(tmp_path, FILE.replace("north", "east"))
    assert "cluster.rented.hal: unknown" in mistakes(tmp_path, FILE.replace("hall:", "hal:"))
    both = FILE.replace("{rented:", "{existing: {context: kind-llm}, rented:")
    assert "needs exactly one of create and existing and rented" in mistakes(tmp_path, both)


def test_its_types_are_planned_and_its_prices_billed(tmp_path: Path) -> None:
    planned = plan(tmp_path).plan
    pool = planned.pools["l4"]
    assert (planned.violations, pool.instance_types, pool.usd_per_node_hour) == ((), ("metal.l4",), 0.30)
    items = {item.name: item.max for item in planned.cost.items}
    assert items["management fee"] == FEE_USD
    assert planned.cost.usd_per_month_min == pytest.approx(FEE_USD + 0.30 * 730)
    assert not {"EKS control plane", "NAT gateways", "node disks"} & items.keys()


def test_a_pool_that_nobody_named_is_of_its_types(tmp_path: Path) -> None:
    planned = plan(tmp_path, file(MODEL)).plan
    assert [pool.instance_types for pool in planned.pools.values()] == [("metal.l4",)]


def test_the_budget_counts_its_bill(tmp_path: Path) -> None:
    (violation,) = plan(tmp_path, file(POOL, MODEL, "budget: {usdPerMonth: 200}")).plan.violations
    assert violation.path == "budget.usdPerMonth"


def test_its_quota_is_data_and_a_to_do(tmp_path: Path) -> None:
    said = document(plan(tmp_path))
    (quota,) = said["quotas"]
    assert (quota["name"], quota["region"], quota["unit"]) == ("Servers", "north", "servers")
    assert any("quota 'Servers' (R-1) in north" in each["message"] for each in said["to_do"])
    assert not any("AWS" in each["message"] for each in said["to_do"])


def test_what_its_new_cluster_lacks_is_installed_unless_the_stack_file_says_otherwise(tmp_path: Path) -> None:
    scaled = MODEL.replace("8192}", "8192, replicas: {min: 1, max: 2}}")
    planned = plan(tmp_path, file(POOL, scaled))
    reasons = {path: choice.whole_reason for path, choice in planned.plan.chosen.items() if path.startswith("addons.")}
    assert "existing cluster" not in " ".join(reasons.values())
    has = "a new cluster of rented servers is assumed to have it: metrics-server "
    assert reasons["addons.metricsServer"].startswith(has)
    states = {name: addon.state for name, addon in planned.plan.addons.items()}
    installed = {name for name, state in states.items() if state == "install"}
    assert installed == {"keda", "prometheus", "nvidiaDevicePlugin"}
    asked_for = ("verticalPodAutoscaler", "dcgmExporter", "fluentBit", "karpenter", "karpenterCrd")  # only on demand
    assert {state for name, state in states.items() if name not in asked_for} == {"install", "existing"}
    charts = [each.inputs["chart"] for each in planned.recording.of("kubernetes:helm.sh/v3:Release")]
    assert {"keda", "kube-prometheus-stack"} <= set(charts)
    own = plan(tmp_path, file(POOL, MODEL, "addons: {keda: disabled, prometheus: disabled}"))
    assert (own.plan.addons["keda"].state, own.plan.addons["prometheus"].state) == ("disabled", "disabled")


def test_a_login_by_signed_requests_names_no_command_of_another_cloud(tmp_path: Path) -> None:
    login = "auth: {sigv4: {region: us-east-1}}"
    prometheus = f"{{existing: {{url: 'https://metrics.acme.io', namespace: m, monitorLabels: {{}}, {login}}}}}"
    scaled = MODEL.replace("8192}", "8192, replicas: {min: 1, max: 2}}")
    planned = plan(tmp_path, file(POOL, scaled, f"addons: {{prometheus: {prometheus}}}"))
    (said,) = [each.message for each in planned.plan.to_do if each.path.endswith("auth.sigv4")]
    assert "give its service account keda-operator a role" in said
    assert "aws" not in said


def test_its_site_is_made_and_everything_runs_on_it(tmp_path: Path) -> None:
    recording = plan(tmp_path).recording
    types = {each.type for each in recording.resources}
    assert {"rented:metal/cluster:Cluster", "rented:metal/pool:Pool"} <= types
    assert not any(each.startswith("aws:") for each in types)
    (server,) = servers(recording)
    assert server.resource.inputs["spec"]["template"]["spec"]["nodeSelector"]["llm-platform/pool"] == "l4"


def test_every_rule_holds_for_a_stack_there(tmp_path: Path) -> None:
    planned = plan(tmp_path)
    assert {name: rule(planned) for name, rule in RULES.items()} == {name: [] for name in RULES}


def test_report_and_outputs_say_where_it_is(tmp_path: Path) -> None:
    planned = plan(tmp_path)
    text = " ".join(to_text(report(planned), 120).split())
    assert "rented servers in hall north" in text
    assert "management fee" in text
    assert "rents of hall north" in text
    outputs = known_outputs(planned.plan)
    assert (outputs["cluster_name"], outputs["region"]) == ("llm-dev", "north")


def test_fit_looks_at_its_types_too() -> None:
    asked = {"max-model-len": "8192"}
    found = json.loads(fit("Qwen/Qwen3-8B", asked, "json", load_catalog())[0])
    assert (found[0]["instance_type"], found[0]["usd_per_hour"]) == ("metal.l4", 0.30)
    assert any(each["instance_type"] == "g6.xlarge" for each in found)
    elsewhere = json.loads(fit("Qwen/Qwen3-8B", {**asked, "region": "eu-central-1"}, "json", load_catalog())[0])
    assert not any(each["instance_type"].startswith("metal") for each in elsewhere)
    assert "rents of today" in fit("Qwen/Qwen3-8B", asked, "text", load_catalog())[0]


def side(folder: Path, text: str) -> Side:
    return Side(document(plan(folder, text)), read_document(text).config or {})


def changed(folder: Path, old: str, new: str) -> Difference:
    return compare("dev", side(folder, old), side(folder, new))


SOUTH = FILE.replace("hall: north", "hall: south")


def test_its_cluster_takes_every_pod_along_and_is_announced_as_no_service(tmp_path: Path) -> None:
    found = changed(tmp_path, FILE, SOUTH)
    (notice,) = found.notices
    assert (notice.model, notice.event) == ("chat", "outage")
    assert notice.during.startswith("down while Cluster and every pod are recreated")
    assert found.restarts == ["chat"]
    assert found.services == []  # its users are those of the models
    assert [quota.region for quota in quotas_of(found.new) or {}] == ["south"]


def test_the_table_of_its_sdk_says_what_is_replaced(tmp_path: Path) -> None:
    found = changed(tmp_path, FILE, SOUTH)
    assert {name_of(urn) for urn in found.resources.replaced} == {"cluster", "cluster-shelf"}
    assert found.resources.unsure == {}


def test_its_cluster_and_its_data_are_guarded_and_allowed_by_name(tmp_path: Path) -> None:
    found = changed(tmp_path, FILE, SOUTH)
    assert [(each.name, each.act) for each in found.refused] == [("cluster", "replace"), ("rented", "replace")]
    assert found.fails
    (way,) = advice(found.old, found.new, found.refused, found.notices)
    assert way.endswith("Else `allow: {replace: [cluster, rented]}`.")
    allowing = file(POOL, MODEL, "allow: {replace: [cluster, rented]}").replace("hall: north", "hall: south")
    assert not changed(tmp_path, FILE, allowing).fails


def test_only_a_stack_there_may_allow_what_it_guards(tmp_path: Path) -> None:
    allowed = "allow: {replace: [rented]}"
    elsewhere = stack("cluster: {create: {version: '1.35'}}", MODEL, allowed)
    assert "allow.replace[0]: 'rented' isn't the name of a guarded resource" in mistakes(tmp_path, elsewhere)
    assert plan(tmp_path, file(POOL, MODEL, allowed)).plan.violations == ()


def test_its_servers_are_a_pool_that_is_guarded_while_models_run_on_it(tmp_path: Path) -> None:
    found = changed(tmp_path, FILE, FILE.replace("metal.l4]", "metal.h100]"))
    assert [(each.name, each.act) for each in found.refused] == [("l4", "replace")]
    (notice,) = found.notices
    assert notice.event == "node group swapped"
    assert "but the hall doesn't wait for the replica before it drains and ends the nodes" in notice.during
    (way,) = advice(found.old, found.new, found.refused, found.notices)
    assert "add a pool beside it, `l4-1: {instanceTypes: [metal.h100]}`" in way


def test_its_old_and_new_servers_count_side_by_side_in_the_unit_of_its_quota(tmp_path: Path) -> None:
    pools = [POOL.replace("metal.l4]", f"{name}], max: 2") for name in ("metal.l4", "metal.h200")]
    found = changed(tmp_path, *(file(pool, MODEL) for pool in pools))
    ((quota, needed),) = raises(found.old, found.new, found.resources).items()
    assert (quota.code, quota.unit, needed.new, needed.beside) == ("R-1", "servers", 2, 2)


def test_a_pod_that_is_larger_than_its_old_servers_moves_without_a_gap(tmp_path: Path) -> None:
    """The new pod can only land on a new server, and the old one serves until then."""
    old, new = file(POOL, MODEL), file(POOL.replace("l4]", "h200]"), MODEL)
    (notice,) = changed(tmp_path, old, new).notices
    assert notice.during.startswith("moves to a new node group without a gap")


def test_what_it_refuses_to_change_is_a_rule_that_the_change_breaks(tmp_path: Path) -> None:
    large, small = (file(POOL.replace("]}}", f"], max: {nodes}}}}}"), MODEL) for nodes in (4, 2))
    (violation,) = changed(tmp_path, large, small).in_place
    assert (violation["path"], violation["fix"]) == ("gpuPools.l4.max", "max: 4")
    larger = changed(tmp_path, small, large)
    assert (larger.in_place, larger.fails) == ([], False)
    assert [each.event for each in larger.notices] == ["nothing"]


def test_a_stack_that_leaves_it_takes_nothing_along_that_it_was_not_asked_for(tmp_path: Path) -> None:
    nodes = "gpuPools: {l4: {existing: {gpu: L4, nodes: 1, selector: {gpu: l4}}}}"
    moved = file(nodes, MODEL).replace(RENTED, "cluster: {existing: {context: kind-llm}}")
    found = changed(tmp_path, FILE, moved)
    assert {"cluster", "rented", "l4"} <= {each.name for each in found.refused if each.act == "remove"}
    assert [each.event for each in found.notices] == ["outage"]


def test_its_storage_holds_the_weights_and_what_nobody_measured_is_said(tmp_path: Path) -> None:
    planned = plan(tmp_path).plan
    assert (planned.cache.kind, planned.cache.access_mode) == ("shelf", "ReadWriteMany")
    weights = planned.models["chat"].cold_start.parts["weights"]
    assert "from the shelf of the hall (assumed: nobody measured how quickly it is read)" in weights.reason
    assert weights.low < weights.mid < weights.high
