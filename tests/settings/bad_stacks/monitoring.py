"""Bad values of `monitoring`."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, MODEL, Bad, stack

MONITORING = (
    Bad(
        "a label that each alert has by itself, and what no Prometheus reads",
        stack(CLUSTER, MODEL, "monitoring: {sources: [kubelet, gpu], alerts: {labels: {severity: high, team: ml}}}"),
        (
            Mistake(
                "monitoring.alerts.labels.severity",
                6,
                "a label that each alert has by itself, and by which it is known",
                "write another name, such as platform_severity",
            ),
            Mistake(
                "monitoring.sources[1]",
                6,
                'got "gpu"; allowed: kubeStateMetrics, kubelet, dcgm, certManager',
                "write kubeStateMetrics",
            ),
        ),
    ),
)
