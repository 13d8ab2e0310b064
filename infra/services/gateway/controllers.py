"""What makes an address of the gateway's Ingresses: the cloud's own, or one inside the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.plan.cluster import IngressController

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud

NGINX = IngressController(name="nginx", why="no class is given", namespace="ingress-nginx")  # its own chart's
OTHER = IngressController(name="other", why="it is in the stack file", reports_address=False)


def controller_of(ingress_class: str | None, cloud: Cloud | None) -> IngressController:
    """By the class; of no class the cloud's, or the one that most clusters have."""
    own = cloud.ingress if cloud is not None else None
    if own is not None and ingress_class in (None, own.name):
        return own
    return NGINX if ingress_class is None or NGINX.name in ingress_class else OTHER
