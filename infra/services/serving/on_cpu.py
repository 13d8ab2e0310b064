"""Which models run on the CPU, as the stack file says it, and what scales them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.engines import ENGINES
from infra.services.serving.section import Model

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud
    from infra.settings.platform import Settings


def no_gpu_nodes(settings: Settings, cloud: Cloud | None) -> bool:
    """Whether the stack has no pool, and can't make one."""
    return not settings.gpu_pools and not (cloud is not None and cloud.makes_nodes(settings))


def is_on_cpu(model: Model, *, no_gpu_nodes: bool) -> bool:
    return model.gpus == 0 or (model.gpus is None and no_gpu_nodes and ENGINES[model.engine].limits.cpu)


def reads_metrics(model: Model, *, no_gpu_nodes: bool) -> bool:
    """Whether the CPU that its replicas use says how many there are, to Kubernetes' own autoscaler or to KEDA. Of one
    that sleeps it is the requests that the gateway counts."""
    return 1 <= model.replicas.min < model.replicas.max and is_on_cpu(model, no_gpu_nodes=no_gpu_nodes)


def scales_by_use(model: Model, *, no_gpu_nodes: bool) -> bool:
    """Whether Kubernetes' own autoscaler does; KEDA does where the model has hours."""
    return not model.schedule and reads_metrics(model, no_gpu_nodes=no_gpu_nodes)
