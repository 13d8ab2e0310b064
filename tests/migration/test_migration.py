"""A stack that was deployed with one Ingress per model, updated to the gateway: what goes, what comes, in which order.

`prod.json` is what the program of 2026-11-26 recorded for `prod.yaml`: each Kubernetes object, and other URNs.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from infra.diff.replacements import forces
from infra.diff.resources import compare_resources
from infra.registry import holds_data
from infra.sides.types import ResourceChanges, name_of, type_of
from tests.example_stacks import plan_text, planned
from tests.invariants.order import Dependencies

_FOLDER = Path(__file__).parent
MODELS = ("helper", "llama-70b", "llama-8b")
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_NOTES = "spec.template.metadata.annotations.llm-platform/"
OF_VLLM = {
    *("containers", "volumes", "terminationGracePeriodSeconds", "spec.progressDeadlineSeconds"),
    *(f"{_NOTES}api-key-hash", f"{_NOTES}engine-keys"),
}


def of_version_1() -> Mapping[str, Any]:
    return json.loads((_FOLDER / "prod.json").read_text(encoding="utf-8"))


@cache
def after() -> Any:
    return plan_text("prod", (_FOLDER / "prod.yaml").read_text(encoding="utf-8"))


@cache
def changes() -> ResourceChanges:
    """Of Kubernetes objects."""
    old, recording = of_version_1()["made"], after().recording
    new = [
        {"urn": made.urn, "type": made.type, "name": made.name, "inputs": made.inputs, "options": made.options}
        for made in recording.resources
        if made.type.startswith("kubernetes:") and "helm" not in made.type
    ]
    return compare_resources(old, new, forces)


def urn(name: str, kind: str = "") -> str:
    (found,) = [
        made.urn for made in after().recording.resources if made.name == name and made.type.endswith(kind or made.type)
    ]
    return found


def test_only_the_ways_beside_the_gateway_go() -> None:
    assert {name_of(each) for each in changes().removed} == {
        *(f"gateway-{model}" for model in MODELS),
        *(f"{model}-network-policy" for model in MODELS),
    }
    gone = set(of_version_1()["others"]) - {made.urn for made in after().recording.resources}
    assert gone == set()


def test_nothing_is_recreated_and_what_holds_data_is_as_it_was() -> None:
    assert changes().replaced == {}
    touched = {*changes().removed, *changes().changed}
    assert [each for each in touched if holds_data(type_of(each))] == []
    held = [each["urn"] for each in of_version_1()["made"] if holds_data(each["type"])]
    held += [each for each in of_version_1()["others"] if holds_data(type_of(each))]
    assert held
    assert set(held) <= {made.urn for made in after().recording.resources}


def test_pods_restart_once_and_only_for_what_each_path_says() -> None:
    """vLLM counts the tokens of every stream, writes its log as JSON with ids, and accepts a key that only the gateway
    knows; the model on one replica got the spread that the others had; each has as long to end as the gateway lets an
    answer take."""
    restarts = {
        name_of(each): {path.removeprefix("spec.template.spec.").partition("[")[0] for path in paths}
        for each, paths in changes().changed.items()
        if type_of(each) == DEPLOYMENT
    }
    assert restarts == {
        "helper-deployment": {"topologySpreadConstraints", "containers", "terminationGracePeriodSeconds"},
        "llama-70b-deployment": OF_VLLM,
        "llama-8b-deployment": OF_VLLM,
    }
    paths = {path for each, paths in changes().changed.items() if "llama" in name_of(each) for path in paths}
    prefix = "spec.template.spec.containers[vllm]."
    assert {path.removeprefix(prefix).partition(".")[0] for path in paths if path.startswith(prefix)} == {
        "args[--enable-force-include-usage]",
        "args[--shutdown-timeout]",
        "args[--config]",
        "volumeMounts[keys]",
        "env[VLLM_API_KEY]",
        *("args[--middleware]", "args[--disable-uvicorn-access-log]", "args[--no-use-tqdm-on-load]"),
        *("volumeMounts[files]", "env[PYTHONPATH]", "env[VLLM_LOGGING_CONFIG_PATH]"),
        "resources",  # more of the node is kept for the pods of every node
    }


def test_the_address_of_each_model_stays_and_leads_to_the_gateway() -> None:
    for model in MODELS:
        changed = changes().changed[urn(f"{model}-service")]
        assert {path.partition("[")[0] for path in changed} == {"spec.selector"}
    hosts = {rule["host"] for rule in ingress()["spec"]["rules"]}
    assert {f"{model}.llm.example.com" for model in MODELS} | {"llm.example.com"} == hosts


def ingress() -> Mapping[str, Any]:
    (made,) = after().recording.of("kubernetes:networking.k8s.io/v1:Ingress")
    return made.inputs


def test_the_load_balancer_stays_and_takes_the_new_routes_first() -> None:
    """Another scheme, class or group would be another load balancer, at another address."""
    prefix = "alb.ingress.kubernetes.io/"
    old = next(each["inputs"] for each in of_version_1()["made"] if each["name"] == "gateway-helper")
    was, now = old["metadata"]["annotations"], ingress()["metadata"]["annotations"]
    for key in ("group.name", "scheme", "subnets", "certificate-arn", "listen-ports"):
        assert was[prefix + key] == now[prefix + key], key
    # An attribute is changed in place: the load balancer gives up later than Envoy, which says why.
    assert was[f"{prefix}load-balancer-attributes"] == "idle_timeout.timeout_seconds=300"
    assert now[f"{prefix}load-balancer-attributes"] == "idle_timeout.timeout_seconds=320"
    assert old["spec"]["ingressClassName"] == ingress()["spec"]["ingressClassName"]
    assert int(now[prefix + "group.order"]) < int(was.get(prefix + "group.order", 0))


def test_the_old_way_is_open_until_the_new_one_is_ready() -> None:
    """The engine deletes at the end; before that, each step waits for what it leads to."""
    order = Dependencies(after().recording)
    proxy, route = urn("gateway-proxy-deployment"), urn("gateway-ingress")
    for model in MODELS:
        assert {urn(f"{model}-pods"), urn(f"{model}-policy")} <= order.of(proxy)
        assert {proxy, route, urn(f"{model}-deployment")} <= order.of(urn(f"{model}-service"))
        assert not {proxy, route} & order.of(urn(f"{model}-deployment"))
        assert urn(f"{model}-deployment") in order.of(route), "it accepts the key of the gateway by then"
    assert proxy in order.of(route)


def test_without_an_ingress_the_address_waits_for_the_gateway_all_the_same() -> None:
    recording = planned("local").recording
    urns = {made.name: made.urn for made in recording.resources if made.type.startswith("kubernetes:")}
    assert urns["gateway-proxy-deployment"] in Dependencies(recording).of(urns["llama-1b-service"])


def test_callers_keep_their_key_and_new_pods_accept_it_until_the_gateway_answers() -> None:
    """The Secrets of version 1 stay. Until its address leads to the gateway, callers reach a model's new pods directly:
    vLLM's file has both keys."""
    secrets = {each["name"]: each["inputs"] for each in of_version_1()["made"] if each["name"].endswith("-api-key")}
    assert secrets
    assert not {urn(name, "Secret") for name in secrets} & {*changes().changed, *changes().removed}
    assert after().plan.traffic.clients["default"].keys == (1,)
    assert any(each.endswith("::api-key-random") for each in of_version_1()["others"])
    assert urn("api-key-random") in of_version_1()["others"]


def test_prometheus_scrapes_each_pod_under_the_labels_that_it_had() -> None:
    for made in after().recording.of("kubernetes:monitoring.coreos.com/v1:ServiceMonitor"):
        model = made.inputs["metadata"]["name"]
        if model in MODELS:
            (endpoint,) = made.inputs["spec"]["endpoints"]
            assert {each["targetLabel"]: each["replacement"] for each in endpoint["relabelings"]} == {
                "service": model,
                "job": model,
            }
