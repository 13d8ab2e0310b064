"""What the Prometheus of a plan reads besides the models and the gateway."""

from collections.abc import Mapping

from infra.catalog.metrics import exporters
from infra.plan.plan import Plan
from infra.services.addons.optional import DCGM
from infra.services.monitoring.own_section import Source, monitoring_of

KUBE_STATE_METRICS: Source = "kubeStateMetrics"
KUBELET: Source = "kubelet"
CERT_MANAGER: Source = "certManager"
_OF_THE_CHART: frozenset[Source] = frozenset({KUBE_STATE_METRICS, KUBELET})
_TITLES: Mapping[Source, str] = {
    KUBE_STATE_METRICS: "kube-state-metrics",
    KUBELET: "the kubelets",
    CERT_MANAGER: "cert-manager",
}
_LACKS_GPUS = (
    f"nothing measures the GPUs: write addons: {{{DCGM}: install}}, or existing where Prometheus reads the"
    " dcgm-exporter of NVIDIA's GPU operator"
)
_PROFILING = "DCGM_FI_PROF_"  # fields for which dcgm-exporter would have to be root and administrate the node


def sources_of(plan: Plan) -> frozenset[Source]:
    own = _OF_THE_CHART if plan.addons["prometheus"].state == "install" else frozenset[Source]()
    return own | set(monitoring_of(plan.settings).sources)


def lacks(source: Source) -> str:
    return f"Prometheus has to read {_TITLES[source]}; where it does, write monitoring.sources: [{source}]"


def reads_gpus(plan: Plan) -> bool:
    return plan.addons[DCGM].state != "disabled" and not all(pool.unmeasured for pool in plan.pools.values())


def lacks_gpus(plan: Plan) -> str:
    if plan.addons[DCGM].state == "disabled":
        return _LACKS_GPUS
    return f"dcgm-exporter runs on no node: the system of {', '.join(plan.pools)} ends it (gpuPools.NAME.os)"


def gpu_metrics() -> Mapping[str, str]:
    """What the dcgm-exporter that the stack installs measures, each with its kind."""
    known = exporters()["dcgm-exporter"].metrics.values()
    return {each.name: each.kind for each in known if not each.name.startswith(_PROFILING)}
