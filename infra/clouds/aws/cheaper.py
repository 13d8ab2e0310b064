"""What would cost less of the cluster itself: smaller system nodes, one NAT gateway."""

from collections.abc import Iterator
from dataclasses import replace

from infra.catalog import Catalog
from infra.clouds.aws.facts import CpuInstance
from infra.clouds.aws.plan import AwsCluster
from infra.clouds.aws.section import SystemNodes
from infra.plan.money import CheaperPlatform
from infra.settings.platform import Settings

_BURSTABLE = "t"  # first letter of types whose CPU has a baseline


def cheaper_platform(settings: Settings, cluster: AwsCluster, catalog: Catalog) -> Iterator[CheaperPlatform]:
    yield from _smaller_system_nodes(settings, cluster, catalog)
    if cluster.nat_per_zone:
        write = (("cluster.create.network.nat", "one"),)
        effect = "lost with its zone, and with it every way out"
        yield CheaperPlatform(write, settings, replace(cluster, nat_per_zone=False), effect)


def _smaller_system_nodes(settings: Settings, cluster: AwsCluster, catalog: Catalog) -> Iterator[CheaperPlatform]:
    """The cheapest type that is at least as large, so that everything that runs there still has room."""
    create = settings.cluster.create
    now = catalog.aws.cpu_instances.get(create.system_nodes.instance_type) if create is not None else None
    if create is None or now is None:
        return
    enough = (each for each in catalog.aws.cpu_instances.values() if _as_large(each, now))
    best = min(enough, key=lambda each: (each.usd_per_hour, each.name))
    if best.name == now.name:
        return
    nodes = create.system_nodes.model_copy(update={"instance_type": best.name})
    burst = "; steady CPU use above its baseline is billed on top" if best.name.startswith(_BURSTABLE) else ""
    yield CheaperPlatform(
        (("cluster.create.systemNodes.instanceType", best.name),),
        _with(settings, nodes),
        cluster,
        f"{best.arch}, {best.vcpus} vCPUs and {best.memory_gib:g} GiB, the cheapest node no smaller than"
        f" {now.name}{burst}; where the nodes run already, EKS recreates their group: it needs allow: {{replace:"
        " [systemNodes]}",
    )


def _as_large(each: CpuInstance, now: CpuInstance) -> bool:
    return each.vcpus >= now.vcpus and each.memory_gib >= now.memory_gib


def _with(settings: Settings, nodes: SystemNodes) -> Settings:
    create = settings.cluster.create
    assert create is not None
    cluster = settings.cluster.model_copy(update={"create": create.model_copy(update={"system_nodes": nodes})})
    return settings.model_copy(update={"cluster": cluster})
