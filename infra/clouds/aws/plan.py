"""What is decided for an EKS cluster alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.clouds.aws.storage import DRIVERS
from infra.plan.cluster import ClusterPlan


@dataclass(frozen=True, kw_only=True)
class AwsCluster(ClusterPlan):
    partition: str  # as ARNs name it: aws, aws-cn, aws-us-gov
    autoscaler_image_tag: str  # of the cluster's own minor version
    tags: Mapping[str, str]  # of every AWS resource
    profile: str | None  # of the AWS CLI's configuration; None: the environment decides
    ami_release: str | None = (
        None  # of every node that we make; None: `up` reads the version, and `ami_releases` has it
    )
    ami_releases: Mapping[str, str] = field(default_factory=dict)  # by the cluster's version
    bottlerocket_releases: Mapping[str, str] = field(default_factory=dict)  # the same, for nodes that run it
    # What follows is decided only for a cluster that we make:
    cidr: str | None = None  # None with a VPC that exists
    nat_per_zone: bool = False
    system_ami_type: str = ""  # as EKS names it
    system_vcpus: int = 0  # of all system nodes together
    system_root_gib: int = 0  # for engines' images, what an engine with its own library fetches, and models on the CPU
    log_days: int = 0  # how long logs of the control plane and of the VPC's connections are kept
    addon_versions: Mapping[str, str] = field(default_factory=dict)  # of EKS add-ons, by their name
    account_id: str | None = None  # the only account in which it may be made
    karpenter: bool = False  # it makes the GPU nodes, one by one; else node groups do

    @property
    def aws_arguments(self) -> tuple[str, ...]:
        """Arguments of the AWS CLI that name the region and the profile."""
        profile = ("--profile", self.profile) if self.profile else ()
        return (*(("--region", self.region) if self.region else ()), *profile)

    def command_for_rights(self, *, namespace: str, service_account: str) -> str:
        command = f"aws eks create-pod-identity-association --cluster-name {self.name} --namespace {namespace}"
        return " ".join((command, "--service-account", service_account, "--role-arn ...", *self.aws_arguments))

    def command_for_driver(self, driver: str) -> str:
        command = f"aws eks create-addon --addon-name {DRIVERS[driver]} --cluster-name {self.name}"
        return " ".join((command, *self.aws_arguments))


def aws_cluster(cluster: ClusterPlan) -> AwsCluster:
    """The cluster of a stack that runs in AWS."""
    assert isinstance(cluster, AwsCluster)
    return cluster
