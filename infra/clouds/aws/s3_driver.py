"""The EKS add-on by which servers read a bucket as files: Mountpoint for Amazon S3."""

from collections.abc import Iterator

from infra.catalog import Catalog
from infra.clouds.aws.plan import AwsCluster
from infra.clouds.aws.storage import S3
from infra.plan.notes import Finding, Step, ToDo
from infra.services.serving.bucket_files import readers_of_files
from infra.settings.platform import Settings

DRIVER = "aws-mountpoint-s3-csi-driver"


def mounted(settings: Settings, catalog: Catalog) -> list[str]:
    """The models whose servers need it."""
    return readers_of_files(settings, catalog) if settings.cache is not None and settings.cache.kind == S3.kind else []


def list_driver(settings: Settings, cluster: AwsCluster, catalog: Catalog) -> Iterator[Finding]:
    """On a cluster that exists: an add-on there is once, and whose it is nobody here knows."""
    names = mounted(settings, catalog)
    if cluster.kind != "eks" or cluster.made or not names:
        return
    command = (
        *("aws eks create-addon --addon-name", DRIVER, "--cluster-name", cluster.name),
        *("--addon-version", catalog.aws.versions[cluster.version].addons[DRIVER], *cluster.aws_arguments),
    )
    yield ToDo(
        "cache.kind",
        f"{', '.join(names)}: servers read the bucket as files through Mountpoint for Amazon S3, version 2.5 or newer,"
        f" on every node that may run them; where the cluster hasn't got it: `{' '.join(command)}`",
        Step.ACCOUNT,
        names=tuple(names),
    )
