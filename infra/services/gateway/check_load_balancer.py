"""Rules for `gateway.loadBalancer`: callers outside reach Envoy itself, by TLS."""

from infra.services.gateway.exposed import DOMAIN, EXPOSE, GATEWAY
from infra.services.gateway.section import Gateway
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key

_KEY: Key = (*GATEWAY, "loadBalancer")
_OF_INGRESSES = {
    "ingressClass": "a load balancer Service has no Ingress",
    "namespace": "a load balancer is in no namespace",
}


def check_load_balancer(scope: Scope, gateway: Gateway) -> None:
    if not gateway.load_balancer:
        return
    report, own = scope.report, scope.cloud.ingress if scope.cloud is not None else None
    if own is not None:
        got = f"a cluster of this cloud has a load balancer for Ingresses, of class {own.name}"
        report.wrong(_KEY, got, f"leave loadBalancer out, and write {own.certificate}", reads=CLUSTER_KIND)
        return
    for name, why in _OF_INGRESSES.items():
        if scope.written((*GATEWAY, name)):
            report.out_of_place((*GATEWAY, name), why, f"leave {name} out, or leave loadBalancer out", reads=[_KEY])
    secret: Key = (*GATEWAY, "tlsSecret")
    if not scope.written(secret):
        got = "missing; with loadBalancer it is Envoy that has the certificate"
        report.wrong(secret, got, "write tlsSecret: llm-tls", reads=[_KEY, EXPOSE, DOMAIN])
