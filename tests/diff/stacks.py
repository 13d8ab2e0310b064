"""Two small stacks to which the changes are made, and a change as a reviewer would see it in a stack file."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from ruamel.yaml import YAML

from infra.cli.as_json import document
from infra.sides.types import Side
from tests.example_stacks import plan_text

# On AWS: two pools, two models, one of them scaled.
CLOUD = """
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: {version: "1.35", zones: [use1-az1, use1-az2], network: {cidr: 10.40.0.0/16}}}
    gpuPools:
      l4: {instanceTypes: [g6.2xlarge]}
      l40s: {instanceTypes: [g6e.2xlarge]}
    models:
      chat:
        model: Qwen/Qwen3-8B
        revision: b968826d9c46dd6066d109eabc6255188de91218
        pool: l4
        maxModelLen: 8192
        replicas: {min: 1, max: 3}
      code: {model: Qwen/Qwen3-14B, pool: l40s, maxModelLen: 16384}
    cache: {kind: efs}
    gateway:
      domain: llm.example.com
      certificateArn: arn:aws:acm:us-east-1:111122223333:certificate/5f0c0000-0000-4000-8000-000000000002
    budget: {usdPerMonth: 20000}
    tags: {team: ml}
"""

# On a cluster that exists: a model on a GPU and one on the CPU. No AWS, so Pulumi's own engine can judge.
OWN = """
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm}}
    namespace: {name: diffed}
    gpuPools:
      gpu:
        existing:
          gpu: L4
          gpusPerNode: 1
          selector: {nvidia.com/gpu.present: "true"}
          tolerations: [{key: nvidia.com/gpu, operator: Exists}]
        max: 4
    models:
      chat: {model: Qwen/Qwen3-8B, revision: b968826d9c46dd6066d109eabc6255188de91218, maxModelLen: 8192}
      small: {model: "llama3.2:1b", engine: ollama, gpus: 0}
    cache: {kind: storageClass, storageClass: standard, size: 100Gi}
    gateway: {domain: llm.example.com, ingressClass: nginx, tlsSecret: llm-tls}
"""

ADAPTED = OWN.replace("maxModelLen: 8192}", "maxModelLen: 8192, adapters: {sql: {model: acme/sql-lora, rank: 16}}}")

STACKS = {"cloud": CLOUD, "own": OWN, "adapted": ADAPTED}
PLATFORM = "llm-platform:platform"


def edited(stack: str, edit: Mapping[str, Any]) -> str:
    """The stack file after a change: dotted paths below the platform (or a whole key of `config`), None to remove."""
    whole = YAML(typ="safe").load(STACKS[stack])
    for path, value in edit.items():
        section, *keys = whole["config"], *((path,) if ":" in path else (PLATFORM, *path.split(".")))
        for key in keys[:-1]:
            section = section.setdefault(key, {})
        if value is None:
            del section[keys[-1]]
        else:
            section[keys[-1]] = value
    return json.dumps(whole)  # JSON is YAML


@cache
def side(stack: str, text: str) -> Side:
    """What `diff` knows of a stack file. Cached, because several test files read the same changes."""
    return Side(document(plan_text(stack, text)), YAML(typ="safe").load(text)["config"])


@cache
def base(stack: str) -> Side:
    return side(stack, edited(stack, {}))
