"""What Prometheus reads beside the models and the gateway: a panel or an alert that needs more is left out."""

from infra.plan.plan import Plan
from infra.services.monitoring.own_section import Source, monitoring_of

INSTALLED: frozenset[Source] = frozenset({"kubeStateMetrics", "kubelet"})  # by kube-prometheus-stack


def sources_of(plan: Plan) -> frozenset[Source]:
    said = frozenset(monitoring_of(plan.settings).sources)
    return said | INSTALLED if plan.addons["prometheus"].state == "install" else said
