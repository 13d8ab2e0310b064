"""One host per model, on the load balancer or controller that there is."""

from collections.abc import Mapping

import pulumi

from components.aws.load_balancer import alb_annotations
from components.gateway import Gateway, Route, nginx_annotations
from components.model_server import SERVICE_PORT, ModelServer
from infra.engines import ENGINES
from infra.plan.plan import Plan
from infra.site import Site


def make_gateway(plan: Plan, site: Site, servers: Mapping[str, ModelServer]) -> Gateway | None:
    gateway, settings = plan.gateway, plan.settings.gateway
    if gateway is None or settings is None:
        return None
    return Gateway(
        "gateway",
        namespace=plan.settings.namespace.name,
        domain=gateway.domain,
        routes={name: _route(plan, name, server, site) for name, server in servers.items()},
        ingress_class=gateway.ingress_class,
        reports_address=gateway.controller != "other",
        tls_secret=settings.tls_secret,
        annotations=settings.annotations,
        depends_on=[*site.ready, *site.operators],
        opts=site.opts,
    )


def _route(plan: Plan, model: str, server: ModelServer, site: Site) -> Route:
    health_path = ENGINES[plan.models[model].engine].health_path
    return Route(server.service, SERVICE_PORT, _annotations(plan, health_path, site))


def _annotations(plan: Plan, health_path: str, site: Site) -> Mapping[str, pulumi.Input[str]]:
    """What the gateway's controller has to know of one model's route."""
    gateway, settings = plan.gateway, plan.settings.gateway
    assert gateway is not None
    assert settings is not None
    match gateway.controller:
        case "alb":
            return alb_annotations(
                health_path,
                public=gateway.visibility == "public",
                timeout_seconds=gateway.timeout_seconds,
                group=plan.cluster.name,
                subnet_ids=site.load_balancer_subnet_ids,
                certificate_arn=settings.certificate_arn,
                inbound_cidrs=settings.inbound_cidrs,
                waf_acl_arn=settings.waf_acl_arn,
            )
        case "nginx":
            return nginx_annotations(gateway.timeout_seconds)
        case "other":
            return {}
