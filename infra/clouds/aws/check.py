"""Rules for `cluster.create`, `aws:region` and `tags`."""

import re
from collections.abc import Sequence

from infra.catalog import Catalog
from infra.clouds.aws.arns import account_of
from infra.clouds.aws.check_accounts import check_accounts
from infra.clouds.aws.check_addons import check_addons
from infra.clouds.aws.check_cache import check_cache
from infra.clouds.aws.check_driver import check_driver
from infra.clouds.aws.check_existing import check_existing
from infra.clouds.aws.check_gateway import check_gateway
from infra.clouds.aws.check_karpenter import check_karpenter
from infra.clouds.aws.check_pools import check_pools
from infra.clouds.aws.check_release import check_minor, check_release
from infra.clouds.aws.check_tags import check_tags
from infra.clouds.aws.logs import check_logs
from infra.clouds.aws.section import Access, CreateCluster, NewNetwork
from infra.clouds.aws.system_nodes import MIN_GIB, MIN_VCPUS, is_enough
from infra.settings.checks.cluster import check_version, read_cidr
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key, did_you_mean

_CREATE: Key = ("cluster", "create")
_NETWORK: Key = (*_CREATE, "network")
# docs.aws.amazon.com/ec2/latest/instancetypes: of general purpose, compute and memory types these have 2 vCPUs at most.
_SMALL = re.compile(r"[mcrt]\d[a-z]*(-flex)?\.(nano|micro|small|medium|large)")


def check_aws(scope: Scope, *, here: bool) -> None:
    """`here`: whether the stack runs there."""
    _check_region(scope, here=here)
    check_accounts(scope)
    check_tags(scope)
    check_addons(scope)
    check_cache(scope)
    check_gateway(scope)
    check_logs(scope)
    if scope.settings.cluster.create is not None:
        _check_create(scope, scope.settings.cluster.create)
    if scope.settings.cluster.existing is not None:
        check_existing(scope, scope.settings.cluster.existing)
    if here or scope.cloud is None:
        check_pools(scope)
    check_karpenter(scope)


def _check_create(scope: Scope, create: CreateCluster) -> None:
    check_version(scope, (*_CREATE, "version"), create.version)
    check_release(scope, _CREATE, create.version, create.ami_release)
    _check_proxy(scope, create)
    check_driver(scope, _CREATE, create.version, create.ami_release)
    _check_zones(scope, create)
    _check_network(scope, create.network)
    _check_system_nodes(scope, create)
    _check_access(scope, create.access)
    _check_account(scope, create)
    for index, cidr in enumerate(create.access.api_from):
        read_cidr(scope, (*_CREATE, "access", "apiFrom", index), cidr)


def _check_proxy(scope: Scope, create: CreateCluster) -> None:
    """kube-proxy has the control plane's minor version."""
    row, value = scope.catalog.aws.versions.get(create.version or ""), create.addon_versions.kube_proxy
    if row is not None and value is not None:
        key: Key = (*_CREATE, "addonVersions", "kube-proxy")
        check_minor(scope, key, value, row.addons["kube-proxy"], of=row.version, reads=[(*_CREATE, "version")])


def _check_region(scope: Scope, *, here: bool) -> None:
    region, regions, meant = scope.region, scope.catalog.regions, scope.regions_meant
    if region is None:
        if here:
            key: Key = ("aws:region",)
            write = f"write aws:region: {meant[0]}" if meant else "write yours, such as aws:region: us-east-1"
            scope.report.wrong(key, "missing; an EKS cluster is in a region", write, reads=CLUSTER_KIND)
    elif region not in regions:
        scope.report.wrong(("aws:region",), *_unknown_region(region, meant, scope.catalog))
        scope.report.broken(("aws:region",))


