"""The way in from outside: one host per model, `/v1` only, with the timeout where each controller reads it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from components.aws.load_balancer import alb_annotations
from components.gateway import Gateway, Route, nginx_annotations
from infra.recording import UNKNOWN, Recording
from tests.components.examples import run

INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/5f0c"


def alb(health_path: str, **changes: Any) -> dict[str, Any]:
    return alb_annotations(health_path, **{"public": False, "timeout_seconds": 300, "group": "llm", **changes})


def gateway(
    models: dict[str, str] | None = None,
    *,
    of: Callable[[str], dict[str, Any]] = alb,
    preview: bool = False,
    **changes: Any,
) -> Recording:
    """`models` are health paths by model; `of` gives the annotations for the controller."""
    arguments: dict[str, Any] = {
        "namespace": "llm",
        "domain": "llm.example.com",
        "ingress_class": "alb",
        "reports_address": True,
        "annotations": {},
        **changes,
    }

    def program(opts: pulumi.ResourceOptions) -> None:
        routes = {
            model: Route(
                service=k8s.core.v1.Service(model, metadata={"name": model, "namespace": "llm"}, opts=opts),
                port=80,
                annotations=of(path),
            )
            for model, path in (models or {"llama-8b": "/health"}).items()
        }
        made = Gateway("gateway", routes=routes, opts=opts, **arguments)
        pulumi.export("address", made.address)

    return run(program, preview=preview)


def annotations(recording: Recording) -> dict[str, str]:
    (ingress,) = recording.of(INGRESS)
    return ingress.inputs["metadata"]["annotations"]


@pytest.mark.parametrize("of", [alb, lambda _: nginx_annotations(300), lambda _: {}])
def test_only_v1_of_the_models_own_host_leads_to_its_service(of):
    (ingress,) = gateway(of=of, ingress_class="some-class").of(INGRESS)
    assert ingress.inputs["spec"]["ingressClassName"] == "some-class"
    backend = {"service": {"name": "llama-8b", "port": {"number": 80}}}
    assert ingress.inputs["spec"]["rules"] == [
        {
            "host": "llama-8b.llm.example.com",
            "http": {"paths": [{"path": "/v1", "pathType": "Prefix", "backend": backend}]},
        }
    ]
    assert "defaultBackend" not in ingress.inputs["spec"]


@pytest.mark.parametrize(("public", "scheme"), [(False, "internal"), (True, "internet-facing")])
def test_an_alb_asks_each_engine_its_own_health_and_waits_as_long_as_the_gateway_may(public, scheme):
    prefix = "alb.ingress.kubernetes.io"
    assert annotations(gateway({"tiny": "/"}, of=partial(alb, public=public, timeout_seconds=450))) == {
        f"{prefix}/group.name": "llm",
        f"{prefix}/scheme": scheme,
        f"{prefix}/target-type": "ip",
        f"{prefix}/healthcheck-path": "/",
        f"{prefix}/load-balancer-attributes": "idle_timeout.timeout_seconds=450",
        f"{prefix}/target-group-attributes": "deregistration_delay.timeout_seconds=450",
        f"{prefix}/listen-ports": '[{"HTTP":80}]',
    }


def test_an_alb_serves_the_certificate_and_sends_http_there():
    result = annotations(gateway(of=partial(alb, certificate_arn=CERTIFICATE)))
    assert result["alb.ingress.kubernetes.io/certificate-arn"] == CERTIFICATE
    assert result["alb.ingress.kubernetes.io/listen-ports"] == '[{"HTTP":80},{"HTTPS":443}]'
    assert result["alb.ingress.kubernetes.io/ssl-redirect"] == "443"


def test_an_alb_with_a_certificate_refuses_tls_before_1_2():
    policy = "alb.ingress.kubernetes.io/ssl-policy"
    assert (
        annotations(gateway(of=partial(alb, certificate_arn=CERTIFICATE)))[policy]
        == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    )
    assert policy not in annotations(gateway())  # without a certificate there is no TLS listener
    own = {policy: "ELBSecurityPolicy-TLS13-1-3-2021-06"}
    assert annotations(gateway(of=partial(alb, certificate_arn=CERTIFICATE), annotations=own))[policy] == own[policy]


def test_an_alb_is_narrowed_to_addresses_and_by_a_web_acl():
    acl = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/llm/5f0c"
    result = annotations(gateway(of=partial(alb, inbound_cidrs=("10.0.0.0/8", "172.16.0.0/12"), waf_acl_arn=acl)))
    assert result["alb.ingress.kubernetes.io/inbound-cidrs"] == "10.0.0.0/8,172.16.0.0/12"
    assert result["alb.ingress.kubernetes.io/wafv2-acl-arn"] == acl
    assert not {"inbound-cidrs", "wafv2-acl-arn"} & {key.split("/")[1] for key in annotations(gateway())}


def test_the_deregistration_delay_stays_within_the_albs_limit():
    result = annotations(gateway(of=partial(alb, timeout_seconds=4000)))
    assert result["alb.ingress.kubernetes.io/load-balancer-attributes"].endswith("=4000")
    assert result["alb.ingress.kubernetes.io/target-group-attributes"].endswith("=3600")


def test_all_models_share_one_load_balancer():
    ingresses = gateway({"a": "/health", "b": "/health"}).of(INGRESS)
    assert len(ingresses) == 2
    shared = ("group.name", "scheme", "load-balancer-attributes", "listen-ports")
    for key in shared:
        assert len({i.inputs["metadata"]["annotations"][f"alb.ingress.kubernetes.io/{key}"] for i in ingresses}) == 1


def test_nginx_reads_the_timeout_and_passes_tokens_on_as_they_come():
    prefix = "nginx.ingress.kubernetes.io"
    assert annotations(gateway(of=lambda _: nginx_annotations(450))) == {
        f"{prefix}/proxy-read-timeout": "450",
        f"{prefix}/proxy-send-timeout": "450",
        f"{prefix}/proxy-body-size": "64m",
        f"{prefix}/proxy-buffering": "off",
    }


def test_a_tls_secret_serves_the_host():
    (ingress,) = gateway(tls_secret="llm-tls").of(INGRESS)
    assert ingress.inputs["spec"]["tls"] == [{"hosts": ["llama-8b.llm.example.com"], "secretName": "llm-tls"}]


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


def test_the_order_of_models_changes_nothing_and_a_new_one_only_adds():
    def by_urn(models: dict[str, str]) -> dict[str, Any]:
        return {r.urn: r.inputs for r in gateway(models).of(INGRESS)}

    two = by_urn({"a": "/health", "b": "/"})
    assert two == by_urn({"b": "/", "a": "/health"})
    assert two.items() <= by_urn({"a": "/health", "0": "/health", "b": "/"}).items()


def test_a_route_waits_for_its_own_service():
    for ingress in gateway({"a": "/health", "b": "/health"}).of(INGRESS):
        model = ingress.name.removeprefix("gateway-")
        assert [urn.split("::")[-1] for urn in ingress.options["depends_on"]] == [model]
