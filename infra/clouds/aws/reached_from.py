"""Warnings of the addresses from which the cluster's API and a public gateway are reached."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from infra.clouds.aws.section import CreateCluster
from infra.plan.findings import warned
from infra.plan.notes import Finding
from infra.settings.platform import Settings

# RFC 1918, RFC 6598 (carriers' and large companies' own), link-local and loopback.
_PRIVATE = tuple(
    map(
        IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8")
    )
)
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
    if private := _private(create.access.api_from):
        alone = ": so nobody reaches the public endpoint" if len(private) == len(create.access.api_from) else ""
        yield warned(
            path,
            f'{", ".join(private)}: private addresses, {_WAY_OUT}{alone}. Write apiFrom: ["THAT.ADDRESS/32"]; leave'
            " private addresses out: from the VPC, and over a VPN or a peering, the private endpoint answers anyway",
        )


def warn_of_gateway(settings: Settings) -> Iterator[Finding]:
    gateway = settings.gateway
    private = _private(gateway.inbound_cidrs) if gateway is not None and gateway.visibility == "public" else []
    if private:
        yield warned(
            "gateway.inboundCidrs",
            f"{', '.join(private)}: private addresses, {_WAY_OUT}, because visibility is public. Write that address, or"
            " visibility: internal for callers in the VPC or over a VPN",
        )


def _private(cidrs: Iterable[str]) -> list[str]:
    return [cidr for cidr in cidrs if any(IPv4Network(cidr).subnet_of(each) for each in _PRIVATE)]
