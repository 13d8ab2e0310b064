"""Plans of stacks as a user writes them."""

import json
from collections.abc import Mapping
from typing import Any

from infra.catalog import load_catalog
from infra.planning import Plan, make_plan
from infra.settings.file import StackFile
from infra.settings.platform import Settings

CATALOG = load_catalog()

ACCESS = {"admins": ["arn:aws:iam::111122223333:role/platform"]}
LOCAL: dict[str, Any] = {
    "cluster": {"existing": {"context": "kind-llm"}},
    "models": {"llama-1b": {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}},
}
DEV: dict[str, Any] = {
    "cluster": {"create": {"version": "1.35", "zones": 2, "access": ACCESS}},
    "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge", "g6.2xlarge"], "capacity": "spot"}},
    "models": {"qwen3-8b": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}},
}
PROD: dict[str, Any] = {
    "cluster": {"create": {"version": "1.35", "zones": ["use1-az1", "use1-az2", "use1-az4"], "access": ACCESS}},
    "gpuPools": {
        "l4": {"instanceTypes": ["g6.2xlarge"]},
        "l40s": {"instanceTypes": ["g6e.12xlarge"]},
        "t4": {"instanceTypes": ["g4dn.xlarge"]},
    },
    "models": {
        "llama-8b": {
            "model": "meta-llama/Llama-3.1-8B-Instruct",
            "pool": "l4",
            "maxModelLen": 8192,
            "gpuMemoryUtilization": 0.9,
            "replicas": {"min": 2, "max": 5},
        },
        "llama-70b": {
            "model": "acme/llama-70b-support-fp8",
            "like": "meta-llama/Llama-3.3-70B-Instruct",
            "quantization": "fp8",
            "pool": "l40s",
            "gpus": 4,
            "maxModelLen": 16384,
            "concurrency": 8,
            "replicas": {"min": 1, "max": 2},
        },
        "embed": {"model": "BAAI/bge-m3", "pool": "t4", "replicas": {"min": 1, "max": 2}},
    },
    "cache": {"kind": "efs"},
    "gateway": {
        "domain": "llm.example.com",
        "certificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/5f0c",
    },
}
SHARED: dict[str, Any] = {
    "cluster": {"existing": {"eks": "shared-prod"}},
    "gpuPools": {
        "a10g": {
            "existing": {
                "gpu": "A10G",
                "gpusPerNode": 1,
                "selector": {"node.acme.io/pool": "gpu"},
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
            },
            "max": 6,
        }
    },
    "models": {
        "qwen3-8b": {
            "model": "Qwen/Qwen3-8B",
            "pool": "a10g",
            "maxModelLen": 8192,
            "replicas": {"min": 1, "max": 4},
        }
    },
    "cache": {"kind": "storageClass", "storageClass": "efs-sc", "size": "200Gi"},
}


def plan(
    stack: Mapping[str, Any], *, name: str = "prod", secrets: frozenset[str] = frozenset(), region: str = "us-east-1"
) -> Plan:
    settings = Settings.model_validate_json(json.dumps(stack))
    return make_plan(StackFile(name, settings, region, secrets, CATALOG))


def changed(stack: Mapping[str, Any], **paths: Any) -> dict[str, Any]:
    """A copy with values set: `models__x__gpus=2`; an underscore in a name is a hyphen."""
    copy = json.loads(json.dumps(stack))
    for path, value in paths.items():
        *parents, key = (part.replace("_", "-") for part in path.split("__"))
        inner = copy
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[key] = value
    return copy