def _unknown_region(region: str, meant: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
    if region in catalog.other_regions:
        write = f"write one of {', '.join(catalog.near(region))}, or add {region} to infra/catalog/data/aws/"
        return f"the catalogue has no instance types and no prices for {region}", write
    known = f"did you mean {' or '.join(meant)}?" if meant else f"known: {', '.join(catalog.regions)}"
    return (f"unknown region; {known}",)


def _check_zones(scope: Scope, create: CreateCluster) -> None:
    served = scope.catalog.regions.get(scope.region or "")
    if create.zones is None or served is None:
        return
    key: Key = (*_CREATE, "zones")
    if isinstance(create.zones, int):
        if not 2 <= create.zones <= len(served):
            many = len(served)
            allowed = f"a number from 2 to {many}" if many > 2 else "zones: 2"
            write = f"write {allowed} (EKS needs 2 zones; {scope.region} has {many} with GPUs)"
            scope.report.wrong(key, f"got the number {create.zones}", write)
        return
    example = f"write zones: [{', '.join(served[: max(2, len(create.zones))])}]"
    if len(set(create.zones)) < len(create.zones):
        scope.report.wrong(key, "the same zone twice", example)
    elif len(create.zones) < 2:
        scope.report.wrong(key, "one zone; EKS needs 2 at least", example)
    for index, zone in enumerate(create.zones):
        if zone not in served:
            got = f"{zone} isn't a zone of {scope.region} that EKS serves and that has GPUs"
            scope.report.wrong((*key, index), got, f"write one of {', '.join(served)}")
            scope.report.broken((*key, index))


def _check_access(scope: Scope, access: Access) -> None:
    """EKS allows one access entry per principal."""
    first: dict[str, str] = {}
    for name, arns in (("admins", access.admins), ("viewers", access.viewers)):
        for index, arn in enumerate(arns):
            key: Key = (*_CREATE, "access", name, index)
            if arn in first:
                scope.report.wrong(key, f"{arn} is in {first[arn]} already", "leave it out here")
            first.setdefault(arn, name)


def _check_account(scope: Scope, create: CreateCluster) -> None:
    """EKS may let in a role of another account, but an admin of the cluster's account has to run `pulumi up`."""
    admins: Key = (*_CREATE, "access", "admins")
    accounts = dict.fromkeys(map(account_of, create.access.admins))
    if create.account_id is not None and accounts and create.account_id not in accounts:
        got = f"all are of account {', '.join(accounts)}, and the cluster is made in {create.account_id}: nobody"
        write = f"write a role of it too, such as arn:aws:iam::{create.account_id}:role/platform"
        reads: list[Key] = [admins, (*_CREATE, "accountId")]
        scope.report.wrong(admins, f"{got} who may run `pulumi up` there gets in", write, reads=reads)


def _check_network(scope: Scope, network: NewNetwork) -> None:
    wrong, out_of_place = scope.report.wrong, scope.report.out_of_place
    ours = (*_NETWORK, "vpcId")
    if scope.written(ours):
        for name in ("cidr", "nat"):
            if scope.written((*_NETWORK, name)):
                got = "is of a new VPC, and vpcId names one that exists"
                out_of_place((*_NETWORK, name), got, f"leave {name} or vpcId out")
        if not scope.written(private := (*_NETWORK, "privateSubnetIds")):
            write = "write privateSubnetIds: [subnet-0ab1, subnet-0ab2], in two zones at least"
            out_of_place(ours, "a VPC that exists needs privateSubnetIds", write, reads=[private])
    else:
        for name in ("privateSubnetIds", "publicSubnetIds"):
            if scope.written((*_NETWORK, name)):
                write = f"write vpcId beside it, or leave {name} out"
                out_of_place((*_NETWORK, name), "subnets of no VPC", write, reads=[ours])
    if network.cidr is not None and (cidr := read_cidr(scope, (*_NETWORK, "cidr"), network.cidr)) is not None:
        if not 16 <= cidr.prefixlen <= 20:
            got = f"a /{cidr.prefixlen}; a VPC here is a /16 to a /20, cut into two subnets per zone"
            wrong((*_NETWORK, "cidr"), got, f"write cidr: {cidr.network_address}/16")
        elif not cidr.is_private:
            wrong((*_NETWORK, "cidr"), "public addresses, which are somebody else's", "write cidr: 10.0.0.0/16")


def _check_system_nodes(scope: Scope, create: CreateCluster) -> None:
    key: Key = (*_CREATE, "systemNodes", "instanceType")
    name = create.system_nodes.instance_type
    known = scope.catalog.aws.cpu_instances
    enough = [each for each in known.values() if is_enough(each)]
    large = [each.name for each in sorted(enough, key=lambda each: (each.usd_per_hour, each.name))]
    close = did_you_mean(name, large)
    write = f"write one of {', '.join(dict.fromkeys([*filter(None, [close]), *large[:6]]))}"
    if name not in large and (name in known or _SMALL.fullmatch(name)):
        got = f"{name} is too small: a system node needs at least {MIN_VCPUS} vCPUs and {MIN_GIB} GiB"
        scope.report.wrong(key, got, write)
    elif name not in known:
        scope.report.wrong(key, f"unknown instance type {name}", write)
