"""The root disk of a node."""

from infra.catalog import Catalog

AMI_GIB = 20
STEP_GIB = 10


def root_gib(catalog: Catalog, *, scratch_gib: int) -> int:
    """The AMI, the image of every engine, one of them while it is pulled, and what pods write.

    Of all engines, not of those that are used: another model doesn't replace the nodes.
    """
    engines = catalog.engines.values()
    images = sum(each.unpacked_gib for each in engines) + max(each.image_gib for each in engines)
    return -int(-(AMI_GIB + images + scratch_gib) // STEP_GIB) * STEP_GIB
