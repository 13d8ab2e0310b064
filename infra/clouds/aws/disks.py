"""The root disk of a node."""

from infra.catalog import Catalog

AMI_GIB = 20
STEP_GIB = 10


def root_gib(catalog: Catalog, *, scratch_gib: int) -> int:
    """Room for the AMI, the image of every engine, the largest one once more as it is pulled, and what pods write.
    It counts all engines, not only those in use, so that another model doesn't replace the nodes.
    """
    engines = catalog.engines.values()
    images = sum(each.unpacked_gib for each in engines) + max(each.image_gib for each in engines)
    return -int(-(AMI_GIB + images + scratch_gib) // STEP_GIB) * STEP_GIB
