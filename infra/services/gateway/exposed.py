"""Whether the stack file asks for a gateway that is reached from outside the cluster."""

from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

GATEWAY: Key = ("gateway",)
EXPOSE, OLD_NAME, DOMAIN = (*GATEWAY, "expose"), (*GATEWAY, "visibility"), (*GATEWAY, "domain")
EXPOSURE: tuple[Key, ...] = (EXPOSE, OLD_NAME, DOMAIN)  # the keys by which it is decided


def from_outside(scope: Scope) -> bool:
    """A domain asks for it even where its value is wrong, and so isn't in the settings."""
    gateway = scope.settings.gateway
    if gateway is None or gateway.expose == "cluster":
        return False
    return gateway.exposure != "cluster" or scope.written(DOMAIN)


def written_key(scope: Scope) -> Key:
    """The key by which the stack file says it."""
    return OLD_NAME if scope.written(OLD_NAME) and not scope.written(EXPOSE) else EXPOSE
