"""Add-ons that aren't there unless something asks for them, whoever made the cluster."""

from collections.abc import Collection

from infra.services.addons.vertical import VERTICAL, wants_vertical
from infra.services.serving.next import servers
from infra.settings.platform import Settings

DCGM = "dcgmExporter"
AUTOSCALER, KARPENTER = "clusterAutoscaler", "karpenter"


def node_scaler(settings: Settings) -> str:
    """What adds the nodes of pools that the stack makes."""
    create = settings.cluster.create
    return create.node_scaler if create is not None else AUTOSCALER


def installs_karpenter(settings: Settings) -> bool:
    """Not where no model has a GPU and no pool is written: it would make no node."""
    gpus = any(model.gpus != 0 for model in servers(settings.models).values())
    return node_scaler(settings) == KARPENTER and (gpus or bool(settings.gpu_pools))


def is_left_out(addon: str, settings: Settings, lacking: Collection[str]) -> bool:
    """Of one of which the stack file says nothing. `lacking`: what the stack installs by itself. Alerts and dashboards
    follow from dcgm-exporter, so a cluster that exists isn't assumed to have it."""
    if addon == VERTICAL:
        return not wants_vertical(settings)
    if addon == AUTOSCALER:
        return node_scaler(settings) != AUTOSCALER
    return addon == DCGM and (DCGM not in lacking or settings.addons.prometheus.state == "disabled")
