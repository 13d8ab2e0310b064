"""The second tier: one listener inside the process for each set of permissions."""

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.affinity import reads_user, user_filter
from infra.services.gateway.envoy.bodies import body_filters
from infra.services.gateway.envoy.connections import routes_in, second_tier
from infra.services.gateway.envoy.held import preference
from infra.services.gateway.envoy.internal import listener_inside
from infra.services.gateway.envoy.limits import limit_filter
from infra.services.gateway.envoy.messages import Message
from infra.services.gateway.envoy.permissions import Permission
from infra.services.gateway.envoy.place import Place
from infra.services.gateway.envoy.token_limits import limited, token_filter


def listener(traffic: TrafficPlan, place: Place, permission: Permission) -> Message:
    """A client's cluster leads here, and to no other."""
    name = permission.name
    routes = routes_in(place, name, file_of(name))
    user = [user_filter()] if reads_user(traffic.servers) else []
    tokens = [token_filter()] if limited(permission) else []
    tier = second_tier(traffic, name, routes, [limit_filter(), *body_filters(traffic), *user, preference(), *tokens])
    return listener_inside(name, tier)


def file_of(permission: str) -> str:
    return f"models-{permission}.json"
