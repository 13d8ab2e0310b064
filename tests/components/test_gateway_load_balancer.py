"""The way in without an Ingress: a LoadBalancer Service, by which callers reach the gateway's port with TLS."""

from dataclasses import replace
from typing import Any

from components.gateway_load_balancer import GatewayLoadBalancer
from components.gateway_pod import TlsPort
from infra.recording import Recorded, Recording
from tests.components.examples import pod, run
from tests.components.test_gateway_proxy import POD, REACH, proxy
from tests.example_stacks import plan_text, planned, text

SERVICE = "kubernetes:core/v1:Service"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
TLS = TlsPort(port=8443, folder="/etc/envoy-tls", secret="llm-tls")


def service(**changes: Any) -> Recorded:
    arguments: dict[str, Any] = {
        "namespace": "llm",
        "object_name": "gateway-outside",
        "pods": {"app": "gateway"},
        "cidrs": [],
        "annotations": {},
        **changes,
    }
    (made,) = run(lambda opts: GatewayLoadBalancer("gateway-outside", opts=opts, **arguments)).of(SERVICE)
    return made


def secured() -> Recording:
    return proxy(pod=replace(POD, tls=TLS), reach=replace(REACH, tls_cidrs=["192.0.2.0/24"]))


def test_only_the_port_with_tls_is_open_and_callers_keep_their_addresses() -> None:
    spec = service().inputs["spec"]
    assert spec["type"] == "LoadBalancer"
    assert spec["ports"] == [{"name": "https", "port": 443, "targetPort": "https", "protocol": "TCP"}]
    assert spec["externalTrafficPolicy"] == "Local"
    assert "loadBalancerSourceRanges" not in spec


def test_it_is_narrowed_to_addresses_and_passes_annotations_on() -> None:
    made = service(cidrs=["192.0.2.0/24"], annotations={"metallb.io/address-pool": "public"})
    assert made.inputs["spec"]["loadBalancerSourceRanges"] == ["192.0.2.0/24"]
    assert made.inputs["metadata"]["annotations"] == {"metallb.io/address-pool": "public"}


def test_the_pods_mount_the_certificate_and_only_its_port_is_open_to_callers_addresses() -> None:
    spec = pod(secured())
    (container,) = spec["containers"]
    assert {"name": "https", "containerPort": 8443, "protocol": "TCP"} in container["ports"]
    assert {"name": "tls", "mountPath": "/etc/envoy-tls", "readOnly": True} in container["volumeMounts"]
    assert {"name": "tls", "secret": {"secretName": "llm-tls"}} in spec["volumes"]
    (policy,) = secured().of(POLICY)
    to = {"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": [{"protocol": "TCP", "port": 8443}]}
    assert to in policy.inputs["spec"]["ingress"]


def test_a_stack_without_an_ingress_believes_no_forwarded_address() -> None:
    whole = planned("direct")
    traffic = whole.plan.traffic
    assert (traffic.tls_secret, traffic.trusted_hops) == ("llm-tls", 0)
    assert whole.recording.outputs["gateway_address"] is not None
    assert whole.plan.gateway is not None
    assert whole.plan.gateway.base_url == "https://llm.example.com/v1"
    (made,) = [each for each in whole.recording.of(SERVICE) if each.inputs["spec"].get("type") == "LoadBalancer"]
    assert made.inputs["spec"]["loadBalancerSourceRanges"] == ["192.0.2.0/24"]


def test_an_internal_one_asks_for_an_internal_load_balancer_in_the_words_of_two_clouds() -> None:
    recording = plan_text("direct", text("direct").replace("expose: public", "expose: internal")).recording
    (made,) = [each for each in recording.of(SERVICE) if each.inputs["spec"].get("type") == "LoadBalancer"]
    annotations = made.inputs["metadata"]["annotations"]
    assert annotations["networking.gke.io/load-balancer-type"] == "Internal"
    assert annotations["service.beta.kubernetes.io/azure-load-balancer-internal"] == "true"
    assert annotations["metallb.io/address-pool"] == "public"
