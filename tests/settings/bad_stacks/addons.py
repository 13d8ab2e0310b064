"""`addons`."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, CPU, EKS, LAPTOP, MODEL, NODES, POOL, Bad, model, stack

AMAZON = "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1f0c"


def _prometheus(existing: str) -> str:
    return stack(CLUSTER, MODEL, f"addons: {{prometheus: {{existing: {{{existing}}}}}}}")


ADDONS = (
    Bad(
        "GPUs that are measured for nobody",
        stack(CLUSTER, model("replicas: 1"), "addons: {prometheus: disabled, dcgmExporter: install}"),
        (
            Mistake(
                "addons.dcgmExporter",
                6,
                "install, and addons.prometheus is disabled: nothing would read it",
                "leave dcgmExporter out, or write prometheus: install",
            ),
        ),
    ),
    Bad(
        "a scaler without KEDA and Prometheus",
        stack(CLUSTER, model("replicas: {min: 1, max: 2}"), "addons: {keda: disabled, prometheus: disabled}"),
        (
            Mistake(
                "addons.keda",
                6,
                "disabled, and a scales between its replicas with it",
                "write keda: install; or replicas that don't scale: models.a.replicas: 1",
            ),
            Mistake(
                "addons.prometheus",
                6,
                "disabled, and a scales between its replicas with it",
                "write prometheus: install; or replicas that don't scale: models.a.replicas: 1",
            ),
        ),
    ),
    Bad(
        "paused models that would scale without KEDA",
        stack(
            CLUSTER,
            "models:",
            "  a: {model: Qwen/Qwen3-8B, paused: true, replicas: {min: 1, max: 2}}",
            "  b: {model: Qwen/Qwen3-8B, replicas: {min: 2, max: 3}}",
            "addons: {keda: disabled}",
        ),
        (
            Mistake(
                "addons.keda",
                8,
                "disabled, and a scales between its replicas with it",
                "write keda: install; or replicas that don't scale: models.a.replicas: 1 and models.b.replicas: 2",
            ),
        ),
    ),
    Bad(
        "pods that scale by what they use, and nothing that measures it",
        stack(
            LAPTOP,
            "models:",
            '  a: {model: "llama3.2:1b", engine: ollama, gpus: 0, replicas: {min: 1, max: 2}}',
            "gateway: {replicas: {min: 2, max: 4}}",
            "addons: {metricsServer: disabled, keda: disabled}",
            region=None,
        ),
        (
            Mistake(
                "addons.metricsServer",
                7,
                "disabled, and a scales between its replicas with it",
                "write metricsServer: install, or existing where the cluster has it; or replicas that don't scale:"
                " models.a.replicas: 1",
            ),
            Mistake(
                "addons.metricsServer",
                7,
                "disabled, and the gateway scales between its replicas with it",
                "write metricsServer: install, or existing where the cluster has it; or replicas that don't scale:"
                " gateway.replicas: 2",
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
                "write clusterAutoscaler: install",
            ),
            Mistake(
                "addons.nvidiaDevicePlugin",
                7,
                "disabled, and pool l4 has no GPUs without it",
                "write nvidiaDevicePlugin: install",
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
                "write loadBalancerController: install",
            ),
        ),
    ),
    Bad(
        "what exists on a new cluster",
        stack(CLUSTER, MODEL, "addons: {keda: existing, prometheus: existing, nvidiaDevicePlugin: existing}"),
        (
            Mistake(
                "addons.keda",
                6,
                "existing, and a new cluster has none",
                "write keda: install, or where something else installs it once the cluster is there, keda: {existing:"
                " {namespace: keda}}",
            ),
            Mistake(
                "addons.nvidiaDevicePlugin",
                6,
                "existing, and a new cluster has none",
                "write nvidiaDevicePlugin: install, or where something else installs it once the cluster is there,"
                " nvidiaDevicePlugin: {existing: {namespace: kube-system}}",
            ),
            Mistake(
                "addons.prometheus",
                6,
                "existing, and a new cluster has none",
                "write prometheus: install, or where something else installs it once the cluster is there, prometheus:"
                " {existing: {url: ...}}",
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
                "a scales between its replicas with it, and its address isn't given",
                "write prometheus: {existing: {url: http://prometheus-operated.monitoring:9090}}, or install; and"
                " keda: install beside it, or existing where the cluster has it; or replicas that don't scale:"
                " models.a.replicas: 1",
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
                "write, for example, keda: install",
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
        (Mistake("addons.keda.existing.url", 6, "unknown key; known here: namespace"),),
    ),
    Bad(
        "a login in two ways",
        _prometheus("url: http://p.watch:9090, auth: {bearerSecret: {name: p}, sigv4: {region: us-east-1}}"),
        (
            Mistake(
                "addons.prometheus.existing.auth",
                6,
                "got bearerSecret and sigv4; needs exactly one way to log in",
                "write bearerSecret: {name: ...}, basicSecret: {name: ...} or sigv4: {}",
            ),
        ),
    ),
    Bad(
        "a login without an address",
        _prometheus("auth: {bearerSecret: {name: p}}"),
        (Mistake("addons.prometheus.existing.auth", 6, "a login without an address", "write url next to it"),),
    ),
    Bad(
        "no login, and no CA either",
        _prometheus("url: https://p.acme.io, auth: {}"),
        (
            Mistake(
                "addons.prometheus.existing.auth",
                6,
                "got none; needs exactly one way to log in",
                "write bearerSecret: {name: ...}, basicSecret: {name: ...} or sigv4: {}",
            ),
        ),
    ),
    Bad(
        "a CA of an address without a certificate",
        _prometheus("url: http://p.watch:9090, auth: {basicSecret: {name: p}, caSecret: {name: ca}}"),
        (
            Mistake(
                "addons.prometheus.existing.auth.caSecret",
                6,
                "a CA, and an http:// address has no certificate",
                "write https:// in url, or leave caSecret out",
            ),
        ),
    ),
    Bad(
        "a CA beside signed requests",
        _prometheus(f"url: {AMAZON}, auth: {{sigv4: {{}}, caSecret: {{name: ca}}}}"),
        (
            Mistake(
                "addons.prometheus.existing.auth.caSecret",
                6,
                "KEDA reads no CA where it signs requests, and Amazon's certificates are signed by a public one",
                "leave caSecret out",
            ),
        ),
    ),
    Bad(
        "a login in plain text",
        _prometheus("url: https://me:secret@p.example.com"),
        (
            Mistake(
                "addons.prometheus.existing.url",
                6,
                "contains a login, readable to everybody (not shown). Change the password, then put it into a Secret",
                "write the address without it, and add auth: {basicSecret: {name: ...}}",
            ),
        ),
    ),
    Bad(
        "an address with the path of a query",
        _prometheus("url: https://p.example.com/api/v1/query"),
        (
            Mistake(
                "addons.prometheus.existing.url",
                6,
                "contains /api/v1, and KEDA adds /api/v1/query to the address",
                "write url: https://p.example.com",
            ),
        ),
    ),
    Bad(
        "Amazon's Prometheus with a token",
        _prometheus(f"url: {AMAZON}, auth: {{bearerSecret: {{name: p}}}}"),
        (
            Mistake(
                "addons.prometheus.existing.auth",
                6,
                "Amazon Managed Prometheus answers signed requests only: KEDA would never get a number",
                "write auth: {sigv4: {}} next to url",
            ),
        ),
    ),
    Bad(
        "Amazon's Prometheus in another region",
        _prometheus(f"url: {AMAZON}, auth: {{sigv4: {{region: us-east-1}}}}"),
        (
            Mistake(
                "addons.prometheus.existing.auth.sigv4.region",
                6,
                "us-east-1, and the workspace is in eu-west-1",
                "write region: eu-west-1, or leave it out",
            ),
        ),
    ),
    Bad(
        "signed requests, and no region anywhere",
        stack(
            LAPTOP,
            CPU,
            "addons: {prometheus: {existing: {url: https://p.example.com, auth: {sigv4: {}}}}}",
            region=None,
        ),
        (
            Mistake(
                "addons.prometheus.existing.auth.sigv4.region",
                5,
                "missing; the URL names none",
                "write sigv4: {region: ...} with the region of the workspace, as in its address",
            ),
        ),
    ),
    Bad(
        "signed requests beside the region of the stack",
        _prometheus("url: https://p.example.com, auth: {sigv4: {}}"),
        (
            Mistake(
                "addons.prometheus.existing.auth.sigv4.region",
                6,
                "missing; the URL names none",
                "write region: us-east-1",
            ),
        ),
    ),
)
