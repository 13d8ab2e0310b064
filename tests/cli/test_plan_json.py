"""The JSON of `plan` is a contract: other programs read these keys."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.cli.report import report
from tests import sites
from tests.cli.running import plan, plan_json, write_stack
from tests.conftest import STACK_NAMES, STACKS
from tests.example_stacks import planned, text
from tests.settings.bad_stacks.writing import CPU, LAPTOP, stack

KEYS = {
    "plan": "stack models gpu_pools gateway cost weights quotas services chosen resources outputs violations warnings"
    " to_do assumptions version cheaper external reads",
    "model": "engine next_of next model revision dtype pool instance_type gpus_per_replica replicas scaled fits certain"
    " weights_gib weights_on_disk_gib "
    "kv_cache_gib kv_cache_gib_interval kv_cache_tokens max_model_len max_concurrency takes_at_once starts "
    "held_seconds wakes_seconds drain_seconds whole_answer_seconds cold_start_seconds cold_start start_seconds "
    "usd_per_hour usd_per_million_output_tokens speed speed_full_load speed_note reasons rollout schedule morning",
    "pool": "instance_types capacity steps min max gpus_per_node usd_per_node_hour price_note peak_gpus surge_gpus"
    " spare_gpus warm_pool reasons nodes lose_one away_seconds gpu resource sharing",
    "gateway": "base_url base_url_in_cluster expose replicas idle_seconds total_seconds largest_request_mib contact"
    " token_limits clients custom affinity",
    "client": "name team models namespace requests_per_minute concurrent_requests at_once_of tokens_per_minute"
    " keys secret custom",
    "cost": "usd_per_month_min usd_per_month_expected usd_per_month_typical usd_per_month_max items prices"
    " while_paused",
    "cost item": "name pool min expected typical max usd_per_gib",
    "quota": "code name region needed unit system",
    "choice": "value reason",
    "resource": "urn type name parent inputs options",
    "note": "path message",
    "thing to do": "path message names quota",
    "warning": "path message kind",
    "warning with advice": "path message kind advice",
    "cold start": "parts remedies on_new_node_seconds without_new_node",
    "rollout": "strategy max_surge max_unavailable gap_seconds reason",
    "part": "seconds interval reason floor",
    "remedy": "name seconds write write_with usd_per_month reason slower",
}
OPTIONS = {
    "depends_on",
    "protect",
    "retain_on_delete",
    "ignore_changes",
    "provider",
    "custom_timeouts",
    "aliases",
    "delete_before_replace",
    "replace_on_changes",
    "replace_with",
}
_NO_PRICE = {"usd_per_hour", "usd_per_million_output_tokens"}
_NO_FIT = {
    "fits",
    "certain",
    "weights_gib",
    "kv_cache_gib",
    "kv_cache_gib_interval",
    "kv_cache_tokens",
    "max_concurrency",
}
_NO_SPEED = {"speed", "speed_full_load"}
_NO_CACHE = {"kv_cache_gib", "kv_cache_gib_interval", "kv_cache_tokens", "max_concurrency"}


def nulls(model: dict[str, Any]) -> set[str]:
    """Without what only a model that may sleep, or that has a schedule or a next version, has."""
    return {key for key, value in model.items() if value is None} - {
        "held_seconds",
        "wakes_seconds",
        "next_of",
        "next",
        "schedule",
        "morning",
    }


def example_json(folder: Path, stack: str) -> dict[str, Any]:
    write_stack(folder, text(stack), stack)
    return json.loads(plan(stack, "--format", "json", stacks=folder).stdout)


@pytest.mark.parametrize("stack", STACK_NAMES)
def test_it_has_the_keys_of_the_contract_and_no_others(stack: str) -> None:
    document = plan_json(stack)
    starts = [model["cold_start"] for model in document["models"].values()]
    parts = {
        "plan": [document],
        "model": document["models"].values(),
        "pool": document["gpu_pools"].values(),
        "gateway": [document["gateway"]],
        "client": document["gateway"]["clients"].values(),
        "cost": [document["cost"]],
        "cost item": document["cost"]["items"],
        "quota": document["quotas"],
        "choice": document["chosen"].values(),
        "resource": document["resources"],
        "cold start": starts,
        "rollout": [model["rollout"] for model in document["models"].values()],
        "part": [part for start in starts for part in start["parts"].values()],
        "remedy": [remedy for start in starts for remedy in start["remedies"]],
        "warning": [each for each in document["warnings"] if "advice" not in each],
        "warning with advice": [each for each in document["warnings"] if "advice" in each],
        "note": document["assumptions"],
        "thing to do": document["to_do"],
    }
    for part, found in parts.items():
        assert all(set(each) == set(KEYS[part].split()) for each in found), part
    assert document["version"] == 1
    assert document["stack"] == stack
    assert document["models"]
    assert document["resources"]
    assert document["assumptions"]


def test_the_kinds_of_a_pools_nodes_are_a_text_and_steps_with_their_groups() -> None:
    pools = json.loads(plan("ladder", "--format", "json", stacks=sites.FOLDER).stdout)["gpu_pools"]
    assert (pools["t4"]["capacity"], pools["t4"]["steps"]) == ("on-demand", [])
    assert pools["l4"]["capacity"] == "reservation, spot, on-demand"
    reserved, spot, on_demand = pools["l4"]["steps"]
    assert (reserved["reservation"], reserved["instances"], reserved["max"]) == ("cr-0a1b2c3d4e5f60718", 2, 2)
    assert reserved["node_groups"] == ["l4-nodes-reserved-e5f60718"]
    assert spot["node_groups"] == ["l4-nodes-spot-use1-az1", "l4-nodes-spot-use1-az2"]
    assert (on_demand["kind"], on_demand["max"]) == ("on-demand", pools["l4"]["max"])


def test_a_violation_has_the_keys_of_the_contract(tmp_path: Path) -> None:
    write_stack(tmp_path, text("dev") + "    budget: {usdPerMonth: 1}\n")
    violations = json.loads(plan("dev", "--format", "json", stacks=tmp_path).stdout)["violations"]
    assert [set(violation) for violation in violations] == [{"rule", "path", "message", "fix", "advice"}]


def test_what_does_not_apply_is_null(tmp_path: Path) -> None:
    on_cpu = plan_json("local")["models"]["llama-1b"]
    assert nulls(on_cpu) == {"revision", "pool", "instance_type", *_NO_PRICE, *_NO_FIT, *_NO_SPEED}
    assert on_cpu["gpus_per_replica"] == 0
    on_nodes_of_others = plan_json("guide")["models"]["llama3"]
    assert nulls(on_nodes_of_others) == {"instance_type", *_NO_PRICE}
    assert nulls(plan_json("prod")["models"]["llama-8b"]) == set()
    assert nulls(example_json(tmp_path, "many")["models"]["embed"]) == {
        "revision",
        *_NO_CACHE,
        *_NO_SPEED,
        "usd_per_million_output_tokens",
    }


@pytest.mark.parametrize("stack", STACK_NAMES)
def test_the_parts_of_a_cold_start_add_up(stack: str) -> None:
    for model in plan_json(stack)["models"].values():
        parts = model["cold_start"]["parts"]
        assert list(parts) == ["node", "boot", "image", "weights", "engine"]
        assert sum(part["seconds"] for part in parts.values()) == pytest.approx(model["cold_start_seconds"], abs=3)
        assert all(part["interval"][0] <= part["seconds"] <= part["interval"][1] for part in parts.values())
        low_mid_high = {
            name: [part["interval"][0], part["seconds"], part["interval"][1]] for name, part in parts.items()
        }
        assert model["start_seconds"] == low_mid_high


def test_the_sums_are_those_of_the_items() -> None:
    cost = plan_json("prod")["cost"]
    assert len(cost["items"]) > 5
    for end in ("min", "expected", "typical", "max"):
        assert cost[f"usd_per_month_{end}"] == pytest.approx(sum(item[end] for item in cost["items"]), abs=0.1)


def test_items_of_the_bill_name_the_pool_whose_nodes_they_are() -> None:
    document = plan_json("prod")
    pools = {item["pool"]: item["name"] for item in document["cost"]["items"] if item["pool"]}
    assert pools == {name: f"GPU nodes {name}" for name in document["gpu_pools"]}


def test_the_bill_says_what_it_leaves_out_and_of_which_day_its_prices_are() -> None:
    (note,) = [each["message"] for each in plan_json("prod")["assumptions"] if each["path"] == "cost"]
    assert re.search(r"prices of \d{4}-\d\d-\d\d, us-east-1\. Not in it: .*traffic", note)


@pytest.mark.parametrize("stack", STACK_NAMES)
def test_every_resource_has_a_urn_as_the_engine_makes_it(stack: str) -> None:
    resources = plan_json(stack)["resources"]
    by_urn = {resource["urn"]: resource for resource in resources}
    assert len(by_urn) == len(resources)
    assert report(planned(stack)).title.endswith(f"· {len(resources)} resources")  # as Pulumi counts them
    assert {resource["type"] for resource in resources} >= {"pulumi:pulumi:Stack", "pulumi:providers:kubernetes"}
    for urn, resource in by_urn.items():
        # urn:pulumi:<stack>::<project>::<types of the parents below the stack>$<type>::<name>
        *_, types, name = urn.split("::", 3)
        assert urn.startswith(f"urn:pulumi:{stack}::llm-platform::")
        assert (types.split("$")[-1], name) == (resource["type"], resource["name"])
        parents = types.split("$")[:-1]
        if resource["type"] == "pulumi:pulumi:Stack":
            assert resource["parent"] is None
        else:
            parent = by_urn[resource["parent"]]
            assert parents == ([] if parent["parent"] is None else parent["urn"].split("::")[2].split("$"))


@pytest.mark.parametrize("stack", STACK_NAMES)
def test_options_are_those_that_are_set_and_point_to_resources(stack: str) -> None:
    resources = plan_json(stack)["resources"]
    urns = {resource["urn"] for resource in resources}
    for resource in resources:
        options = resource["options"]
        assert set(options) <= OPTIONS
        assert all(options.values())
        assert {*options.get("depends_on", ()), options.get("provider", resource["urn"])} <= urns


def test_a_secret_is_shown_as_one_and_its_value_nowhere(tmp_path: Path) -> None:
    """`plan` accepts encrypted values without the passphrase; it prints neither them nor their placeholders."""
    sealed = {"huggingFaceToken": "v1:c2VhbGVk:dG9rZW4=", "apiKey": "v1:b3Blbg==:a2V5"}
    keys = "".join(f"  llm-platform:{name}:\n    secure: {value}\n" for name, value in sealed.items())
    write_stack(tmp_path, "encryptionsalt: v1:c2FsdA==:v1:cGVwcGVy\n" + text("guide") + keys, "guide")
    out = tmp_path / "out"
    results = [
        plan("guide", "--format", format_, "--out", str(out), stacks=tmp_path)
        for format_ in ("text", "json", "markdown")
    ]
    printed = [result.output for result in results]
    written = [path.read_text(encoding="utf-8") for path in out.rglob("*") if path.is_file()]
    assert len(written) > 10
    for each in (*sealed.values(), "c2FsdA==", "not read offline"):
        assert not any(each in content for content in (*printed, *written)), each
    document = json.loads(results[1].stdout)
    secrets = {r["name"]: r["inputs"]["stringData"] for r in document["resources"] if r["type"].endswith(":Secret")}
    own = {"model-cache-hub-token", "llama3-api-key", "engine-keys-secret"}
    assert set(secrets) == {*own, "client-default-secret", "gateway-proxy-clients"}
    assert all(value == "[secret]" for data in secrets.values() for value in data.values())
    assert document["outputs"]["api_key"] == "[secret]"
    assert not any(note["path"] == "huggingFaceToken" for note in document["to_do"])


def test_a_token_that_is_set_reaches_the_download_of_any_repository(tmp_path: Path) -> None:
    own = text("guide").replace("model: Qwen/Qwen3-8B", "model: acme-private/support-8b\n        like: Qwen/Qwen3-8B")
    token = "  llm-platform:huggingFaceToken:\n    secure: v1:c2VhbGVk:dG9rZW4=\n"
    write_stack(tmp_path, "encryptionsalt: v1:c2FsdA==:v1:cGVwcGVy\n" + own + token, "guide")
    resources = json.loads(plan("guide", "--format", "json", stacks=tmp_path).stdout)["resources"]
    assert "model-cache-hub-token" in {each["name"] for each in resources}


def test_a_missing_secret_is_a_to_do() -> None:
    assert "secure:" not in (STACKS / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    assert any(note["path"] == "huggingFaceToken" for note in plan_json("prod")["to_do"])


@pytest.mark.parametrize(
    ("gateway", "namespace"),
    [
        ("ingressClass: nginx", "ingress-nginx"),
        ("ingressClass: nginx, namespace: edge", "edge"),
        ("ingressClass: traefik, namespace: edge", "edge"),
    ],
)
def test_a_model_is_reached_from_the_namespace_of_the_gateway(gateway: str, namespace: str, tmp_path: Path) -> None:
    write_stack(tmp_path, stack(LAPTOP, CPU, f"gateway: {{domain: llm.example.com, {gateway}}}", region=None))
    resources = json.loads(plan("dev", "--format", "json", stacks=tmp_path).stdout)["resources"]
    policies = [each["inputs"] for each in resources if each["type"].endswith(":NetworkPolicy")]
    assert f'"kubernetes.io/metadata.name": "{namespace}"' in json.dumps(policies)
