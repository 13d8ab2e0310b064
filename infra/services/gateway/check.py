"""Rules for `gateway`."""

from infra.engines import DEFAULT, ENGINES
from infra.services.gateway.controllers import controller_of
from infra.services.gateway.section import Gateway
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key

_KEY: Key = ("gateway",)
_NGINX = "nginx.ingress.kubernetes.io"

# Annotations whose values follow from other keys, and on which rules of the platform rely. A cloud adds its own.
_DECIDED = {
    f"{_NGINX}/proxy-read-timeout": "write gateway.timeoutSeconds",
    f"{_NGINX}/proxy-send-timeout": "write gateway.timeoutSeconds",
    f"{_NGINX}/rewrite-target": "leave it out: only /v1 of a model is reachable",
    "kubernetes.io/ingress.class": "write gateway.ingressClass",
}


def check_gateway(scope: Scope) -> None:
    gateway = scope.settings.gateway
    if gateway is None:
        return
    _check_public(scope, gateway)
    wrong = scope.report.wrong
    if gateway.ingress_class is None and scope.cloud is not None and scope.cloud.ingress is None:
        got = f"missing; no class is known for a {scope.cloud.kind}"
        write = "write ingressClass: nginx, or the class that the cluster has"
        wrong((*_KEY, "ingressClass"), got, write, reads=CLUSTER_KIND)
    for name in gateway.annotations:
        if name in _DECIDED:
            wrong((*_KEY, "annotations", name), "another key decides it", _DECIDED[name])


def _check_public(scope: Scope, gateway: Gateway) -> None:
    if gateway.visibility != "public":
        return
    visibility: Key = (*_KEY, "visibility")
    if gateway.certificate_arn is None and gateway.tls_secret is None:
        reads: list[Key] = [(*_KEY, "certificateArn"), (*_KEY, "tlsSecret")]
        controller = controller_of(gateway.ingress_class, scope.cloud)
        write = f"write {controller.certificate}: {controller.sample}"
        scope.report.wrong(
            visibility, "public without TLS: keys would cross the internet unencrypted", write, reads=reads
        )
    for name, model in scope.settings.models.items():
        engine = ENGINES[model.engine]
        if not engine.checks_key:
            got = f"public, and {engine.title} ({name}) has no authentication"
            write = f"write visibility: internal, or models.{name}.engine: {DEFAULT}"
            scope.report.wrong(visibility, got, write, reads=[("models", name, "engine")])
