"""What pods read instead of stack outputs, and who may read it."""

import json
from typing import Any

import pytest

from components.endpoints import Endpoints
from infra.recording import Recorded, Recording
from tests.components.examples import run
from tests.example_stacks import ALL_STACKS, planned
from tests.test_changes import changed

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"


def endpoints(*, readable: bool = True, outputs: dict[str, Any] | None = None) -> Recording:
    promised = outputs or {"version": 1, "models": {}}
    return run(lambda opts: Endpoints("endpoints", namespace="llm", outputs=promised, readable=readable, opts=opts))


def config_map(recording: Recording) -> Recorded:
    (made,) = [each for each in recording.of(CONFIG_MAP) if each.inputs["metadata"]["name"] == "llm-platform"]
    return made


def published(recording: Recording) -> dict[str, Any]:
    made = config_map(recording)
    assert made.inputs["data"].keys() == {"platform.json"}
    return json.loads(made.inputs["data"]["platform.json"])


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_pods_read_the_stack_outputs_but_for_the_key_and_what_only_dns_needs(stack: str) -> None:
    recording = planned(stack).recording
    said = {name: value for name, value in published(recording).items() if value is not None}
    assert said == {k: v for k, v in recording.outputs.items() if k not in ("api_key", "gateway_address")}
    assert said["models"]


def test_every_pod_may_get_this_one_config_map_and_nothing_else() -> None:
    (role,), (binding,) = endpoints().of(ROLE), endpoints().of(BINDING)
    (rule,) = role.inputs["rules"]
    assert rule == {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["llm-platform"], "verbs": ["get"]}
    assert [subject["name"] for subject in binding.inputs["subjects"]] == ["system:serviceaccounts"]
    assert (binding.inputs["roleRef"]["kind"], binding.inputs["roleRef"]["name"]) == (
        "Role",
        role.inputs["metadata"]["name"],
    )


def test_in_a_namespace_of_somebody_else_who_may_read_is_theirs_to_say() -> None:
    assert endpoints(readable=False).of(ROLE) + endpoints(readable=False).of(BINDING) == []
    assert published(endpoints(readable=False)) == {"version": 1, "models": {}}
    assert planned("shared").recording.of(ROLE) == []
    assert len(planned("local").recording.of(ROLE)) == 1


def test_a_changed_model_changes_it_in_place() -> None:
    def longer(platform: Any) -> None:
        platform["models"]["llama-8b"]["maxModelLen"] = 4096

    before, after = config_map(planned("prod").recording), config_map(changed("prod", longer).recording)
    assert (before.urn, before.inputs["metadata"]) == (after.urn, after.inputs["metadata"])
    assert published(planned("prod").recording)["models"]["llama-8b"]["max_model_len"] == 8192
    assert published(changed("prod", longer).recording)["models"]["llama-8b"]["max_model_len"] == 4096


def test_the_order_of_the_models_is_no_change() -> None:
    some, other = {"a": {"x": 1}, "b": {"y": 2}}, {"b": {"y": 2}, "a": {"x": 1}}
    assert endpoints(outputs=some).of(CONFIG_MAP) == endpoints(outputs=other).of(CONFIG_MAP)
