"""Rules for `gateway`."""

from infra.clouds.aws.arns import account_of, region_of
from infra.engines import DEFAULT, ENGINES
from infra.services.gateway.section import Gateway
from infra.settings.checks.cluster import read_cidr
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key

_KEY: Key = ("gateway",)
_ARN = "arn:aws:acm:us-east-1:111122223333:certificate/5f0c"  # of the stack's region and account, once it is said
_ALB, _NGINX = "alb.ingress.kubernetes.io", "nginx.ingress.kubernetes.io"

# Annotations that another key decides, and that a rule of the platform relies on.
_DECIDED = {
    f"{_ALB}/scheme": "write gateway.visibility",
    f"{_ALB}/certificate-arn": "write gateway.certificateArn",
    f"{_ALB}/load-balancer-attributes": "write gateway.timeoutSeconds",
    f"{_ALB}/inbound-cidrs": "write gateway.inboundCidrs",
    f"{_ALB}/wafv2-acl-arn": "write gateway.wafAclArn",
    f"{_ALB}/group.name": "leave it out: one load balancer serves all models",
    f"{_ALB}/target-type": "leave it out: pods are targets by their address",
    f"{_ALB}/healthcheck-path": "leave it out: it is the engine's own",
    f"{_ALB}/listen-ports": "leave it out: the certificate decides",
    f"{_ALB}/ssl-redirect": "leave it out: the certificate decides",
    f"{_NGINX}/proxy-read-timeout": "write gateway.timeoutSeconds",
    f"{_NGINX}/proxy-send-timeout": "write gateway.timeoutSeconds",
    f"{_NGINX}/rewrite-target": "leave it out: only /v1 of a model is reachable",
    "kubernetes.io/ingress.class": "write gateway.ingressClass",
}


def check_gateway(scope: Scope) -> None:
    gateway = scope.settings.gateway
    if gateway is None:
        return
    _check_tls(scope, gateway)
    _check_public(scope, gateway)
    _check_guard(scope, gateway)
    wrong = scope.report.wrong
    if not scope.on_aws and gateway.ingress_class in (None, "alb"):
        got = "ALB is on EKS only" if gateway.ingress_class else "missing; no class is known for a kubeconfig context"
        wrong(
            (*_KEY, "ingressClass"),
            got,
            "write ingressClass: nginx, or the class that the cluster has",
            reads=CLUSTER_KIND,
        )
    if gateway.namespace is not None and uses_alb(scope):
        wrong(
            (*_KEY, "namespace"),
            "an ALB is outside the cluster, in no namespace",
            "leave namespace out, or write ingressClass: nginx",
            reads=[(*_KEY, "namespace"), (*_KEY, "ingressClass"), *CLUSTER_KIND],
        )
    for name in gateway.annotations:
        if name in _DECIDED:
            wrong((*_KEY, "annotations", name), "decided elsewhere", _DECIDED[name])


def uses_alb(scope: Scope) -> bool:
    """ALB is what EKS has when nobody says otherwise."""
    gateway = scope.settings.gateway
    return gateway is not None and scope.on_aws and gateway.ingress_class in (None, "alb")


def _check_tls(scope: Scope, gateway: Gateway) -> None:
    wrong = scope.report.wrong
    arn, secret, ingress_class = (*_KEY, "certificateArn"), (*_KEY, "tlsSecret"), (*_KEY, "ingressClass")
    reads: list[Key] = [arn, secret, ingress_class, *CLUSTER_KIND]
    if gateway.certificate_arn is not None and gateway.tls_secret is not None:
        wrong(
            secret,
            "certificateArn and tlsSecret both",
            "write certificateArn for an ALB, tlsSecret for any other",
            reads=reads,
        )
    elif gateway.tls_secret is not None and uses_alb(scope):
        got = "an ALB can't read a Secret"
        wrong(secret, got, f"write certificateArn: {_ARN}, or ingressClass: nginx", reads=reads)
    elif gateway.certificate_arn is not None and not uses_alb(scope):
        wrong(
            arn,
            "only an ALB takes an ACM certificate",
            "write tlsSecret: NAME, or leave ingressClass out on EKS",
            reads=reads,
        )
    elif gateway.certificate_arn is not None:
        _check_place(scope, arn, gateway.certificate_arn, "a certificate")


def _check_place(scope: Scope, key: Key, arn: str, what: str) -> None:
    """An ALB uses what is in its own region and account."""
    create = scope.settings.cluster.create
    account: Key = ("cluster", "create", "accountId")
    for of, there, here, read in (
        ("", region_of(arn), scope.region, ("aws:region",)),
        ("account ", account_of(arn), create.account_id if create is not None else None, account),
    ):
        if here is not None and there != here:
            got = f"{what} of {of}{there}; the load balancer is in {of}{here}"
            scope.report.wrong(key, got, f"write one of {of}{here}", reads=[key, read])


def _check_guard(scope: Scope, gateway: Gateway) -> None:
    """Who may come near the load balancer, which only an ALB reads from an Ingress."""
    cidrs, acl = (*_KEY, "inboundCidrs"), (*_KEY, "wafAclArn")
    reads: list[Key] = [(*_KEY, "ingressClass"), *CLUSTER_KIND]
    for key, given in ((cidrs, bool(gateway.inbound_cidrs)), (acl, gateway.waf_acl_arn is not None)):
        if given and not uses_alb(scope):
            scope.report.wrong(
                key, "only an ALB reads it", f"leave {key[-1]} out, or leave ingressClass out on EKS", reads=reads
            )
    for index, cidr in enumerate(gateway.inbound_cidrs):
        read_cidr(scope, (*cidrs, index), cidr)
    if gateway.inbound_cidrs and f"{_ALB}/security-groups" in gateway.annotations:
        got = "the annotation security-groups makes the controller ignore it"
        scope.report.wrong(cidrs, got, "leave one of them out", reads=[(*_KEY, "annotations")])
    if gateway.waf_acl_arn is not None:
        _check_place(scope, acl, gateway.waf_acl_arn, "a web ACL")


def _check_public(scope: Scope, gateway: Gateway) -> None:
    if gateway.visibility != "public":
        return
    visibility: Key = (*_KEY, "visibility")
    if gateway.certificate_arn is None and gateway.tls_secret is None:
        reads: list[Key] = [(*_KEY, "certificateArn"), (*_KEY, "tlsSecret")]
        write = f"write certificateArn: {_ARN}" if uses_alb(scope) else "write tlsSecret: NAME"
        scope.report.wrong(
            visibility, "public without TLS: keys would cross the internet in the open", write, reads=reads
        )
    for name, model in scope.settings.models.items():
        engine = ENGINES[model.engine]
        if not engine.checks_key:
            got = f"public, and {engine.title} ({name}) has no authentication"
            write = f"write visibility: internal, or models.{name}.engine: {DEFAULT}"
            scope.report.wrong(visibility, got, write, reads=[("models", name, "engine")])
    create = scope.settings.cluster.create
    network = create.network if create is not None else None
    if network is not None and network.vpc_id is not None and network.public_subnet_ids is None:
        write = "write cluster.create.network.publicSubnetIds"
        scope.report.wrong(visibility, "public, and the VPC has no public subnets here", write, reads=CLUSTER_KIND)
