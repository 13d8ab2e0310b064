"""What AWS offers, and at which prices: infra/catalog/data/aws. The catalogue reads it; this imports no other room."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from infra.catalog.hardware import Gpu, Instance
from infra.catalog.table import Row, Table, has_date
from infra.catalog.toml_file import each_section, read_toml, section
from infra.clouds.aws.node_room import allocatable

# docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html, read 2026-11-27
ONE_CARD_GBPS = 100
HOME = "us-east-1"  # the region of the prices that no table gives another
INSTANCE = (
    *("instance_type", "gpu", "gpus", "vcpus", "memory_mib", "nvme_gb", "arch", "network_gbps"),
    *("spot", "usd_per_hour", "left_out"),
)
CPU_INSTANCE = ("instance_type", "vcpus", "memory_gib", "usd_per_hour", "arch")
AMI_DRIVER = ("version", "since", "driver")
OTHER_REGION = ("region",)
BLOCK_FAMILY = ("family",)
REGION_PRICE = ("instance_type", "region", "usd_per_hour", "spot_low", "spot_high")


@dataclass(frozen=True)
class CpuInstance:
    """An EC2 instance type without GPUs, for the system nodes."""

    name: str
    vcpus: int
    memory_gib: float
    usd_per_hour: float  # on demand, of `priced_by`
    arch: Literal["x86_64", "arm64"]
    priced_by: str | None = HOME  # the region of its price; None: a table of the user's own


@dataclass(frozen=True)
class RegionPrice:
    """An instance type in one region; None is what the source doesn't have."""

    usd_per_hour: float | None  # on demand
    spot_usd: tuple[float, float] | None  # in the cheapest and the most expensive zone, at one moment


@dataclass(frozen=True)
class PriceList:
    """Everything that isn't a GPU instance. us-east-1."""

    date: str
    gpu_date: str
    region_date: str  # of the prices of other regions, and of spot
    region: str
    eks_hour: float
    eks_extended_hour: float
    nat_hour: float
    public_ipv4_hour: float
    alb_hour: float
    gp3_gib_month: float
    gp3_iops_month: float  # over 3,000
    gp3_mibps_month: float  # over 125
    efs_gib_month: float
    s3_gib_month: float
    endpoint_hour: float  # an interface endpoint in a zone
    endpoint_gb: float
    kms_key_month: float
    log_gib_month: float


@dataclass(frozen=True)
class Version:
    """A Kubernetes minor as EKS offers it."""

    version: str
    standard_support_until: str  # ISO date
    ami_release: str  # of EKS's Amazon Linux 2023, with and without NVIDIA's driver
    bottlerocket_release: str  # its variant for this version, with NVIDIA's driver
    addons: Mapping[str, str]  # versions of EKS add-ons, by their name


@dataclass(frozen=True)
class AmiDriver:
    """NVIDIA's driver of the images for GPUs, from one release of them up to the next row of the same minor."""

    version: str  # of Kubernetes
    since: str  # day of the release, as its name has it: 20260610
    driver: str


@dataclass(frozen=True)
class AwsFacts:
    """What no other cloud has."""

    cpu_instances: Mapping[str, CpuInstance]
    region_prices: Mapping[tuple[str, str], RegionPrice]  # (instance type, region)
    prices: PriceList
    versions: Mapping[str, Version]
    drivers: tuple[AmiDriver, ...]
    block_families: tuple[str, ...]  # of which AWS sells Capacity Blocks

    def driver_of(self, ami_release: str) -> str | None:
        """Of a release such as 1.35.6-20260714; None: it is older than those that were looked up."""
        patch, _, day = ami_release.partition("-")
        found = [each for each in self.drivers if patch.startswith(f"{each.version}.") and each.since <= day]
        return max(found, key=lambda each: each.since).driver if found else None


@dataclass(frozen=True)
class Offered:
    """The instance types, where each is offered, and the facts."""

    instances: Mapping[str, Instance]
    zones: Mapping[str, Mapping[str, tuple[str, ...]]]
    regions: Mapping[str, tuple[str, ...]]
    other_regions: tuple[str, ...]
    facts: AwsFacts


