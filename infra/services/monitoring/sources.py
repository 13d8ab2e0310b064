"""What the Prometheus of a plan reads besides the models and the gateway."""

from collections.abc import Mapping

from infra.plan.plan import Plan
from infra.services.monitoring.own_section import Source, monitoring_of

KUBE_STATE_METRICS: Source = "kubeStateMetrics"
KUBELET: Source = "kubelet"
DCGM: Source = "dcgm"
CERT_MANAGER: Source = "certManager"
_OF_THE_CHART: frozenset[Source] = frozenset({KUBE_STATE_METRICS, KUBELET})
_TITLES: Mapping[Source, str] = {
    KUBE_STATE_METRICS: "kube-state-metrics",
    KUBELET: "the kubelets",
    DCGM: "NVIDIA's dcgm-exporter, as the GPU operator installs it",
    CERT_MANAGER: "cert-manager",
}


def sources_of(plan: Plan) -> frozenset[Source]:
    own = _OF_THE_CHART if plan.addons["prometheus"].state == "install" else frozenset[Source]()
    return own | set(monitoring_of(plan.settings).sources)


def lacks(source: Source) -> str:
    return f"Prometheus has to read {_TITLES[source]}; where it does, write monitoring.sources: [{source}]"
