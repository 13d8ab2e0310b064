"""A field of the outputs is removed or changed only with a new version. v1.json is what version 1 promised, v2.json
what version 2 does; this release keeps both."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from infra.output_contract import VERSION, VERSIONS, PlatformOutputs
from tests.example_stacks import ALL_STACKS, planned
from tests.outputs.contract import breaks, described

SCHEMA = PlatformOutputs.model_json_schema()
HERE = Path(__file__).parent
FROZEN, NEXT = (json.loads((HERE / f"v{each}.json").read_text(encoding="utf-8")) for each in VERSIONS)
ADVICE = f"an application may read it: raise VERSION in infra/output_contract.py and freeze v{VERSIONS[-1] + 1}.json"


def test_the_outputs_keep_what_each_of_their_versions_promised() -> None:
    current = described(SCHEMA)
    assert breaks(FROZEN, current) == [], ADVICE
    assert breaks(NEXT, {path: field for path, field in current.items() if path in NEXT}) == [], ADVICE


def test_what_was_added_is_promised_too() -> None:
    added = {path: field for path, field in described(SCHEMA).items() if path not in {*FROZEN, *NEXT}}
    assert added == {}, f"add to tests/outputs/v{VERSIONS[-1]}.json"


def test_the_version_is_a_separate_promise() -> None:
    assert FROZEN["version"]["values"] == [VERSION]
    assert len(FROZEN) > 15


def test_the_next_version_has_one_url_and_clients_instead_of_an_address_and_a_key_for_each_model() -> None:
    gone = {path for path in FROZEN if path not in NEXT}
    assert {path.partition(".*.")[2] or path for path in gone if "secret." not in path} == {
        "version",
        "api_key",
        "base_url",
        "base_url_in_cluster",
        "timeout_seconds",
        "api_key_secret",
    }
    assert {"gateway.base_url", "gateway.clients.*.secret.name"} <= NEXT.keys() - FROZEN.keys()


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_every_stack_serves_both_versions(stack: str) -> None:
    outputs = planned(stack).recording.outputs
    assert (outputs["version"], outputs["versions"]) == (VERSION, list(VERSIONS))
    gateway = outputs["gateway"]
    assert set(gateway["clients"]) >= {"default"}
    for client in gateway["clients"].values():
        own = {name for model in outputs["models"].values() for name in (model["model"], *(model["adapters"] or []))}
        assert set(client["models"]) <= own | set(outputs.get("external") or {})


Change = Callable[[dict[str, Any]], object]


def endpoint(schema: dict[str, Any]) -> dict[str, Any]:
    return schema["$defs"]["ModelEndpoint"]


NULLABLE = {"anyOf": [{"type": "string"}, {"type": "null"}]}
KEPT: dict[str, Change] = {
    "nothing": lambda schema: None,
    "another text": lambda schema: endpoint(schema)["properties"]["model"].update(description="new", title="New"),
    "a field that may be absent": lambda schema: schema["properties"].update(motto={"type": "string"}),
    "a field that may be null": lambda schema: (
        endpoint(schema)["properties"].update(price=NULLABLE),
        endpoint(schema)["required"].append("price"),
    ),
    "an object that may be absent": lambda schema: schema["properties"].update(limits={"$ref": "#/$defs/KeySecret"}),
    "one more kind": lambda schema: endpoint(schema)["properties"]["kind"]["enum"].append("speech"),
    "now always there": lambda schema: schema["required"].append("region"),
}
BROKEN: dict[str, tuple[Change, list[str]]] = {
    "a field goes": (
        lambda schema: endpoint(schema)["properties"].pop("timeout_seconds"),
        ["models.*.timeout_seconds: is gone"],
    ),
    "an optional field is renamed": (
        lambda schema: schema["properties"].update(location=schema["properties"].pop("region")),
        ["region: is gone"],
    ),
    "a field of the Secret goes": (
        lambda schema: schema["$defs"]["KeySecret"]["properties"].pop("key"),
        ["models.*.api_key_secret.key: is gone"],
    ),
    "another type": (
        lambda schema: endpoint(schema)["properties"].update(max_model_len={"type": "string"}),
        ["models.*.max_model_len: was integer, is string"],
    ),
    "null where none was": (
        lambda schema: endpoint(schema)["properties"].update(base_url_in_cluster=NULLABLE),
        ["models.*.base_url_in_cluster: was string, is null or string"],
    ),
    "never null any more": (
        lambda schema: endpoint(schema)["properties"].update(base_url={"type": "string"}),
        ["models.*.base_url: was null or string, is string"],
    ),
    "a list of models": (
        lambda schema: schema["properties"]["models"].update(type="array"),
        ["models: was object, is array"],
    ),
    "absent where it was always there": (
        lambda schema: schema["required"].remove("namespace"),
        ["namespace: was always there, and may be absent"],
    ),
    "a kind is renamed": (
        lambda schema: endpoint(schema)["properties"]["kind"].update(enum=["chat", "embedding", "rerank"]),
        ["models.*.kind: is never 'embed' any more"],
    ),
    "a new version": (
        lambda schema: schema["properties"]["version"].update(const=2),
        ["version: is never 1 any more"],
    ),
    "a new field that has to be there": (
        lambda schema: (schema["properties"].update(motto={"type": "string"}), schema["required"].append("motto")),
        ["motto: is new and has to be there, which a platform of yesterday doesn't keep"],
    ),
}


def after(change: Change) -> list[str]:
    schema = deepcopy(SCHEMA)
    change(schema)
    return breaks(FROZEN, described(schema))


@pytest.mark.parametrize("case", KEPT)
def test_what_keeps_the_promise(case: str) -> None:
    assert after(KEPT[case]) == []


@pytest.mark.parametrize("case", BROKEN)
def test_what_needs_a_new_version(case: str) -> None:
    change, broken = BROKEN[case]
    assert after(change) == broken
