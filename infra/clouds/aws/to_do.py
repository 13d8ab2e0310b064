"""What a person has to do in the AWS account."""

from collections.abc import Iterable, Iterator, Mapping

from infra.clouds.aws.arns import EXAMPLE_ACCOUNT, account_of
from infra.clouds.aws.plan import AwsCluster
from infra.clouds.aws.storage import S3
from infra.models.places import Bucket, place_of
from infra.plan.cluster import AddonPlan
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.pools import PoolPlan
from infra.services.serving.next import servers
from infra.settings.platform import Settings

WITH_AWS_RIGHTS = ("clusterAutoscaler", "loadBalancerController")


def no_admins(account: str | None) -> str:
    return (
        "`pulumi up` stops without them, because the cluster lets nobody else in, not even whoever made it;"
        f' write admins: ["arn:aws:iam::{account or EXAMPLE_ACCOUNT}:role/platform"] with your own roles, that of'
        " `pulumi up` among them (`aws sts get-caller-identity` names it)"
    )


def list_account(settings: Settings, cluster: AwsCluster, addons: Mapping[str, AddonPlan]) -> Iterator[Finding]:
    yield ToDo(
        "cluster",
        "have the AWS CLI on the PATH: the Kubernetes provider asks it for a token at each run",
        Step.ACCOUNT,
    )
    yield from _pod_identity(settings, cluster, addons)
    yield from _way_to_s3(settings, cluster)
    yield from _account_of_arns(settings, cluster)
    create = settings.cluster.create
    if create is not None and not create.access.admins:
        yield ToDo("cluster.create.access.admins", no_admins(create.account_id), Step.ACCOUNT)
    if create is not None and create.network.vpc_id is not None:
        yield ToDo(
            "cluster.create.network",
            "have one private subnet per zone, with a way to the internet; for load balancers the private ones need the"
            " tag kubernetes.io/role/internal-elb=1, the public ones kubernetes.io/role/elb=1",
            Step.ACCOUNT,
        )


def _way_to_s3(settings: Settings, cluster: AwsCluster) -> Iterator[Finding]:
    """A network that we make has the endpoint, which costs nothing."""
    if cluster.kind != "eks" or settings.cache is None or settings.cache.kind != S3.kind:
        return
    yield ToDo(
        "cache.kind",
        "see that the nodes' subnets reach S3 by a gateway endpoint, which costs nothing: without one each start reads"
        " its weights through the NAT gateway, which bills every GiB. `aws ec2 describe-vpc-endpoints --filters"
        f" Name=service-name,Values=com.amazonaws.{cluster.region}.s3"
        f" {' '.join(cluster.aws_arguments)}` lists those that there are",
        Step.ACCOUNT,
    )


def _account_of_arns(settings: Settings, cluster: AwsCluster) -> Iterator[Finding]:
    """A load balancer uses what is in its own account, which nothing proves where the stack file doesn't name it. One
    account of all admins proves it too: `pulumi up` is run by one of them, in the cluster's account."""
    gateway, create = settings.gateway, settings.cluster.create
    if gateway is None or cluster.account_id is not None:
        return
    accounts = {account_of(admin) for admin in create.access.admins} if create is not None else set[str]()
    key = ', and write cluster.create.accountId: "{0}"' if create is not None else ""
    for name, what, arn in (
        ("certificateArn", "the certificate", gateway.certificate_arn),
        ("wafAclArn", "the web ACL", gateway.waf_acl_arn),
    ):
        if arn is not None and accounts != {account_of(arn)}:
            command = " ".join(("aws sts get-caller-identity --query Account", *cluster.aws_arguments))
            yield ToDo(
                f"gateway.{name}",
                f"{what} is in account {account_of(arn)}, and a load balancer uses only what is in its own account,"
                f" which nothing here names: see that `{command}` prints it{key.format(account_of(arn))}",
                Step.ACCOUNT,
            )


def _pod_identity(settings: Settings, cluster: AwsCluster, addons: Mapping[str, AddonPlan]) -> Iterator[Finding]:
    """A cluster that we make has the agent. On another one without it, add-ons start and AWS refuses their requests."""
    asking = [name for name in WITH_AWS_RIGHTS if addons[name].state == "install"]
    prometheus = settings.addons.prometheus.existing
    scales = any(model.replicas.min < model.replicas.max for model in servers(settings.models).values())
    if scales and prometheus is not None and prometheus.auth is not None and prometheus.auth.sigv4 is not None:
        asking.append("keda")
    cached = settings.cache is not None and settings.cache.kind == S3.kind
    places = {name: place_of(model.model) for name, model in servers(settings.models).items()}
    asking += [name for name, place in places.items() if isinstance(place, Bucket) or (cached and place is None)]
    if cluster.kind != "eks" or not asking:
        return
    command = ("aws eks create-addon --addon-name eks-pod-identity-agent --cluster-name", cluster.name)
    yield ToDo(
        "cluster.existing.eks",
        f"{', '.join(asking)}: AWS rights come from the EKS Pod Identity agent; where the cluster hasn't got it:"
        f" `{' '.join((*command, *cluster.aws_arguments))}`",
        Step.ACCOUNT,
        names=tuple(asking),
    )


def bucket_rights(cluster: AwsCluster) -> str:
    """The role is the stack's; the bucket is somebody else's."""
    return (
        f"It has to be in {cluster.region}. `pulumi up` gives the pods a role that may read below this prefix: where"
        " the bucket is another account's, its policy has to allow that role too, and where it is encrypted by a key"
        " of KMS, that key's policy has to allow it kms:Decrypt"
    )


def list_zones(settings: Settings, pools: Iterable[PoolPlan]) -> Iterator[Finding]:
    """Instances of a reservation start in its zone alone, and nobody knows it here."""
    create = settings.cluster.create
    subnets = create.network.private_subnet_ids if create else None
    for pool in (pool for pool in pools if pool.groups):  # Karpenter reads a reservation's zone itself
        for nth, step in enumerate(pool.steps):
            if step.reservation is not None and subnets:
                yield ToDo(
                    f"gpuPools.{pool.name}.capacity[{nth}]",
                    f"see that {', '.join(subnets)} include one in the zone of {step.reservation}: its node group has"
                    " them all, because nobody knows their zones here, and each node that is tried in another zone"
                    " fails",
                    Step.NODES,
                    nth,
                )
                continue
            if step.reservation is not None and len(step.zone_ids) > 1:
                yield ToDo(
                    f"gpuPools.{pool.name}.capacity[{nth}].zone",
                    f"write the zone of {step.reservation}: its node group has {', '.join(step.zone_ids)}, and each"
                    " node that is tried in another one fails (EKS asks for the zone of a Capacity Block alone);"
                    f" `aws ec2 describe-capacity-reservations --capacity-reservation-ids {step.reservation} --query"
                    " 'CapacityReservations[].[AvailabilityZoneId,InstanceType,TotalInstanceCount]'` shows it",
                    Step.NODES,
                    nth,
                )
