"""Rules for `gateway`."""

from infra.clouds.existing.distributions import distribution_of
from infra.services.gateway.affinity import check_affinity
from infra.services.gateway.check_clients import check_clients
from infra.services.gateway.check_custom import check_custom
from infra.services.gateway.check_load_balancer import check_load_balancer
from infra.services.gateway.clients import DEFAULT
from infra.services.gateway.controllers import controller_of
from infra.services.gateway.exposed import DOMAIN, EXPOSE, EXPOSURE, GATEWAY, OLD_NAME, from_outside, written_key
from infra.services.gateway.replicas import check_replicas
from infra.services.gateway.section import Gateway
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key

_NGINX = "nginx.ingress.kubernetes.io"

# Annotations whose values follow from other keys, and on which rules of the platform rely. A cloud adds its own.
_DECIDED = {
    f"{_NGINX}/proxy-read-timeout": "write gateway.timeoutSeconds",
    f"{_NGINX}/proxy-send-timeout": "write gateway.timeoutSeconds",
    f"{_NGINX}/rewrite-target": "leave it out: only /v1 is reachable",
    "kubernetes.io/ingress.class": "write gateway.ingressClass",
}
# What only a way in from outside the cluster has.
_DISTRIBUTION: Key = ("cluster", "existing", "distribution")
_OUTSIDE = (
    "domain",
    "certificateArn",
    "tlsSecret",
    "ingressClass",
    "loadBalancer",
    "namespace",
    "inboundCidrs",
    "wafAclArn",
    "annotations",
)


def check_gateway(scope: Scope) -> None:
    check_affinity(scope)
    gateway = scope.settings.gateway
    if gateway is None:
        return
    _check_exposure(scope, gateway)
    check_replicas(scope, gateway)
    check_clients(scope, gateway)
    check_custom(scope, gateway)
    if not from_outside(scope):
        return
    _check_public(scope, gateway)
    check_load_balancer(scope, gateway)
    wrong = scope.report.wrong
    distribution = distribution_of(scope.settings)
    known = distribution is not None and distribution.controller is not None
    if _names_no_way(gateway) and not known and scope.cloud is not None and scope.cloud.ingress is None:
        got = f"missing; no class is known for a {scope.cloud.kind}"
        write = "write ingressClass: nginx, or the class that the cluster has; or loadBalancer: true"
        wrong((*GATEWAY, "ingressClass"), got, write, reads=[*CLUSTER_KIND, _DISTRIBUTION])
    for name in gateway.annotations:
        if name in _DECIDED:
            wrong((*GATEWAY, "annotations", name), "another key decides it", _DECIDED[name])


def _names_no_way(gateway: Gateway) -> bool:
    return gateway.ingress_class is None and not gateway.load_balancer


def _check_exposure(scope: Scope, gateway: Gateway) -> None:
    report = scope.report
    if scope.written(EXPOSE) and scope.written(OLD_NAME):
        report.out_of_place(OLD_NAME, "expose and its old name both", "leave visibility out")
    if from_outside(scope):
        if not scope.written(DOMAIN):
            got = f"missing; {gateway.exposure} needs the host under which applications reach it"
            report.wrong(DOMAIN, got, "write domain: llm.example.com", reads=EXPOSURE)
        return
    for name in _OUTSIDE:
        if scope.written((*GATEWAY, name)):
            said = "expose is cluster" if gateway.expose == "cluster" else "without a domain"
            write = f"write {'expose: internal' if gateway.expose else 'domain: llm.example.com'}, or leave {name} out"
            got = f"{said}: nothing outside the cluster reaches the gateway"
            report.out_of_place((*GATEWAY, name), got, write, reads=[EXPOSE, OLD_NAME])


def _check_public(scope: Scope, gateway: Gateway) -> None:
    if gateway.exposure != "public":
        return
    key, wrong = written_key(scope), scope.report.wrong
    if gateway.certificate_arn is None and gateway.tls_secret is None and not gateway.load_balancer:
        reads: list[Key] = [key, (*GATEWAY, "certificateArn"), (*GATEWAY, "tlsSecret")]
        controller = controller_of(gateway.ingress_class, scope.cloud, distribution_of(scope.settings))
        write = f"write {controller.certificate}: {controller.sample}"
        wrong(key, "public without TLS: keys would cross the internet unencrypted", write, reads=reads)
    if not set(gateway.clients) - {DEFAULT}:
        got = "public without clients: everybody would have the same key, which nobody can revoke for one alone"
        write = f"write clients: {{web-shop: {{models: [{next(iter(scope.settings.models))}]}}}}"
        wrong(key, got, write, reads=[key, (*GATEWAY, "clients")])
