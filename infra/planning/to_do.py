"""What a person has to do before or after the first `pulumi up`."""

from collections.abc import Iterator, Mapping, Sequence

from infra.clouds.aws.arns import EXAMPLE_ACCOUNT
from infra.plan.cluster import AddonPlan, ClusterPlan, PoolPlan
from infra.plan.findings import warned
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.words import count
from infra.planning.placement import Placed
from infra.planning.served import Served
from infra.settings import Settings

WITH_AWS_RIGHTS = ("clusterAutoscaler", "loadBalancerController")
TOKEN = "huggingFaceToken"


def no_admins(account: str | None) -> str:
    return (
        "`pulumi up` stops without them, because the cluster lets nobody else in, not even whoever made it;"
        f' write admins: ["arn:aws:iam::{account or EXAMPLE_ACCOUNT}:role/platform"] with your own roles, that of'
        " `pulumi up` among them (`aws sts get-caller-identity` names it)"
    )


def list_licences(stack: str, placed: Sequence[Placed], secrets: frozenset[str]) -> Iterator[Finding]:
    gated = [each.served for each in placed if each.served.gated]
    for nth, repository in enumerate(sorted({served.settings.model for served in gated})):
        asking = [served for served in gated if served.settings.model == repository]
        yield ToDo(
            f"{asking[0].path}.model",
            f"{_names(asking)}: accept the licence at huggingface.co/{repository} with the account whose token is used",
            Step.LICENCES,
            nth,
        )
    if gated and TOKEN not in secrets:
        yield ToDo(
            TOKEN,
            f"{_names(gated)}: `pulumi config set --secret {TOKEN} -s {stack}` with a token that may read it;"
            f" before it `pulumi stack init {stack}`, where that stack is new",
            Step.SECRETS,
        )
    for each in placed:
        served = each.served
        if served.gated is None:
            message = f"whether {served.settings.model} asks for a licence isn't known"
            yield warned(f"{served.path}.model", message, kind="licence-unknown")


def _names(models: Sequence[Served]) -> str:
    return ", ".join(served.name for served in models)


def _pod_identity(settings: Settings, cluster: ClusterPlan, addons: Mapping[str, AddonPlan]) -> Iterator[Finding]:
    """A cluster that we make has the agent; on another, add-ons without it start, and AWS refuses whatever they ask."""
    asking = [name for name in WITH_AWS_RIGHTS if addons[name].state == "install"]
    prometheus = settings.addons.prometheus.existing
    scales = any(model.replicas.min < model.replicas.max for model in settings.models.values())
    if scales and prometheus is not None and prometheus.auth is not None and prometheus.auth.sigv4 is not None:
        asking.append("keda")
    if cluster.kind != "eks" or not asking:
        return
    command = ("aws eks create-addon --addon-name eks-pod-identity-agent --cluster-name", cluster.name)
    yield ToDo(
        "cluster.existing.eks",
        f"{', '.join(asking)}: AWS rights come from the EKS Pod Identity agent; where the cluster hasn't got it:"
        f" `{' '.join((*command, *cluster.aws_arguments))}`",
        Step.ACCOUNT,
    )


def list_account(settings: Settings, cluster: ClusterPlan, addons: Mapping[str, AddonPlan]) -> Iterator[Finding]:
    if cluster.kind != "context":
        yield ToDo(
            "cluster",
            "have the AWS CLI on the PATH: the Kubernetes provider asks it for a token at each run",
            Step.ACCOUNT,
        )
    yield from _pod_identity(settings, cluster, addons)
    create = settings.cluster.create
    if create is not None and not create.access.admins:
        yield ToDo("cluster.create.access.admins", no_admins(create.account_id), Step.ACCOUNT)
    if create is not None and create.network.vpc_id is not None:
        yield ToDo(
            "cluster.create.network",
            "give one private subnet a zone, with a way to the internet; for load balancers the private ones carry the"
            " tag kubernetes.io/role/internal-elb=1, the public ones kubernetes.io/role/elb=1",
            Step.ACCOUNT,
        )


def list_nodes(settings: Settings, pools: Mapping[str, PoolPlan]) -> Iterator[Finding]:
    if settings.cluster.create is None:
        return
    for pool in pools.values():
        if pool.existing:
            labels = ", ".join(f"{key}={value}" for key, value in pool.selector.items())
            yield ToDo(
                f"gpuPools.{pool.name}.existing",
                f"the cluster is new, and these nodes are yours to make, once it is there: {labels},"
                f" {count(pool.gpus_per_node, 'GPU')} each{_billed(pool)}",
                Step.NODES,
            )


def _billed(pool: PoolPlan) -> str:
    return "; they aren't in the bill" if pool.usd_per_node_hour is None else ""
