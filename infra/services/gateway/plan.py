"""The plan of the gateway: its controller, class and addresses, with warnings about who can reach the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.clouds.existing.distributions import distribution_of
from infra.plan.findings import Decided, warned
from infra.plan.notes import Assumption, Chosen, Finding
from infra.plan.way_in import GatewayPlan, IngressController
from infra.plan.words import kubectl
from infra.services.gateway.controllers import LOAD_BALANCER, controller_of
from infra.services.gateway.section import Gateway
from infra.settings.addresses import private
from infra.settings.platform import Settings

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud


def plan_gateway(settings: Settings, cloud: Cloud) -> Decided[GatewayPlan | None]:
    gateway = settings.gateway
    if gateway is None or gateway.domain is None or gateway.exposure == "cluster":
        return None
    if gateway.visibility is not None:
        yield warned(
            "gateway.visibility",
            f"the old name of expose, read in this release only: write expose: {gateway.visibility}",
        )
    controller = (
        LOAD_BALANCER
        if gateway.load_balancer
        else controller_of(gateway.ingress_class, cloud, distribution_of(settings))
    )
    ingress_class = None if gateway.load_balancer else gateway.ingress_class or controller.name
    if gateway.ingress_class is None and ingress_class is not None:
        yield Chosen("gateway.ingressClass", ingress_class, controller.why)
    distribution = distribution_of(settings)
    brought = distribution is not None and controller in distribution.controllers.values()
    if controller.namespace is not None and gateway.namespace is None and not brought:
        yield Assumption(
            "gateway.ingressClass",
            f"the controller of {ingress_class} runs in namespace {controller.namespace}: gateway.namespace names"
            " another, such as kube-system for the nginx that RKE2 brings",
        )
    if gateway.load_balancer:
        yield Assumption(
            "gateway.loadBalancer",
            "the cluster gives a Service of the type LoadBalancer an address, as clouds do, and MetalLB on your"
            " servers; `pulumi up` waits for it",
        )
    existing = settings.cluster.existing
    yield from _warn(gateway, controller, kubectl(existing.context if existing else None))
    return GatewayPlan(
        domain=gateway.domain,
        visibility=gateway.exposure,
        controller=controller,
        ingress_class=ingress_class,
        namespace=gateway.namespace or controller.namespace,
        timeout_seconds=gateway.timeout_seconds,
        encrypted=gateway.certificate_arn is not None or gateway.tls_secret is not None,
    )


def _warn(gateway: Gateway, controller: IngressController, command: str) -> Iterator[Finding]:
    if gateway.certificate_arn is None and gateway.tls_secret is None:
        key = f"gateway.{controller.certificate}"
        yield warned(key, "no certificate: API keys, prompts and answers cross the network unencrypted")
    if gateway.load_balancer and gateway.exposure == "internal":
        yield warned(
            "gateway.loadBalancer",
            "internal: the Service asks for an internal load balancer in the words of Azure and Google; on any"
            " other cloud gateway.annotations has to ask for it, or the load balancer may be public",
        )
    if not controller.narrows:
        yield _decided_by_class(gateway, controller, command)
    elif gateway.exposure == "public" and (said := _public(gateway)):
        yield warned("gateway.expose", said)


def _decided_by_class(gateway: Gateway, controller: IngressController, command: str) -> Finding:
    """Nothing that is written for such a controller says from where it is reached: its Service does."""
    named, namespace = gateway.ingress_class or controller.name, gateway.namespace or controller.namespace
    look = f"{command} get service {f'-n {namespace}' if namespace else '-A'}"
    said = (
        f"{gateway.exposure}: the controller of class {named} decides from where the models are reached, not this key:"
        f" `{look}` shows its EXTERNAL-IP, and"
        " where that is a public address the whole internet reaches the models, and only a client's key protects them"
    )
    return warned("gateway.expose", said) if gateway.exposure == "public" else Assumption("gateway.expose", said)


def _public(gateway: Gateway) -> str:
    """What protects the models from callers of the internet, and which keys would add protection; nothing where none
    of them is let in."""
    callers = [each for each in gateway.inbound_cidrs if each not in private(gateway.inbound_cidrs)]
    if gateway.inbound_cidrs and not callers:
        return ""
    reach = (
        f"{', '.join(callers)} {'reaches' if len(callers) == 1 else 'reach'}"
        if callers
        else "the whole internet reaches"
    )
    missing = [
        f"gateway.{key} {what}"
        for key, what, given in (
            ("inboundCidrs", "says who may call", bool(gateway.inbound_cidrs)),
            ("wafAclArn", "filters requests and limits their rate", gateway.load_balancer or bool(gateway.waf_acl_arn)),
        )
        if not given
    ]
    also = " and a web ACL" if gateway.waf_acl_arn else ""
    guards = f"a client's key{also} protect them" if also else "only a client's key protects them"
    return "; ".join([f"public: {reach} the models, and {guards}", *missing])
