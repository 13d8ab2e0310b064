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
    Bad(
        "Grafana without the Prometheus that it comes with, and a place where it doesn't look",
        stack(
            CLUSTER,
            MODEL,
            "addons: {prometheus: disabled, keda: disabled}",
            "monitoring: {grafana: true, dashboards: {kind: sidecar, namespace: grafana}}",
        ),
        (
            Mistake(
                "monitoring.dashboards.kind",
                7,
                "sidecar, and addons.prometheus is disabled: no panel would have data",
                "write kind: none, or addons: {prometheus: install}",
            ),
            Mistake(
                "monitoring.dashboards.namespace",
                7,
                "read only by the sidecar of a Grafana that exists",
                "leave it out: the Grafana that the stack installs finds its own",
            ),
            Mistake(
                "monitoring.grafana",
                7,
                "true, and the stack installs no Prometheus: Grafana comes with its chart",
                "write addons: {prometheus: install}, or leave grafana out and write dashboards: {kind: sidecar} for a"
                " Grafana that exists",
            ),
        ),
    ),
    Bad(
        "labels of dashboards that nothing reads, and a kind that doesn't exist",
        stack(CLUSTER, MODEL, "monitoring: {dashboards: {kind: files, labels: {grafana: yes}}}"),
        (
            Mistake(
                "monitoring.dashboards.labels",
                6,
                "read only by the sidecar of a Grafana that exists",
                "write kind: sidecar beside it",
            ),
        ),
    ),
)