def read(folder: Path, gpus: Mapping[str, Gpu], mistakes: list[str]) -> Offered | None:
    """None where the prices can't be read, which `mistakes` then says."""

    def table(file: str, columns: tuple[str, ...]) -> Table:
        return Table(folder / file, columns, mistakes)

    instances = table("gpu_instances.csv", INSTANCE).by("instance_type", lambda row: _instance_of(row, gpus))
    zones, regions = _zones(folder / "zones.json", instances, mistakes)
    cpu_instances = table("cpu_instances.csv", CPU_INSTANCE).by("instance_type", _cpu_instance_of)
    region_prices = _region_prices(table("region_prices.csv", REGION_PRICE), mistakes)
    prices = _prices(read_toml(folder / "prices.toml"), mistakes)
    versions = each_section("versions.toml", Version, read_toml(folder / "versions.toml"), mistakes)
    drivers = tuple(_driver_of(row) for row in table("ami_drivers.csv", AMI_DRIVER).rows())
    others = tuple(row.text("region") for row in table("other_regions.csv", OTHER_REGION).rows())
    blocks = tuple(row.text("family") for row in table("capacity_blocks.csv", BLOCK_FAMILY).rows())
    if prices is None:
        return None
    facts = AwsFacts(cpu_instances, region_prices, prices, versions, drivers, blocks)
    return Offered(instances, zones, regions, others, facts)


def _driver_of(row: Row) -> AmiDriver:
    return AmiDriver(row.text("version"), row.text("since").replace("-", ""), row.text("driver"))


def _instance_of(row: Row, gpus: Mapping[str, Gpu]) -> Instance:
    left_out = row.text_or_none("left_out")
    vcpus, memory_gib = row.whole("vcpus"), row.whole("memory_mib") / 1024
    pod_cpu, pod_gib = allocatable(vcpus, memory_gib, gpus=True)
    return Instance(
        name=row.text("instance_type"),
        gpu=row.known("gpu", gpus, "row of gpus.csv"),
        gpus=row.whole("gpus", minimum=0),
        vcpus=vcpus,
        memory_gib=memory_gib,
        pod_cpu=pod_cpu,
        pod_gib=pod_gib,
        nvme_gb=row.whole("nvme_gb", minimum=0),
        arch=row.one_of("arch", "x86_64", "arm64"),
        network_gbps=_of_one_card(row.number("network_gbps")),
        spot=row.flag("spot"),
        usd_per_hour=row.number_or_none("usd_per_hour"),
        priced_by=HOME,
        unusable=left_out,
    )


def _of_one_card(gbps: float) -> float | None:
    """Above what one card has, the figure is the sum of several, which carry EFA; a node has its addresses on one of
    them. Nothing that was read says what that one has."""
    return gbps if gbps <= ONE_CARD_GBPS else None


def _cpu_instance_of(row: Row) -> CpuInstance:
    return CpuInstance(
        row.text("instance_type"),
        row.whole("vcpus"),
        row.number("memory_gib"),
        row.number("usd_per_hour"),
        row.one_of("arch", "x86_64", "arm64"),
    )


def _region_price_of(row: Row) -> RegionPrice:
    low, high = row.number_or_none("spot_low"), row.number_or_none("spot_high")
    if (low is None) != (high is None) or (low or 0) > (high or 0):
        row.wrong("spot_high", f"must be spot_low ({low}) or more, or both blank")
    return RegionPrice(row.number_or_none("usd_per_hour"), None if low is None or high is None else (low, high))


def _region_prices(table: Table, mistakes: list[str]) -> Mapping[tuple[str, str], RegionPrice]:
    found: dict[tuple[str, str], RegionPrice] = {}
    for row in table.rows():
        key = row.text("instance_type"), row.text("region")
        if key in found:
            mistakes.append(f"{row.place}: {key[0]} in {key[1]} is there already")
        found[key] = _region_price_of(row)
    return MappingProxyType(found)


def _prices(rows: Mapping[str, Any], mistakes: list[str]) -> PriceList | None:
    for name, value in rows.items():
        if isinstance(value, int | float) and not value > 0:
            mistakes.append(f"prices.toml: {name} must be over 0, got {value}")
    return section("prices.toml", PriceList, (), rows, mistakes)


def _zones(
    path: Path, instances: Mapping[str, Instance], mistakes: list[str]
) -> tuple[Mapping[str, Mapping[str, tuple[str, ...]]], Mapping[str, tuple[str, ...]]]:
    """Zones of each type, and of each region, without those that EKS doesn't serve."""
    data = json.loads(path.read_text(encoding="utf-8"))
    not_served = set(data["not_served_by_eks"])
    zones = {
        instance_type: {region: tuple(z for z in ids.split() if z not in not_served) for region, ids in offers.items()}
        for instance_type, offers in data["offered"].items()
    }
    mistakes += [f"{path.name}: {name} is no row of gpu_instances.csv" for name in zones if name not in instances]
    if not has_date(data["source"]):
        mistakes.append(f"{path.name}: source must say when it was read, as 2026-11")
    regions: dict[str, set[str]] = {}
    for offers in zones.values():
        for region, ids in offers.items():
            regions.setdefault(region, set()).update(ids)
    return MappingProxyType(zones), MappingProxyType(
        {region: tuple(sorted(ids)) for region, ids in sorted(regions.items())}
    )
