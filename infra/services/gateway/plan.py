"""The way in from outside the cluster."""

from collections.abc import Iterator
from typing import Literal

from infra.engines import ENGINES
from infra.plan.cluster import GatewayPlan
from infra.plan.findings import Decided, warned
from infra.plan.notes import Assumption, Chosen, Finding
from infra.services.gateway.section import Gateway
from infra.settings import Settings

NGINX_NAMESPACE = "ingress-nginx"  # where its own chart and manifests install it


def plan_gateway(settings: Settings) -> Decided[GatewayPlan | None]:
    gateway = settings.gateway
    if gateway is None:
        return None
    existing = settings.cluster.existing
    default = "nginx" if existing is not None and existing.context is not None else "alb"
    ingress_class = gateway.ingress_class or default
    if gateway.ingress_class is None:
        yield Chosen(
            "gateway.ingressClass",
            ingress_class,
            "one load balancer for all models" if ingress_class == "alb" else "no class is given",
        )
    controller = _controller(ingress_class)
    if controller == "nginx" and gateway.namespace is None:
        yield Assumption(
            "gateway.ingressClass", f"the controller of {ingress_class} runs in namespace {NGINX_NAMESPACE}"
        )
    yield from _warn(settings, gateway, ingress_class)
    return GatewayPlan(
        domain=gateway.domain,
        visibility=gateway.visibility,
        controller=controller,
        ingress_class=ingress_class,
        namespace=gateway.namespace or (NGINX_NAMESPACE if controller == "nginx" else None),
        timeout_seconds=gateway.timeout_seconds,
    )


def _warn(settings: Settings, gateway: Gateway, ingress_class: str) -> Iterator[Finding]:
    if gateway.certificate_arn is None and gateway.tls_secret is None:
        key = "certificateArn" if ingress_class == "alb" else "tlsSecret"
        yield warned(f"gateway.{key}", "no certificate: API keys, prompts and answers cross the network in the clear")
    if gateway.visibility == "public":
        yield warned("gateway.visibility", _public(gateway, ingress_class))
    open_to_all = sorted(name for name, model in settings.models.items() if not ENGINES[model.engine].checks_key)
    if open_to_all:
        titles = sorted({ENGINES[settings.models[name].engine].title for name in open_to_all})
        checks = f"{' and '.join(titles)} {'checks' if len(titles) == 1 else 'check'} no key"
        yield warned("gateway", f"{', '.join(open_to_all)}: {checks}; whoever reaches the load balancer may use it")


def _public(gateway: Gateway, ingress_class: str) -> str:
    """What stands between the internet and the models."""
    if ingress_class != "alb":
        return "public: the whole internet reaches the models, and an API key is all that guards them"
    near = ", ".join(gateway.inbound_cidrs) or "the whole internet"
    missing = [
        f"gateway.{key} {what}"
        for key, what, given in (
            ("inboundCidrs", "says who may call", bool(gateway.inbound_cidrs)),
            ("wafAclArn", "filters requests and limits their rate", gateway.waf_acl_arn is not None),
        )
        if not given
    ]
    also = " and a web ACL" if gateway.waf_acl_arn else ""
    guards = f"an API key{also} guards them" if also else "an API key is all that guards them"
    return "; ".join([f"public: {near} reaches the models, and {guards}", *missing])


def _controller(ingress_class: str) -> Literal["alb", "nginx", "other"]:
    if ingress_class == "alb":
        return "alb"
    return "nginx" if "nginx" in ingress_class else "other"
