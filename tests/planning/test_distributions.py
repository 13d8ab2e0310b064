"""What a Kubernetes distribution decides: RuntimeClass, Ingress controller, what pods may do."""

from typing import Any

import pytest

from infra.planning import Plan
from tests.example_stacks import planned
from tests.invariants.reading import INGRESS, NETWORK_POLICY
from tests.planning.stacks import plan

RUNTIME = "gpuPools.own.existing.runtimeClassName"


def _on(distribution: str | None, image: str | None = None, **nodes: Any) -> Plan:
    own = {"gpu": "L4", "nodes": 1, "selector": {"lab": "gpu"}, **nodes}
    said = {"distribution": distribution} if distribution else {}
    return plan(
        {
            "cluster": {"existing": {"context": "lab", **said}},
            "gpuPools": {"own": {"existing": own}},
            "models": {"m": {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096, **({"image": image} if image else {})}},
            "cache": {"kind": "storageClass", "storageClass": "nfs"},
        }
    )


@pytest.mark.parametrize(
    ("distribution", "asked", "chosen"),
    [(None, 1, None), ("kubeadm", 0, None), ("openshift", 0, None), ("k3s", 0, "nvidia"), ("rke2", 0, "nvidia")],
)
def test_a_runtime_class_is_chosen_where_the_distribution_brings_it_and_asked_for_where_nobody_said(
    distribution: str | None, asked: int, chosen: str | None
) -> None:
    result = _on(distribution)
    assert result.pools["own"].runtime_class == chosen
    assert (result.chosen[RUNTIME].value if RUNTIME in result.chosen else None) == chosen
    assert len([each for each in (*result.to_do, *result.warnings) if each.path == RUNTIME]) == asked


@pytest.mark.parametrize(
    ("given", "taken"), [({"runtimeClassName": "nvidia-cdi"}, "nvidia-cdi"), ({"resource": "amd.com/gpu"}, None)]
)
def test_no_runtime_class_is_chosen_where_one_is_written_or_the_gpu_is_another_makers(
    given: dict[str, str], taken: str | None
) -> None:
    result = _on("k3s", image="registry.lab/vllm:1", **given)
    assert result.pools["own"].runtime_class == taken
    assert RUNTIME not in result.chosen
    assert not [each for each in (*result.to_do, *result.warnings) if each.path == RUNTIME]


@pytest.mark.parametrize("distribution", [None, "kubeadm", "k3s", "rke2", "openshift"])
def test_only_openshift_has_to_let_pods_run_as_the_user_whose_files_the_weights_are(distribution: str | None) -> None:
    said = [each.message for each in _on(distribution).to_do if each.path == "cluster.existing.distribution"]
    assert bool(said) == (distribution == "openshift")
    assert all("system:openshift:scc:nonroot-v2 --group=system:serviceaccounts:llm" in each for each in said)


@pytest.mark.parametrize(
    ("site", "ingress_class", "namespace"),
    [("k3s", "traefik", "kube-system"), ("openshift", "openshift-default", None)],
)
def test_the_gateway_is_reached_by_the_controller_that_the_distribution_brings(
    site: str, ingress_class: str, namespace: str | None
) -> None:
    found = planned(site)
    assert found.plan.gateway is not None
    assert (found.plan.gateway.ingress_class, found.plan.gateway.namespace) == (ingress_class, namespace)
    (ingress,) = {each.inputs["spec"]["ingressClassName"] for each in found.recording.of(INGRESS)}
    assert ingress == ingress_class


def test_openshifts_router_is_let_in_also_from_the_network_of_its_node() -> None:
    """On bare metal it runs there, and the name of its namespace selects no pod of it."""
    found = planned("openshift")
    (policy,) = [each for each in found.recording.of(NETWORK_POLICY) if each.name == "gateway-proxy-network-policy"]
    callers = policy.inputs["spec"]["ingress"][0]["from"]
    label = {"policy-group.network.openshift.io/ingress": ""}
    assert {"namespaceSelector": {"matchLabels": label}, "podSelector": {}} in callers
    assert [each.path for each in found.plan.to_do if each.path == "gateway.ingressClass"] == []


def test_openshifts_router_waits_as_long_as_an_answer_may_be_silent() -> None:
    """It ends an answer after 30 seconds without a byte, unless the Ingress says otherwise."""
    found = planned("openshift")
    for ingress in found.recording.of(INGRESS):
        annotations = ingress.inputs["metadata"]["annotations"]
        waits = int(annotations["haproxy.router.openshift.io/timeout"].removesuffix("s"))
        assert waits > found.plan.traffic.silence_seconds
        assert annotations["route.openshift.io/termination"] == "edge"


def test_accelerators_of_another_maker_are_asked_for_by_their_name_and_served_by_the_given_image() -> None:
    found = planned("amd")
    model = found.plan.models["chat"]
    (server,) = [each for each in found.recording.of("kubernetes:apps/v1:Deployment") if each.name == "chat-deployment"]
    (container,) = server.inputs["spec"]["template"]["spec"]["containers"]
    assert container["image"] == model.image == found.plan.settings.models["chat"].image
    assert container["resources"]["limits"]["amd.com/gpu"] == "2"
    assert "nvidia.com/gpu" not in container["resources"]["limits"]
    assert model.throughput.tokens_per_second is None
    said = {each.path for each in found.plan.assumptions}
    assert {"models.chat.image", "gpuPools.mi300x.existing.gpuMemoryGib"} <= said
