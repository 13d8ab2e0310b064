"""The load balancer through which the models are reached from outside, and whether a change recreates it."""

from collections.abc import Mapping
from typing import Any

from infra.clouds.resource_types import Reach
from infra.registry import reach_of
from infra.sides.types import ResourceChanges, Side, name_of, type_of

INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
GATEWAY_INGRESS = "gateway-ingress"


def gateway_of(side: Side) -> Mapping[str, Any]:
    """As the stack file has it."""
    gateway = side.platform.get("gateway")
    return gateway if isinstance(gateway, Mapping) else {}


def reach(side: Side, model: str) -> Reach | None:
    """From where the model is reached; when that changes, the controller replaces the load balancer."""
    ingress = side.resource(INGRESS, GATEWAY_INGRESS) or side.resource(INGRESS, f"gateway-{model}")  # of version 1
    return reach_of(ingress["inputs"]["metadata"].get("annotations", {})) if ingress else None


def recreated(old: Side, new: Side, resources: ResourceChanges) -> bool:
    """Whether another load balancer takes over, of the same controller, of another one or of none."""
    if any(type_of(urn) == INGRESS for urn in resources.replaced):
        return True
    if bool(gateway_of(old).get("loadBalancer")) != bool(gateway_of(new).get("loadBalancer")):
        return True
    models = old.models.keys() & new.models.keys()
    return any((was := reach(old, name)) and (now := reach(new, name)) and was != now for name in models) or any(
        "spec.ingressClassName" in changed and name_of(urn).startswith("gateway-")
        for urn, changed in resources.changed.items()
        if type_of(urn) == INGRESS
    )
