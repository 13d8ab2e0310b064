"""Correct stack files: a laptop, development, production, and an existing cluster."""

LAPTOP = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm}}
    models:
      llama-1b: {model: "llama3.2:1b", engine: ollama, gpus: 0}
"""

DEVELOPMENT = """\
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: {version: "1.35", zones: 2}}
    gpuPools:
      l4: {instanceTypes: [g6.xlarge, g6.2xlarge], capacity: spot}
    models:
      qwen3-8b:
        model: Qwen/Qwen3-8B
        maxModelLen: 8192
        paused: false
    tags: {team: ml-platform}
"""

PRODUCTION = """\
encryptionsalt: v1:Kx0=:v1:abc=
config:
  aws:region: us-east-1
  aws:defaultTags: {tags: {owner: platform}}
  pulumi:disable-default-providers: [aws, kubernetes]
  llm-platform:huggingFaceToken:
    secure: v1:abc:def
  llm-platform:platform:
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
      embed:
        model: BAAI/bge-m3
        pool: t4
        replicas: {min: 1, max: 2}
    cache: {kind: efs}
    gateway:
      domain: llm.example.com
      visibility: internal
      certificateArn: arn:aws:acm:us-east-1:111122223333:certificate/5f0c
    budget: {usdPerMonth: 30000, of: expected}
    tags: {team: ml-platform, costCenter: "4711"}
    protect: true
"""

SHARED = """\
config:
  aws:region: eu-west-1
  llm-platform:platform:
    cluster: {existing: {eks: shared-prod}}
    namespace: {name: team-ml, create: false}
    addons:
      keda: existing
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
      small: {model: Qwen/Qwen3-8B, pool: a10g, replicas: 2}
    cache: {kind: storageClass, storageClass: efs-sc, size: 200Gi}
    gateway: {domain: llm.acme.internal, ingressClass: nginx-internal, tlsSecret: llm-tls}
"""

GOOD_STACKS = {"laptop": LAPTOP, "development": DEVELOPMENT, "production": PRODUCTION, "shared": SHARED}
