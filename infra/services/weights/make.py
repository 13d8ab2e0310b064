"""The volume that holds the weights, and the namespace of everything that reads it."""

import pulumi

from components.model_cache import ModelCache
from components.node_cache import NodeDirectory
from infra.clouds.site import Site
from infra.plan.plan import Plan
from infra.services.access.namespace import namespace_labels


def make_cache(plan: Plan, site: Site, hub_token: pulumi.Output[str] | None) -> ModelCache:
    settings, cache = plan.settings, plan.cache
    return ModelCache(
        "model-cache",
        namespace=settings.namespace.name,
        create_namespace=settings.namespace.create,
        namespace_labels=namespace_labels(plan.gateway),
        size=f"{cache.size_gib}Gi" if cache.size_gib else None,
        access_mode=cache.access_mode,
        storage_class=cache.storage_class,
        volume=NodeDirectory(cache.directory) if cache.directory is not None else site.volume,
        protect=settings.protect,
        hub_token=hub_token,
        depends_on=[*site.ready, *site.operators],
        opts=site.opts,
    )
