"""Facts: models, GPUs, instance types, prices, versions. Data files with their sources, and one loader."""

from infra.catalog.gpu_names import Slice, gpu_named, gpus_named, similar_gpus, slice_named, with_memory
from infra.catalog.hardware import Gpu, Instance
from infra.catalog.load import load_catalog
from infra.catalog.price_table import read_price_table
from infra.catalog.shapes import AT_LOAD, ModelShape
from infra.catalog.table import BadCatalog
from infra.catalog.types import Catalog

__all__ = [
    "AT_LOAD",
    "BadCatalog",
    "Catalog",
    "Gpu",
    "Instance",
    "ModelShape",
    "Slice",
    "gpu_named",
    "gpus_named",
    "load_catalog",
    "read_price_table",
    "similar_gpus",
    "slice_named",
    "with_memory",
]
