"""What a person has to do before or after the first `pulumi up`."""

from collections.abc import Mapping, Sequence

from infra.catalog import Catalog
from infra.planning.findings import Findings
from infra.planning.placement import Placed
from infra.planning.plan import ClusterPlan, GatewayPlan, PoolPlan
from infra.settings import Settings

# Quotas of EC2, in vCPUs: (family, capacity) -> code, name; `aws service-quotas list-service-quotas` lists them.
QUOTAS = {
    ("G", "on-demand"): ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    ("G", "spot"): ("L-3819A6DF", "All G and VT Spot Instance Requests"),
    ("P", "on-demand"): ("L-417A185B", "Running On-Demand P instances"),
    ("P", "spot"): ("L-7212CCBC", "All P Spot Instance Requests"),
}
TOKEN = "huggingFaceToken"


def list_to_dos(
    stack: str,
    settings: Settings,
    cluster: ClusterPlan,
    pools: Mapping[str, PoolPlan],
    placed: Sequence[Placed],
    gateway: GatewayPlan | None,
    secrets: frozenset[str],
    catalog: Catalog,
    findings: Findings,
) -> None:
    _quotas(cluster, pools, catalog, findings)
    _licences(stack, placed, secrets, findings)
    _access(settings, cluster, findings)
    _gateway(settings, gateway, findings)


def _quotas(cluster: ClusterPlan, pools: Mapping[str, PoolPlan], catalog: Catalog, findings: Findings) -> None:
    """The most vCPUs that the pools' maxima need, by family and capacity."""
    vcpus: dict[tuple[str, str], int] = {}
    for pool in pools.values():
        if pool.existing:
            continue
        types = [catalog.instances[name] for name in pool.instance_types]
        family = "P" if types[0].name.startswith("p") else "G"
        key = family, pool.capacity
        vcpus[key] = vcpus.get(key, 0) + pool.max * max(each.vcpus for each in types)
    for key, needed in vcpus.items():
        code, name = QUOTAS[key]
        findings.to_do(
            "gpuPools", f"quota '{name}' ({code}) in {cluster.region}: {needed} vCPUs at most; new accounts have 0"
        )


def _licences(stack: str, placed: Sequence[Placed], secrets: frozenset[str], findings: Findings) -> None:
    gated = [each.served for each in placed if each.served.gated]
    for served in gated:
        page = f"huggingface.co/{served.settings.model}"
        findings.to_do(f"{served.path}.model", f"accept the licence at {page} with the account whose token is used")
    if gated and TOKEN not in secrets:
        names = ", ".join(served.name for served in gated)
        findings.to_do(TOKEN, f"{names}: `pulumi config set --secret {TOKEN} -s {stack}` with a token that may read it")
    for each in placed:
        served = each.served
        if served.gated is None:
            findings.warn(f"{served.path}.model", f"whether {served.settings.model} asks for a licence isn't known")


def _access(settings: Settings, cluster: ClusterPlan, findings: Findings) -> None:
    if cluster.kind != "context":
        findings.to_do(
            "cluster", "have the AWS CLI on the PATH: the Kubernetes provider asks it for a token at each run"
        )
    create = settings.cluster.create
    if create is not None and create.access.admins:
        findings.to_do(
            "cluster.create.access.admins",
            "leave out the role that runs the first `pulumi up`: EKS makes it an admin and refuses a second entry",
        )
    if create is not None and create.network.vpc_id is not None:
        findings.to_do(
            "cluster.create.network",
            "give one private subnet a zone, with a way to the internet; for load balancers the private ones carry the"
            " tag kubernetes.io/role/internal-elb=1, the public ones kubernetes.io/role/elb=1",
        )
    if settings.namespace.create is False:
        findings.to_do("namespace.name", f"the namespace {settings.namespace.name} has to exist")


def _gateway(settings: Settings, gateway: GatewayPlan | None, findings: Findings) -> None:
    if gateway is None or settings.gateway is None:
        return
    domain = f"*.{gateway.domain}"
    if settings.gateway.certificate_arn is not None:
        findings.to_do("gateway.certificateArn", f"the certificate has to cover {domain}")
    if settings.gateway.tls_secret is not None:
        where = f"{settings.namespace.name}/{settings.gateway.tls_secret}"
        findings.to_do("gateway.tlsSecret", f"the Secret {where} has to exist, with a certificate for {domain}")
    findings.to_do("gateway.domain", f"after the first up: CNAME {domain} to the stack output gateway_address")
