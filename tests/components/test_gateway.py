"""The way in from outside: one Ingress to the gateway, with the timeout where each controller reads it."""

from typing import Any

import pulumi
import pytest

from components.aws.load_balancer import alb_annotations
from components.gateway import Gateway, nginx_annotations
from infra.recording import UNKNOWN, Recording
from tests.components.examples import run

INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/5f0c"


def alb(health_path: str = "/healthz", **changes: Any) -> dict[str, Any]:
    return alb_annotations(
        health_path, **{"public": False, "timeout_seconds": 300, "leave_seconds": 600, "group": "llm", **changes}
    )


def gateway(of: dict[str, Any] | None = None, *, preview: bool = False, **changes: Any) -> Recording:
    """`of`: the annotations for its controller; when absent, an ALB's."""
    arguments: dict[str, Any] = {
        "namespace": "llm",
        "hosts": ["llm.example.com", "llama-8b.llm.example.com"],
        "service": "gateway",
        "port": 80,
        "ingress_class": "alb",
        "reports_address": True,
        "annotations": {},
        **changes,
    }

    def program(opts: pulumi.ResourceOptions) -> None:
        made = Gateway("gateway", of_controller=alb() if of is None else of, opts=opts, **arguments)
        pulumi.export("address", made.address)

    return run(program, preview=preview)


def annotations(recording: Recording) -> dict[str, str]:
    (ingress,) = recording.of(INGRESS)
    return ingress.inputs["metadata"]["annotations"]


@pytest.mark.parametrize("of", [alb(), nginx_annotations(300), {}])
def test_every_path_of_its_hosts_leads_to_the_gateway_and_no_other_host_does(of):
    (ingress,) = gateway(of, ingress_class="some-class").of(INGRESS)
    assert ingress.inputs["spec"]["ingressClassName"] == "some-class"
    backend = {"service": {"name": "gateway", "port": {"number": 80}}}
    paths = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    assert ingress.inputs["spec"]["rules"] == [
        {"host": "llm.example.com", **paths},
        {"host": "llama-8b.llm.example.com", **paths},
    ]
    assert "defaultBackend" not in ingress.inputs["spec"]


@pytest.mark.parametrize(("public", "scheme"), [(False, "internal"), (True, "internet-facing")])
def test_an_alb_asks_for_the_gateways_health_and_waits_as_long_as_an_answer_may_take(public, scheme):
    prefix = "alb.ingress.kubernetes.io"
    assert annotations(gateway(alb(public=public, timeout_seconds=450, leave_seconds=900))) == {
        f"{prefix}/group.name": "llm",
        f"{prefix}/scheme": scheme,
        f"{prefix}/target-type": "ip",
        f"{prefix}/group.order": "-1",
        f"{prefix}/healthcheck-path": "/healthz",
        f"{prefix}/healthcheck-interval-seconds": "5",
        f"{prefix}/healthcheck-timeout-seconds": "3",
        f"{prefix}/load-balancer-attributes": "idle_timeout.timeout_seconds=450",
        f"{prefix}/target-group-attributes": "deregistration_delay.timeout_seconds=900",
        f"{prefix}/listen-ports": '[{"HTTP":80}]',
    }


def test_an_alb_serves_the_certificate_and_sends_http_there():
    result = annotations(gateway(alb(certificate_arn=CERTIFICATE)))
    assert result["alb.ingress.kubernetes.io/certificate-arn"] == CERTIFICATE
    assert result["alb.ingress.kubernetes.io/listen-ports"] == '[{"HTTP":80},{"HTTPS":443}]'
    assert result["alb.ingress.kubernetes.io/ssl-redirect"] == "443"


def test_an_alb_with_a_certificate_refuses_tls_before_1_2():
    policy = "alb.ingress.kubernetes.io/ssl-policy"
    assert (
        annotations(gateway(alb(certificate_arn=CERTIFICATE)))[policy] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    )
    assert policy not in annotations(gateway())  # without a certificate there is no TLS listener
    own = {policy: "ELBSecurityPolicy-TLS13-1-3-2021-06"}
    assert annotations(gateway(alb(certificate_arn=CERTIFICATE), annotations=own))[policy] == own[policy]


def test_an_alb_is_narrowed_to_addresses_and_by_a_web_acl():
    acl = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/llm/5f0c"
    result = annotations(gateway(alb(inbound_cidrs=("10.0.0.0/8", "172.16.0.0/12"), waf_acl_arn=acl)))
    assert result["alb.ingress.kubernetes.io/inbound-cidrs"] == "10.0.0.0/8,172.16.0.0/12"
    assert result["alb.ingress.kubernetes.io/wafv2-acl-arn"] == acl
    assert not {"inbound-cidrs", "wafv2-acl-arn"} & {key.split("/")[1] for key in annotations(gateway())}


def test_the_idle_timeout_stays_within_the_albs_limit():
    result = annotations(gateway(alb(timeout_seconds=4020)))
    assert result["alb.ingress.kubernetes.io/load-balancer-attributes"].endswith("=4000")


def test_nginx_reads_the_timeout_and_passes_tokens_on_as_they_come():
    prefix = "nginx.ingress.kubernetes.io"
    assert annotations(gateway(nginx_annotations(450))) == {
        f"{prefix}/proxy-read-timeout": "450",
        f"{prefix}/proxy-send-timeout": "450",
        f"{prefix}/proxy-body-size": "64m",
        f"{prefix}/proxy-buffering": "off",
    }


def test_a_tls_secret_serves_every_host():
    (ingress,) = gateway(tls_secret="llm-tls").of(INGRESS)
    hosts = ["llm.example.com", "llama-8b.llm.example.com"]
    assert ingress.inputs["spec"]["tls"] == [{"hosts": hosts, "secretName": "llm-tls"}]


def test_the_stacks_own_annotations_win():
    result = annotations(
        gateway(annotations={"alb.ingress.kubernetes.io/scheme": "internet-facing", "acme.io/team": "ml"})
    )
    assert result["alb.ingress.kubernetes.io/scheme"] == "internet-facing"
    assert result["acme.io/team"] == "ml"


@pytest.mark.parametrize("reports", [True, False])
def test_an_address_is_awaited_only_where_a_controller_is_known_to_give_one(reports):
    recording = gateway(reports_address=reports)
    assert annotations(recording).get("pulumi.com/skipAwait") == (None if reports else "true")
    assert (recording.outputs.get("address") is not None) == reports


def test_the_address_is_unknown_in_a_first_preview():
    assert gateway(preview=True).outputs["address"] == UNKNOWN
