"""The controllers that give the gateway's Ingresses an address: the cloud's own, or one inside the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.clouds.existing.distributions import Distribution
from infra.plan.way_in import IngressController

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud

NGINX = IngressController(name="nginx", why="no class is given", namespace="ingress-nginx")  # as in its own chart
LOAD_BALANCER = IngressController(
    name="loadBalancer", why="it is in the stack file", title="LoadBalancer Service, TLS in Envoy", narrows=True
)
OTHER = IngressController(name="other", why="it is in the stack file", reports_address=False)
# By which a LoadBalancer Service is internal in two clouds, which otherwise make a public one.
INTERNAL = {
    "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
    "networking.gke.io/load-balancer-type": "Internal",
}


def controller_of(
    ingress_class: str | None, cloud: Cloud | None, distribution: Distribution | None = None
) -> IngressController:
    """The controller of this class. If no class is given, it is the cloud's own or the distribution's, or else nginx,
    the usual one."""
    if distribution is not None:
        brought = distribution.controllers.get(ingress_class) if ingress_class else distribution.controller
        if brought is not None:
            return brought
    own = cloud.ingress if cloud is not None else None
    if own is not None and ingress_class in (None, own.name):
        return own
    return NGINX if ingress_class is None or NGINX.name in ingress_class else OTHER
