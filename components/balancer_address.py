"""Where a load balancer is, as the status of an Ingress or a Service says it."""

from typing import Any


def balancer_address(status: Any) -> str | None:
    """The first host name or IP, which is empty until a controller sets it."""
    balancer = status.load_balancer if status else None
    first = balancer.ingress[0] if balancer and balancer.ingress else None
    return (first.hostname or first.ip) if first else None
