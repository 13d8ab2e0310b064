"""Short ways to write a stack file that is wrong in one place."""

from typing import NamedTuple

from infra.settings.mistakes import Mistake

CLUSTER = 'cluster: {create: {version: "1.35", zones: 2}}'
LAPTOP = "cluster: {existing: {context: kind-llm}}"
EKS = "cluster: {existing: {eks: shared}}"
MODEL = "models: {a: {model: Qwen/Qwen3-8B}}"
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/5f0c"
OLLAMA = '{model: "llama3.2:3b", engine: ollama}'
CPU = 'models: {a: {model: "llama3.2:1b", engine: ollama, gpus: 0}}'
POOL = "gpuPools: {l4: {instanceTypes: [g6.xlarge]}}"
NODES = "gpuPools: {l4: {existing: {gpu: L4, nodes: 2, selector: {pool: gpu}}}}"


class Bad(NamedTuple):
    """A stack file, and every mistake in it."""

    name: str
    text: str
    mistakes: tuple[Mistake, ...]


def stack(*sections: str, region: str | None = "us-east-1") -> str:
    """The first section of the platform is on line 4, or on line 3 where there is no region."""
    lines = ["config:"]
    if region is not None:
        lines.append(f"  aws:region: {region}")
    return "\n".join([*lines, "  llm-platform:platform:", *(f"    {section}" for section in sections)]) + "\n"


def create(fields: str) -> str:
    return f'cluster: {{create: {{version: "1.35", {fields}}}}}'


def pool(fields: str) -> str:
    return f"gpuPools: {{l4: {{{fields}}}}}"


def model(fields: str) -> str:
    return f"models: {{a: {{model: Qwen/Qwen3-8B, {fields}}}}}"
