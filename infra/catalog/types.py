"""All that the catalogue holds, and the versions that it pins. None means that nobody has seen the value; it is never
guessed. Memory is in GiB (2^30)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from infra.catalog.hardware import Gpu, Instance, MigProfile
from infra.catalog.regions import continent
from infra.catalog.shapes import ModelShape, Quantization, RopeFamily

if TYPE_CHECKING:
    from infra.clouds.aws.facts import AwsFacts


@dataclass(frozen=True)
class Image:
    """What a container runs, pinned."""

    name: str
    version: str
    image: str
    image_gib: float  # as pulled, compressed
    unpacked_gib: float  # on the node's disk
    source: str


@dataclass(frozen=True)
class ChartPin:
    """A Helm chart, pinned."""

    name: str
    repo: str
    version: str
    app_version: str
    namespace: str


@dataclass(frozen=True)
class KubernetesVersion:
    """A Kubernetes minor."""

    version: str
    cluster_autoscaler: str  # image tag: the autoscaler's minor is the cluster's


@dataclass(frozen=True)
class Measured:
    """What others measured: the usual value, and the lowest and highest that were seen."""

    value: float
    low: float
    high: float
    source: str
    date: str


@dataclass(frozen=True, eq=False)  # so that it can be the key of a cache: a catalogue is equal to itself alone
class Catalog:
    """Every fact that a plan needs, from files of this package alone."""

    instances: Mapping[str, Instance]
    gpus: Mapping[str, Gpu]
    mig: Mapping[str, Mapping[str, MigProfile]]  # by card and profile
    models: Mapping[str, ModelShape]
    tags: Mapping[str, ModelShape]  # of an engine's own library, as the lock has them
    quantizations: Mapping[str, Quantization]
    quantized_weights: Mapping[tuple[str, str], float]  # (model, quantization) -> GiB, where the sum would be wrong
    quantized_repositories: Mapping[tuple[str, str], str]  # (model, quantization) -> a repository that holds it
    machines: Mapping[str, tuple[str, int]]  # machine type of another cloud -> its GPU, and how many it has
    rope: Mapping[tuple[str, int], RopeFamily]  # (model type, context) -> how its positions can be stretched
    engines: Mapping[str, Image]
    cuda_drivers: Mapping[str, int]  # major version of CUDA -> the oldest branch of NVIDIA's driver that runs it
    fetchers: Mapping[str, Image]
    proxies: Mapping[str, Image]
    charts: Mapping[str, ChartPin]
    kubernetes: Mapping[str, KubernetesVersion]
    read: date  # of the versions: a plan asks no clock
    cold_start: Mapping[str, Measured]  # rows of cold_start.toml: seconds, or MiB/s
    zones: Mapping[str, Mapping[str, tuple[str, ...]]]  # instance type -> region -> zone ids where nodes can be
    regions: Mapping[str, tuple[str, ...]]  # region -> zone ids where some GPU type is offered
    other_regions: tuple[str, ...]  # that exist, and of which no instance type is known
    region: str  # whose prices the instance types have, where they are known
    aws: AwsFacts  # what only AWS has

    @property
    def kubernetes_versions(self) -> tuple[str, ...]:
        return tuple(self.kubernetes)

    @property
    def default_kubernetes_version(self) -> str:
        """Of a new cluster: the newest that the autoscaler's chart is made for, whose app is of one minor version."""
        minor = _numbers(self.charts["cluster-autoscaler"].app_version)[:2]
        return max((each for each in self.kubernetes if _numbers(each) <= minor), key=_numbers)

    def as_stored(self, shape: ModelShape, repository: str) -> ModelShape:
        """The shape of a model whose weights a repository holds in another form: some are wider, so that they can be
        split over more GPUs."""
        known = self.models.get(repository)
        return replace(shape, intermediate_size=known.intermediate_size) if known is not None else shape

    def near(self, region: str) -> list[str]:
        """The regions on the same continent; every region where there is none."""
        return [each for each in self.regions if continent(each) == continent(region)] or [*self.regions]

    def zones_of(self, instance_type: str, region: str) -> tuple[str, ...]:
        """The zones of a region that offer an instance type."""
        return self.zones.get(instance_type, {}).get(region, ())

    def regions_of(self, instance_type: str, here: str = "", beside: Collection[str] = ()) -> tuple[str, ...]:
        """The regions of which a zone offers an instance type: those on the continent of `here` first, and of these the
        regions that also offer every type of `beside`."""

        def order(region: str) -> tuple[bool, bool, str]:
            whole = all(self.zones_of(each, region) for each in beside)
            return continent(region) != continent(here), not whole, region

        return tuple(sorted((each for each in self.regions if self.zones_of(instance_type, each)), key=order))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
