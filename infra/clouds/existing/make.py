"""A cluster that exists: its provider, and the software that the stack installs there."""

import pulumi

from components.context_cluster import ContextCluster
from infra.clouds.site import Site
from infra.live import Namespaces
from infra.plan.plan import Plan
from infra.services.addons.make import make_addons


def make_site(plan: Plan, namespaces: Namespaces) -> Site:
    cluster = ContextCluster("cluster", context=plan.cluster.name)
    opts = pulumi.ResourceOptions(provider=cluster.provider)
    return Site(opts, addons=make_addons(plan, namespaces, opts=opts))
