"""The GPUs of a machine type, where one is written for a GPU: `a2-highgpu-1g`, `Standard_NC24ads_A100_v4`."""

from infra.catalog.types import Catalog

_PREFIX = "standard_"  # which people leave out


def gpus_of_machine(text: str, catalog: Catalog) -> tuple[str, int] | None:
    """The GPU's name and how many a machine has; None: the text names no machine with whole GPUs."""
    if (instance := catalog.instances.get(text.strip().lower())) is not None:
        return (instance.gpu, instance.gpus) if instance.gpus else None
    wanted = _bare(text)
    return next((gpus for name, gpus in catalog.machines.items() if _bare(name) == wanted), None)


def _bare(text: str) -> str:
    return text.strip().lower().removeprefix(_PREFIX)
