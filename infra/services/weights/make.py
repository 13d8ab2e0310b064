"""The volume that holds the weights, and the namespace of everything that reads it."""

import pulumi

from components.aws.volumes import ebs_disk, efs_volume
from components.model_cache import Disk, ModelCache, Volume
from infra.plan.plan import Plan
from infra.services.access.namespace import namespace_labels
from infra.site import Site


def make_cache(plan: Plan, site: Site, hub_token: pulumi.Output[str] | None) -> ModelCache:
    settings, cache = plan.settings, plan.cache
    return ModelCache(
        "model-cache",
        namespace=settings.namespace.name,
        create_namespace=settings.namespace.create,
        namespace_labels=namespace_labels(plan.gateway),
        size=f"{cache.size_gib}Gi",
        access_mode=cache.access_mode,
        storage_class=cache.storage_class,
        volume=_volume(plan, site),
        protect=settings.protect,
        hub_token=hub_token,
        depends_on=[*site.ready, *site.operators],
        opts=site.opts,
    )


def _volume(plan: Plan, site: Site) -> Volume | Disk | None:
    """What the claim is bound to; None leaves it to a storage class."""
    if site.file_system is not None:
        return efs_volume(site.file_system.file_system_id, site.file_system.access_point_id)
    if plan.cache.kind == "ebs":
        zone = site.zone_names.get(plan.cache.zone_id) if plan.cache.zone_id else None
        return ebs_disk(zone, throughput=plan.cache.throughput, iops=plan.cache.iops)
    return None
