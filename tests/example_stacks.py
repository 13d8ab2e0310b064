"""The stack files of the repository, each planned and recorded once per session; and stack files that differ from
them, here and in tests/sites, so that the rules meet every branch of the program."""

import tempfile
from functools import cache
from pathlib import Path

from infra.offline import Planned, plan_offline
from tests import sites
from tests.conftest import STACK_NAMES, STACKS

CREATED = (
    'cluster: {create: {version: "1.35", zones: [use1-az1, use1-az2],'
    ' access: {admins: ["arn:aws:iam::111122223333:role/platform"]}}}'
)

EXAMPLES = {
    # Three zones, an own fine-tune on four GPUs, an encoder, scalers, protection.
    "many": """
        cluster:
          create:
            version: "1.35"
            zones: [use1-az1, use1-az2, use1-az4]
            access:
              admins: ["arn:aws:iam::111122223333:role/platform"]
              apiFrom: [203.0.113.0/24]
        gpuPools:
          l4: {instanceTypes: [g6.2xlarge]}
          l40s: {instanceTypes: [g6e.12xlarge]}
          t4: {instanceTypes: [g4dn.xlarge]}
        models:
          llama-8b:
            model: meta-llama/Llama-3.1-8B-Instruct
            revision: 0e9e39f249a16976918f6564b8830bc894c89659
            pool: l4
            maxModelLen: 8192
            gpuMemoryUtilization: 0.90
            replicas: {min: 2, max: 5}
          llama-70b:
            model: acme/llama-70b-support-fp8
            like: meta-llama/Llama-3.3-70B-Instruct
            quantization: fp8
            pool: l40s
            gpus: 4
            maxModelLen: 16384
            concurrency: 8
            replicas: {min: 1, max: 2}
          embed: {model: BAAI/bge-m3, pool: t4, replicas: {min: 1, max: 2}}
        cache: {kind: efs}
        gateway:
          domain: llm.example.com
          certificateArn: arn:aws:acm:us-east-1:111122223333:certificate/5f0c0000-0000-4000-8000-000000000002
        budget: {usdPerMonth: 40000, of: max}
        tags: {team: ml-platform, costCenter: "4711"}
        protect: true
    """,
    # Somebody else's cluster, with its own KEDA, Prometheus and GPU nodes; a client has a limit of tokens.
    "shared": """
        cluster: {existing: {eks: shared-prod}}
        namespace: {name: team-ml, create: false}
        addons:
          prometheus:
            existing:
              url: http://prometheus-operated.monitoring:9090
              monitorLabels: {release: kube-prom}
        gpuPools:
          a10g:
            existing:
              gpu: A10G
              gpusPerNode: 1
              selector: {node.acme.io/pool: gpu}
              tolerations: [{key: nvidia.com/gpu, operator: Exists}]
            max: 6
        models:
          qwen3-8b: {model: Qwen/Qwen3-8B, pool: a10g, maxModelLen: 8192, replicas: {min: 1, max: 4}}
        cache: {kind: storageClass, storageClass: efs-sc, size: 200Gi}
        gateway:
          domain: llm.acme.internal
          ingressClass: nginx-internal
          tlsSecret: llm-tls
          clients: {search: {team: web, tokensPerMinute: 100000}}
        protect: true
    """,
    # One disk in one zone, so one replica.
    "zonal": f"""
        {CREATED}
        models:
          qwen3-8b: {{model: Qwen/Qwen3-8B, maxModelLen: 8192}}
        cache: {{kind: ebs}}
        protect: true
    """,
    # Weights that the cluster has already, beside a download on a disk that one node reads.
    "inplace": f"""
        {CREATED}
        namespace: {{create: false}}
        models:
          qwen3-8b: {{model: Qwen/Qwen3-8B, maxModelLen: 8192}}
          support: {{model: "pvc://weights/support/v2", like: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: 2}}
        cache: {{kind: ebs}}
    """,
    # Nothing is downloaded: weights in a bucket, on a cluster that the stack creates.
    "streamed": f"""
        {CREATED}
        models:
          support:
            model: "s3://acme-models/support/v2"
            like: meta-llama/Llama-3.3-70B-Instruct
            quantization: fp8
            maxModelLen: 8192
            replicas: {{min: 1, max: 2}}
    """,
    # Nothing is downloaded: weights on the nodes, and in a bucket, of a cluster that exists.
    "ondisk": """
        cluster: {existing: {context: site-a}}
        namespace: {name: llm}
        gpuPools:
          a10g: {existing: {gpu: A10G, nodes: 4, selector: {node.acme.io/pool: gpu}}}
        models:
          support: {model: "file:///data/support/v2", like: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: 2}
          small: {model: "s3://acme-models/small", like: Qwen/Qwen3-0.6B, maxModelLen: 8192}
    """,
    # One node of the user's own, with the default storage class of its cluster: all pods read a volume of one node.
    "box": """
        cluster: {existing: {context: k3s-lab}}
        addons: {nvidiaDevicePlugin: existing}
        gpuPools:
          lab:
            existing:
              gpu: RTX-4090
              gpusPerNode: 4
              nodes: 1
              selector: {lab: gpu}
              tolerations: [{key: nvidia.com/gpu, operator: Exists}]
              runtimeClassName: nvidia
        models:
          chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192, gpus: 1, replicas: 2}
          embed: {model: BAAI/bge-m3}
          small: {model: "llama3.2:1b", engine: ollama, gpus: 0}
    """,
    # One expensive node: the old pod stops first.
    "dear": f"""
        {CREATED}
        gpuPools:
          h200: {{instanceTypes: [p5en.48xlarge], min: 1, max: 1}}
        models:
          r1:
            model: deepseek-ai/DeepSeek-R1
            pool: h200
            maxModelLen: 32768
            concurrency: 8
            rollout: {{strategy: recreate}}
    """,
    # A model that scales, and is asleep.
    "asleep": f"""
        {CREATED}
        models:
          qwen3-8b: {{model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: {{min: 1, max: 3}}, paused: true}}
    """,
    # Models that have no replica while nobody asks: one whose engine is measured, and one by the gateway alone, which
    # has one in working hours. With Grafana.
    "fromzero": f"""
        {CREATED}
        monitoring: {{grafana: true}}
        gpuPools: {{l4: {{instanceTypes: [g6.2xlarge]}}}}
        models:
          chat: {{model: Qwen/Qwen3-8B, maxModelLen: 8192, pool: l4, replicas: {{min: 0, max: 3}}}}
          notes:
            model: "llama3.2:3b"
            engine: ollama
            pool: l4
            replicas: {{min: 0, max: 1}}
            schedule: [{{days: mon-fri, from: "08:00", to: "19:00", timezone: Europe/Amsterdam, min: 1}}]
        gateway:
          domain: llm.example.com
          certificateArn: arn:aws:acm:us-east-1:111122223333:certificate/5f0c0000-0000-4000-8000-000000000002
    """,
    # The other engine of Hugging Face weights, scaled.
    "maintained": f"""
        {CREATED}
        models:
          qwen-7b:
            model: Qwen/Qwen2.5-7B-Instruct
            engine: tgi
            acknowledgeMaintenanceMode: true
            maxModelLen: 8192
            replicas: {{min: 1, max: 2}}
        monitoring: {{dashboards: {{kind: sidecar, namespace: grafana, labels: {{grafana: "yes"}}}}}}
    """,
    # The user's own nginx on a cluster that the stack creates, and answers that take long.
    "patient": f"""
        {CREATED}
        models:
          qwen3-8b: {{model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: {{min: 1, max: 2}}}}
          small: {{model: "llama3.2:1b", engine: ollama, gpus: 0}}
        gateway: {{domain: llm.example.com, ingressClass: nginx, tlsSecret: llm-tls, timeoutSeconds: 900}}
    """,
    # Hosted models beside one of the platform, which falls back to one of them.
    "elsewhere": """
        cluster: {existing: {context: kind-llm}}
        models:
          small: {model: "llama3.2:1b", engine: ollama, gpus: 0, fallback: {to: large, afterSeconds: 20}}
        external:
          large:
            baseUrl: https://api.example.net/v1
            model: acme/large-2
            keySecret: externalKey-acme
            contextLength: 128000
            usdPerMillionTokens: {in: 2.5, out: 10}
          vectors: {baseUrl: "https://eu.example.org/api", model: vectors, keySecret: externalKey-eu, task: embed}
        gateway:
          clients:
            web-shop: {models: [all, large]}
            search: {models: [vectors]}
    """,
    # Public, on an ALB, with a key.
    # No Ingress: Envoy has TLS itself.
    "direct": """
        cluster: {existing: {context: kind-llm}}
        models:
          llama-1b: {model: "llama3.2:1b", engine: ollama, gpus: 0}
        gateway:
          domain: llm.example.com
          expose: public
          loadBalancer: true
          tlsSecret: llm-tls
          inboundCidrs: [192.0.2.0/24]
          annotations: {metallb.io/address-pool: public}
          clients: {web-shop: {models: [llama-1b]}}
    """,
    # Two versions of a model: one with scaled servers and a client's trial; one that sleeps.
    "canary": f"""
        {CREATED}
        models:
          chat:
            model: Qwen/Qwen3-8B
            revision: b968826d9c46dd6066d109eabc6255188de91218
            maxModelLen: 8192
            replicas: {{min: 1, max: 3}}
            rollout: {{strategy: canary, weight: 10, clients: [web-shop]}}
            next: {{maxModelLen: 4096, quantization: fp8}}
          small:
            model: Qwen/Qwen3-0.6B
            maxModelLen: 2048
            replicas: {{min: 0, max: 1}}
            rollout: {{strategy: blueGreen}}
            next: {{maxModelLen: 1024}}
        gateway: {{clients: {{web-shop: {{models: [chat]}}}}}}
    """,
    # On the CPU: pods that scale by what they use, of a model and of the gateway; and a model with hours.
    "byuse": """
        cluster: {existing: {context: kind-llm}}
        addons:
          prometheus: {existing: {url: "http://prometheus-operated.monitoring:9090", monitorLabels: {}}}
          metricsServer: install
          verticalPodAutoscaler: install
        models:
          small:
            model: "llama3.2:1b"
            engine: ollama
            gpus: 0
            replicas: {min: 1, max: 3}
            verticalScaling: {mode: Recreate, resources: [memory]}
          alone: {model: "llama3.2:1b", engine: ollama, gpus: 0, verticalScaling: InPlaceOrRecreate}
          office:
            model: "llama3.2:3b"
            engine: ollama
            gpus: 0
            replicas: {min: 1, max: 3}
            schedule: [{days: mon-fri, from: "08:00", to: "19:00", timezone: Europe/Amsterdam, min: 2}]
        cache: {kind: storageClass, storageClass: nfs, size: 50Gi}
        gateway: {replicas: {min: 2, max: 6}, verticalScaling: "Off"}
    """,
    "open": f"""
        {CREATED}
        models:
          qwen3-8b: {{model: Qwen/Qwen3-8B, maxModelLen: 8192}}
        gateway:
          domain: llm.example.com
          expose: public
          contact: llm@example.com
          clients:
            web-shop: {{models: [qwen3-8b], namespace: shop, team: shop, concurrentRequests: 8}}
            search: {{keys: [1, 2]}}
          certificateArn: arn:aws:acm:us-east-1:111122223333:certificate/5f0c0000-0000-4000-8000-000000000003
    """,
}


ALL_STACKS = [*STACK_NAMES, *EXAMPLES, *sites.SITE_NAMES]


@cache
def planned_stack(name: str, *, preview: bool = False) -> Planned:
    """A stack of stacks/."""
    return plan_offline(STACKS / f"Pulumi.{name}.yaml", preview=preview)


def text(stack: str) -> str:
    """The stack file."""
    folder = STACKS if stack in STACK_NAMES else sites.FOLDER
    if stack not in EXAMPLES:
        return (folder / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    return f"config:\n  aws:region: us-east-1\n  llm-platform:platform:\n{EXAMPLES[stack]}"


@cache
def planned(stack: str) -> Planned:
    """A stack of stacks/, of the examples or of tests/sites."""
    return planned_stack(stack) if stack in STACK_NAMES else plan_text(stack, text(stack))


def plan_text(stack: str, text: str) -> Planned:
    """A stack file that is no file yet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"Pulumi.{stack}.yaml"
        path.write_text(text, encoding="utf-8")
        return plan_offline(path)
