"""Storage classes whose volumes one node has, by the names under which they come. A claim for pods on several nodes
never gets a volume of them: their provisioners refuse it."""

from infra.clouds.cloud import Cloud

_BROUGHT = ("local-path",)  # k3s brings it; Rancher's local-path-provisioner, which others install, calls it the same


def of_one_node(storage_class: str | None, cloud: Cloud) -> bool:
    """A default class is taken for one too, until somebody names it."""
    return storage_class is None or storage_class in (*_BROUGHT, *cloud.classes_of_one_node)
