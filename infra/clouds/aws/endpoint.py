"""The interface endpoint of S3: with it servers reach the bucket of the cache, and no address outside the network."""

import ipaddress

from infra.catalog import Catalog
from infra.clouds.aws.plan import AwsCluster
from infra.plan.findings import Decided
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.notes import Chosen
from infra.settings.platform import Settings

INTERFACE, GATEWAY = "interface", "gateway"
_PATH = "cache.endpoint"


def bucket_cidrs(settings: Settings, cluster: AwsCluster, catalog: Catalog) -> Decided[tuple[tuple[str, ...], str]]:
    """By which servers reach the bucket, a range per zone; (), and what would give them some. Another network than one
    that we make is left as it is."""
    if cluster.cidr is None:
        return (), ""
    wanted = settings.cache.endpoint if settings.cache is not None else None
    price = f"${endpoint_month(cluster, catalog):.2f} per month and ${catalog.aws.prices.endpoint_gb:g} per GB"
    if wanted == GATEWAY:
        return (), f"{_PATH}: {INTERFACE} ends that, for {price}"
    if wanted is None:
        reason = (
            f"servers then reach the bucket and no address outside the network; {price} that is read, and 10 Gbps per"
            f" zone until AWS raises them; {_PATH}: {GATEWAY} is free and quicker, and lets servers open HTTPS"
            " connections to any address"
        )
        yield Chosen(_PATH, INTERFACE, reason)
    return tuple(subnet_cidr(cluster.cidr, zone) for zone in cluster.zone_ids), ""


def endpoint_month(cluster: AwsCluster, catalog: Catalog) -> float:
    return len(cluster.zone_ids) * catalog.aws.prices.endpoint_hour * HOURS_PER_MONTH


def subnet_cidr(cidr: str, zone_id: str) -> str:
    """A part of the VPC's last eighth, which no zone's nodes use, because AWS numbers zones from 1 to at most 6."""
    last = list(ipaddress.IPv4Network(cidr).subnets(prefixlen_diff=3))[-1]
    return str(list(last.subnets(prefixlen_diff=3))[int(zone_id.rsplit("az", 1)[1])])
