"""What a person has to do before or after the first `pulumi up`."""

from collections.abc import Mapping, Sequence

from infra.plan.cluster import AddonPlan, ClusterPlan, GatewayPlan, PoolPlan, Quota
from infra.planning.findings import Findings
from infra.planning.namespace import list_namespace_to_dos
from infra.planning.own_pools import to_do_of_own_nodes
from infra.planning.placeholders import list_placeholders
from infra.planning.placement import Placed
from infra.planning.quotas import list_quotas
from infra.planning.served import Served
from infra.planning.words import count
from infra.settings import Settings

WITH_AWS_RIGHTS = ("clusterAutoscaler", "loadBalancerController")
TOKEN = "huggingFaceToken"
CLIENT_LABEL = "llm-platform/client=true"
NO_ADMINS = (
    "`pulumi up` stops without them, because the cluster lets nobody else in, not even whoever made it;"
    ' write admins: ["arn:aws:iam::111122223333:role/platform"] with your own roles, that of `pulumi up` among them'
    " (`aws sts get-caller-identity` names it)"
)


def list_to_dos(
    stack: str,
    settings: Settings,
    cluster: ClusterPlan,
    pools: Mapping[str, PoolPlan],
    placed: Sequence[Placed],
    addons: Mapping[str, AddonPlan],
    gateway: GatewayPlan | None,
    secrets: frozenset[str],
    quotas: tuple[Quota, ...],
    findings: Findings,
) -> None:
    """In the order of doing."""
    list_placeholders(settings, findings)
    _account(settings, cluster, addons, findings)
    list_quotas(quotas, findings)
    _licences(stack, placed, secrets, findings)
    _nodes(settings, pools, findings)
    list_namespace_to_dos(settings, gateway, findings)
    to_do_of_own_nodes(settings, cluster, pools, findings)
    _gateway(settings, cluster, gateway, findings)


def _licences(stack: str, placed: Sequence[Placed], secrets: frozenset[str], findings: Findings) -> None:
    gated = [each.served for each in placed if each.served.gated]
    for repository in sorted({served.settings.model for served in gated}):
        asking = [served for served in gated if served.settings.model == repository]
        findings.to_do(
            f"{asking[0].path}.model",
            f"{_names(asking)}: accept the licence at huggingface.co/{repository} with the account whose token is used",
        )
    if gated and TOKEN not in secrets:
        findings.to_do(
            TOKEN,
            f"{_names(gated)}: `pulumi config set --secret {TOKEN} -s {stack}` with a token that may read it;"
            f" before it `pulumi stack init {stack}`, where that stack is new",
        )
    for each in placed:
        served = each.served
        if served.gated is None:
            message = f"whether {served.settings.model} asks for a licence isn't known"
            findings.warn(f"{served.path}.model", message, kind="licence-unknown")


def _names(models: Sequence[Served]) -> str:
    return ", ".join(served.name for served in models)


def _pod_identity(
    settings: Settings, cluster: ClusterPlan, addons: Mapping[str, AddonPlan], findings: Findings
) -> None:
    """A cluster that we make has the agent; on another, add-ons without it start, and AWS refuses whatever they ask."""
    asking = [name for name in WITH_AWS_RIGHTS if addons[name].state == "install"]
    prometheus = settings.addons.prometheus.existing
    if prometheus is not None and prometheus.auth is not None and prometheus.auth.sigv4 is not None:
        asking.append("keda")
    if cluster.kind != "eks" or not asking:
        return
    command = ("aws eks create-addon --addon-name eks-pod-identity-agent --cluster-name", cluster.name)
    findings.to_do(
        "cluster.existing.eks",
        f"{', '.join(asking)}: AWS rights come from the EKS Pod Identity agent; where the cluster hasn't got it:"
        f" `{' '.join((*command, *cluster.aws_arguments))}`",
    )


def _account(settings: Settings, cluster: ClusterPlan, addons: Mapping[str, AddonPlan], findings: Findings) -> None:
    if cluster.kind != "context":
        findings.to_do(
            "cluster", "have the AWS CLI on the PATH: the Kubernetes provider asks it for a token at each run"
        )
    _pod_identity(settings, cluster, addons, findings)
    create = settings.cluster.create
    if create is not None and not create.access.admins:
        findings.to_do("cluster.create.access.admins", NO_ADMINS)
    if create is not None and create.network.vpc_id is not None:
        findings.to_do(
            "cluster.create.network",
            "give one private subnet a zone, with a way to the internet; for load balancers the private ones carry the"
            " tag kubernetes.io/role/internal-elb=1, the public ones kubernetes.io/role/elb=1",
        )


def _nodes(settings: Settings, pools: Mapping[str, PoolPlan], findings: Findings) -> None:
    if settings.cluster.create is None:
        return
    for pool in pools.values():
        if pool.existing:
            labels = ", ".join(f"{key}={value}" for key, value in pool.selector.items())
            findings.to_do(
                f"gpuPools.{pool.name}.existing",
                f"the cluster is new, and these nodes are yours to make, once it is there: {labels},"
                f" {count(pool.gpus_per_node, 'GPU')} each{_billed(pool)}",
            )


def _billed(pool: PoolPlan) -> str:
    return "; they aren't in the bill" if pool.usd_per_node_hour is None else ""


def _gateway(settings: Settings, cluster: ClusterPlan, gateway: GatewayPlan | None, findings: Findings) -> None:
    if gateway is None or settings.gateway is None:
        return
    domain = f"*.{gateway.domain}"
    if settings.gateway.certificate_arn is not None:
        findings.to_do("gateway.certificateArn", f"the certificate has to cover {domain}")
    if settings.gateway.tls_secret is not None:
        where = f"{settings.namespace.name}/{settings.gateway.tls_secret}"
        findings.to_do("gateway.tlsSecret", f"the Secret {where} has to exist, with a certificate for {domain}")
    if gateway.controller != "alb" and cluster.kind == "create":
        findings.to_do(
            "gateway.ingressClass",
            f"once the cluster is there, install an Ingress controller of class {gateway.ingress_class};"
            " its load balancer isn't in the bill",
        )
    if gateway.controller == "other":
        findings.to_do(
            "gateway.ingressClass",
            f"label the namespace of the controller of {gateway.ingress_class} {CLIENT_LABEL}:"
            " the models' NetworkPolicy lets no other in",
        )
    findings.to_do("gateway.domain", f"after the first up: CNAME {domain} to the stack output gateway_address")
