"""Rules for what only an Application Load Balancer has. EKS has one unless the stack file names another controller."""

from collections.abc import Iterator

from infra.clouds.aws.arns import account_of, region_of
from infra.clouds.aws.load_balancer import ALB, CERTIFICATE
from infra.services.gateway.exposed import EXPOSURE, from_outside, written_key
from infra.services.gateway.section import Gateway
from infra.settings.checks.cluster import read_cidr
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key

_KEY: Key = ("gateway",)
_CLASS: Key = (*_KEY, "ingressClass")
_PREFIX = "alb.ingress.kubernetes.io"
# Annotations that another key sets or that the platform sets itself, because its rules rely on them.
_DECIDED = {
    "scheme": "write gateway.expose",
    "certificate-arn": "write gateway.certificateArn",
    "load-balancer-attributes": "write gateway.timeoutSeconds",
    "inbound-cidrs": "write gateway.inboundCidrs",
    "wafv2-acl-arn": "write gateway.wafAclArn",
    "group.name": "leave it out: one load balancer serves all models",
    "target-type": "leave it out: pods are targets by their address",
    "healthcheck-path": "leave it out: it is the engine's own",
    "listen-ports": "leave it out: the certificate decides",
    "ssl-redirect": "leave it out: the certificate decides",
}


def check_gateway(scope: Scope) -> None:
    gateway = scope.settings.gateway
    if gateway is None or not from_outside(scope):
        return
    alb = uses_alb(scope)
    _check_class(scope, gateway, alb=alb)
    _check_tls(scope, gateway, alb=alb)
    _check_guard(scope, gateway, alb=alb)
    _check_subnets(scope, gateway)
    for name in gateway.annotations:
        prefix, _, own = name.partition("/")
        if prefix == _PREFIX and own in _DECIDED:
            scope.report.wrong((*_KEY, "annotations", name), "another key decides it", _DECIDED[own])


def uses_alb(scope: Scope) -> bool:
    gateway = scope.settings.gateway
    if gateway is None or gateway.load_balancer or not from_outside(scope):
        return False
    return scope.on_aws and gateway.ingress_class in (None, ALB.name)


def _check_class(scope: Scope, gateway: Gateway, *, alb: bool) -> None:
    if not scope.on_aws and gateway.ingress_class == ALB.name:
        write = "write ingressClass: nginx, or the class that the cluster has"
        scope.report.wrong(_CLASS, "ALB is on EKS only", write, reads=CLUSTER_KIND)
    if alb and scope.written(namespace := (*_KEY, "namespace")):
        scope.report.out_of_place(
            namespace,
            "an ALB is outside the cluster, in no namespace",
            "leave namespace out, or write ingressClass: nginx",
            reads=[_CLASS, *CLUSTER_KIND],
        )


def _check_tls(scope: Scope, gateway: Gateway, *, alb: bool) -> None:
    out_of_place = scope.report.out_of_place
    arn, secret = (*_KEY, "certificateArn"), (*_KEY, "tlsSecret")
    reads: list[Key] = [_CLASS, *CLUSTER_KIND]
    if scope.written(arn) and scope.written(secret):
        out_of_place(
            secret, "certificateArn and tlsSecret both", "write certificateArn for an ALB, tlsSecret for any other"
        )
    elif scope.written(secret) and alb:
        got = "an ALB can't read a Secret"
        out_of_place(secret, got, f"write certificateArn: {CERTIFICATE}, or ingressClass: nginx", reads=reads)
    elif scope.written(arn) and not alb:
        got = "only an ALB takes an ACM certificate"
        elsewhere = ", ".join(_elsewhere(scope, gateway.certificate_arn or ""))
        there = f", with a certificate of {elsewhere}" if elsewhere else ""
        out_of_place(arn, got, f"write tlsSecret: NAME, or leave ingressClass out on EKS{there}", reads=reads)
    elif gateway.certificate_arn is not None:
        _check_place(scope, arn, gateway.certificate_arn, "a certificate")


def _check_guard(scope: Scope, gateway: Gateway, *, alb: bool) -> None:
    """Who may reach the load balancer: of an Ingress only an ALB reads that."""
    cidrs, acl = (*_KEY, "inboundCidrs"), (*_KEY, "wafAclArn")
    for key in (cidrs, acl):
        if scope.written(key) and not alb and not (gateway.load_balancer and key == cidrs):
            got, write = _who_reads(scope, key[-1])
            scope.report.out_of_place(key, got, write, reads=[_CLASS, *CLUSTER_KIND])
    for index, cidr in enumerate(gateway.inbound_cidrs):
        read_cidr(scope, (*cidrs, index), cidr)
    if scope.written(cidrs) and scope.written((*_KEY, "annotations", f"{_PREFIX}/security-groups")):
        got = "the annotation security-groups makes the controller ignore it"
        scope.report.out_of_place(cidrs, got, "leave one of them out")
    if gateway.waf_acl_arn is not None and ":global/" in gateway.waf_acl_arn:
        got = "a global web ACL, which is for CloudFront; a load balancer takes a regional one"
        where = scope.region or "the stack's region"
        scope.report.wrong(acl, got, f"create a regional web ACL in {where}, and write its ARN")
    elif gateway.waf_acl_arn is not None:
        _check_place(scope, acl, gateway.waf_acl_arn, "a web ACL")


def _who_reads(scope: Scope, name: str) -> tuple[str, str]:
    """What is wrong with the key beside an Ingress that is no ALB, and what to write."""
    own = scope.settings.cluster.existing is not None and scope.settings.cluster.existing.context is not None
    if name == "wafAclArn" or not own:
        return "only an ALB reads it", f"leave {name} out, or leave ingressClass out on EKS"
    sources = "nginx.ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8"
    instead = f"give the addresses to the controller, for nginx by gateway.annotations: {{{sources}}}"
    return "only an ALB and loadBalancer read it", f"{instead}, or write loadBalancer: true in place of ingressClass"


def _check_subnets(scope: Scope, gateway: Gateway) -> None:
    create = scope.settings.cluster.create
    network = create.network if create is not None and gateway.exposure == "public" else None
    if network is not None and network.vpc_id is not None and network.public_subnet_ids is None:
        key = written_key(scope)
        write = "write cluster.create.network.publicSubnetIds"
        scope.report.wrong(
            key, "public, and the VPC has no public subnets here", write, reads=[*EXPOSURE, *CLUSTER_KIND]
        )


def _check_place(scope: Scope, key: Key, arn: str, what: str) -> None:
    """An ALB uses only certificates and web ACLs of its own region and account."""
    for there, here, read in _places(scope, arn):
        got = f"{what} of {there}; the load balancer is in {here}"
        scope.report.wrong(key, got, f"write one of {here}", reads=[key, *read])


def _elsewhere(scope: Scope, arn: str) -> list[str]:
    """Where it would have to be."""
    return [here for _, here, _ in _places(scope, arn)] if scope.on_aws and arn.count(":") > 4 else []


def _places(scope: Scope, arn: str) -> Iterator[tuple[str, str, list[Key]]]:
    """Where an ARN is and where the load balancer is, if these differ, and what says so. A mistyped region counts as
    the region that it is near."""
    create, region, read = scope.settings.cluster.create, scope.region, list[Key]([("aws:region",)])
    if region not in scope.catalog.regions and len(scope.regions_meant) == 1:
        region, read = scope.regions_meant[0], []
    if region is not None and region_of(arn) != region:
        yield region_of(arn), region, read
    account = create.account_id if create is not None else None
    if account is not None and account_of(arn) != account:
        yield f"account {account_of(arn)}", f"account {account}", [("cluster", "create", "accountId")]
