"""What a person has to do for the gateway: provide a certificate, a controller and a DNS name."""

from collections.abc import Iterator

from infra.plan.cluster import ClusterPlan
from infra.plan.labels import CLIENT_LABEL
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.way_in import GatewayPlan
from infra.services.gateway.controllers import LOAD_BALANCER
from infra.settings.platform import Settings


def list_gateway(settings: Settings, cluster: ClusterPlan, gateway: GatewayPlan | None) -> Iterator[Finding]:
    if gateway is None or settings.gateway is None:
        return
    balancer = gateway.controller == LOAD_BALANCER
    names = both_names(gateway.domain)
    covers = f"{names}: a certificate for *.{gateway.domain} alone doesn't cover the URL {gateway.base_url}"
    if settings.gateway.certificate_arn is not None:
        yield ToDo("gateway.certificateArn", f"the certificate has to cover {covers}", Step.CERTIFICATE)
    if settings.gateway.tls_secret is not None:
        where = f"{settings.namespace.name}/{settings.gateway.tls_secret}"
        how = f"; {_create_secret(cluster, where)} creates it, and the gateway's pods start then" if balancer else ""
        yield ToDo(
            "gateway.tlsSecret",
            f"the Secret {where} has to exist{_when(settings)}, with a certificate for {covers}{how}",
            Step.CERTIFICATE,
        )
    if not balancer and not gateway.controller.made_with_cluster and cluster.made:
        yield ToDo(
            "gateway.ingressClass",
            f"once the cluster exists, install an Ingress controller of class {gateway.ingress_class};"
            " its load balancer isn't in the bill",
            Step.INGRESS_CONTROLLER,
        )
    is_let_in = gateway.controller.sends_from or settings.gateway.namespace is not None
    if not gateway.controller.reports_address and not is_let_in:
        yield ToDo(
            "gateway.ingressClass",
            f"put the label {CLIENT_LABEL}=true on the namespace of the controller of {gateway.ingress_class}:"
            " the models' NetworkPolicies let in only namespaces with this label",
            Step.INGRESS_LABEL,
        )
    # A load balancer of the cloud has a name; on one's own servers it has often only an IP address.
    address = "" if gateway.controller.made_with_cluster else " (an A record if that is an IP address)"
    yield ToDo(
        "gateway.domain",
        f"after `pulumi up`, create DNS CNAME records from {names} to the stack output gateway_address{address}:"
        f" a record for *.{gateway.domain} alone doesn't answer for {gateway.domain}",
        Step.DNS,
    )


def _when(settings: Settings) -> str:
    """`pulumi up` refuses to create a namespace that exists: in a new stack a Secret in it comes afterwards."""
    name = settings.namespace.name
    return (
        f" (where the stack is new: once `pulumi up` has made the namespace {name})"
        if settings.namespace.create
        else ""
    )


def _create_secret(cluster: ClusterPlan, where: str) -> str:
    """cert-manager writes such a Secret by itself."""
    namespace, _, name = where.partition("/")
    return f"`{cluster.kubectl} create secret tls {name} -n {namespace} --cert=FILE --key=FILE`"


def both_names(domain: str) -> str:
    """A wildcard stands for the addresses that each model had in version 1, and never for the domain itself."""
    return f"{domain} and *.{domain}"
