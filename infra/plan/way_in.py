"""How requests from outside the cluster reach the gateway."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class IngressController:
    """The software that gives Ingresses an address, as far as the gateway has to know it."""

    name: str  # of its ingress class, where the stack file gives no other
    why: str  # the reason why it is chosen
    title: str | None = None  # of its load balancer; None: it has the name of its class
    certificate: str = "tlsSecret"  # the key of the stack file that names the certificate
    sample: str = "NAME"  # an example of that key's value
    outside: bool = False  # it is outside the cluster and in no namespace: requests come from IP addresses
    made_with_cluster: bool = False  # a cluster that we make has it
    narrows: bool = False  # it can admit only some addresses, and use a web ACL
    reports_address: bool = True
    namespace: str | None = None  # where it is usually installed
    # Labels that the cluster has put on the namespaces from which it sends, where their names don't say enough.
    sends_from: Mapping[str, str] = field(default_factory=dict)
    # Labels that the models' namespace needs, each with the value `enabled` -> why.
    namespace_labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GatewayPlan:
    domain: str
    visibility: Literal["internal", "public"]
    controller: IngressController
    ingress_class: str | None  # None: no Ingress leads to it
    namespace: str | None  # where a controller inside the cluster runs; None: requests come from outside
    timeout_seconds: int
    encrypted: bool  # its certificate is in the stack file

    @property
    def scheme(self) -> str:
        return "https" if self.encrypted else "http"

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://{self.domain}/v1"
