"""A stack with a model of each kind, one that is paused, and one that somebody else hosts."""

from pathlib import Path

from infra.plan.plan import Plan
from infra.program import plan_of
from infra.stack_file import load_file

STACK = "tried"
TEXT = """
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm}}
    gpuPools:
      h100: {existing: {gpu: H100, nodes: 4, selector: {node.acme.io/pool: gpu}}}
    models:
      llama-8b: {model: Qwen/Qwen3-0.6B, maxModelLen: 4096, pool: h100}
      embed: {model: BAAI/bge-small-en-v1.5, pool: h100}
      rank: {model: BAAI/bge-reranker-v2-m3, pool: h100}
      helper: {model: "llama3.2:1b", engine: ollama, gpus: 0}
      asleep: {model: Qwen/Qwen3-8B, maxModelLen: 8192, pool: h100, paused: true}
    cache: {kind: storageClass, storageClass: shared}
    external:
      hosted: {baseUrl: "https://api.example.net/api/v1", model: acme/large, keySecret: externalKey-acme}
    gateway: {defaultClient: false, clients: {web: {models: [all, hosted]}}}
"""


def write(folder: Path, text: str = TEXT) -> Path:
    """The stack file; returns its folder."""
    (folder / f"Pulumi.{STACK}.yaml").write_text(text, encoding="utf-8")
    return folder


def planned(folder: Path, text: str = TEXT) -> Plan:
    return plan_of(load_file(write(folder, text) / f"Pulumi.{STACK}.yaml"))
