"""`addons`."""

from infra.settings import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, CPU, EKS, LAPTOP, MODEL, NODES, POOL, Bad, model, stack

ADDONS = (
    Bad(
        "a scaler without KEDA and Prometheus",
        stack(CLUSTER, model("replicas: {min: 1, max: 2}"), "addons: {keda: disabled, prometheus: disabled}"),
        (
            Mistake(
                "addons.keda",
                6,
                "disabled, and a scales between its replicas with it",
                "write keda: install, or existing where the cluster has it",
            ),
            Mistake(
                "addons.prometheus",
                6,
                "disabled, and a scales between its replicas with it",
                "write prometheus: install, or existing where the cluster has it",
            ),
        ),
    ),
    Bad(
        "GPU nodes without plugin and autoscaler",
        stack(CLUSTER, POOL, MODEL, "addons: {nvidiaDevicePlugin: disabled, clusterAutoscaler: disabled}"),
        (
            Mistake(
                "addons.clusterAutoscaler",
                7,
                "disabled, and pool l4 can't grow without it",
                "write clusterAutoscaler: install, or existing where the cluster has it",
            ),
            Mistake(
                "addons.nvidiaDevicePlugin",
                7,
                "disabled, and pool l4 has no GPUs without it",
                "write nvidiaDevicePlugin: install, or existing where the cluster has it",
            ),
        ),
    ),
    Bad(
        "an ALB without its controller",
        stack(CLUSTER, MODEL, "gateway: {domain: llm.example.com}", "addons: {loadBalancerController: disabled}"),
        (
            Mistake(
                "addons.loadBalancerController",
                7,
                "disabled, and the gateway is an ALB",
                "write loadBalancerController: install, or existing where the cluster has it",
            ),
        ),
    ),
    Bad(
        "Prometheus somewhere",
        stack(EKS, NODES, model("pool: l4, replicas: {min: 1, max: 2}")),
        (
            Mistake(
                "addons.prometheus",
                3,
                "a scales between its replicas with it, and nobody said where it is",
                "write prometheus: {existing: {url: http://prometheus-operated.monitoring:9090}}, or install",
            ),
        ),
    ),
    Bad(
        "state and existing",
        stack(CLUSTER, MODEL, "addons: {keda: {state: install, existing: {namespace: keda}}, metricsServer: on}"),
        (
            Mistake(
                "addons.keda",
                6,
                "got a mapping; allowed: install, existing, disabled, or a mapping with existing",
                "write keda: install",
            ),
            Mistake(
                "addons.metricsServer",
                6,
                'got "on"; allowed: install, existing, disabled, or a mapping with existing',
                "write metricsServer: install",
            ),
        ),
    ),
    Bad(
        "an AWS add-on on a laptop",
        stack(LAPTOP, CPU, "addons: {clusterAutoscaler: install}", region=None),
        (
            Mistake(
                "addons.clusterAutoscaler",
                5,
                "works on EKS only, and the cluster is a kubeconfig context",
                "leave clusterAutoscaler out",
            ),
        ),
    ),
    Bad(
        "a URL of KEDA",
        stack(CLUSTER, MODEL, "addons: {keda: {existing: {url: http://keda}}}"),
        (Mistake("addons.keda.existing", 6, "url and monitorLabels are Prometheus' own", "write keda: existing"),),
    ),
)
