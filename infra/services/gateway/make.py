"""Creates one host per model, on the cloud's load balancer or on a controller in the cluster."""

from collections.abc import Mapping

import pulumi

from components.gateway import Gateway, Route, nginx_annotations
from components.model_server import SERVICE_PORT, ModelServer
from infra.clouds.site import Site
from infra.engines import ENGINES
from infra.plan.plan import Plan
from infra.services.gateway.controllers import NGINX


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
        reports_address=gateway.controller.reports_address,
        tls_secret=settings.tls_secret,
        annotations=settings.annotations,
        depends_on=[*site.ready, *site.operators],
        opts=site.opts,
    )


def _route(plan: Plan, model: str, server: ModelServer, site: Site) -> Route:
    health_path = ENGINES[plan.models[model].engine].health_path
    return Route(server.service, SERVICE_PORT, _annotations(plan, health_path, site))


def _annotations(plan: Plan, health_path: str, site: Site) -> Mapping[str, pulumi.Input[str]]:
    """The annotations by which the gateway's controller knows timeouts and health check of one model's route."""
    assert plan.gateway is not None
    if plan.gateway.controller == NGINX:
        return nginx_annotations(plan.gateway.timeout_seconds)
    return site.annotations(plan, health_path) if plan.gateway.controller.outside else {}
