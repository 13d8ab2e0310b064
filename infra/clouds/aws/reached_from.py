"""Warnings of the addresses from which the cluster's API and a public gateway are reached."""

from collections.abc import Iterator

from infra.clouds.aws.section import CreateCluster
from infra.plan.findings import warned
from infra.plan.notes import Finding
from infra.settings.addresses import private
from infra.settings.platform import Settings

_WAY_OUT = (
    "which never arrive there: AWS sees the public address with which your network reaches the internet"
    " (`curl -4 https://checkip.amazonaws.com` prints it)"
)


def warn_of_access(create: CreateCluster) -> Iterator[Finding]:
    path = "cluster.create.access.apiFrom"
    if not create.access.api_from:
        where = "the VPC" if create.network.vpc_id else "the VPC (which isn't there yet)"
        yield warned(
            path,
            f"none: the API is reached from inside {where} alone, so `pulumi up` has to run there or over a VPN;"
            " elsewhere write access.apiFrom: [your own CIDR]",
        )
    everybody = [cidr for cidr in create.access.api_from if cidr.endswith("/0")]
    if everybody:
        yield warned(path, f"{', '.join(everybody)}: the whole internet can reach the cluster's API")
    if never := private(create.access.api_from):
        alone = ": so nobody reaches the public endpoint" if len(never) == len(create.access.api_from) else ""
        yield warned(
            path,
            f'{", ".join(never)}: private addresses, {_WAY_OUT}{alone}. Write apiFrom: ["THAT.ADDRESS/32"]; leave'
            " private addresses out: from the VPC, and over a VPN or a peering, the private endpoint answers anyway",
        )


def warn_of_gateway(settings: Settings) -> Iterator[Finding]:
    gateway = settings.gateway
    if gateway is None or gateway.exposure != "public":
        return
    if never := private(gateway.inbound_cidrs):
        alone = ": so nobody outside reaches the models" if len(never) == len(gateway.inbound_cidrs) else ""
        yield warned(
            "gateway.inboundCidrs",
            f"{', '.join(never)}: private addresses, {_WAY_OUT}, because expose is public{alone}. Write that"
            " address, or expose: internal for callers in the VPC or over a VPN",
        )
