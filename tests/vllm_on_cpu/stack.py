"""The stack whose models the tests start, and its recorded plan."""

from functools import cache
from typing import Any

from infra.offline import Planned
from infra.recording import Recording
from tests.example_stacks import CREATED, plan_text

_STACK = f"""\
config:
  aws:region: us-east-1
  llm-platform:platform:
    {CREATED}
    gpuPools: {{l4: {{instanceTypes: [g6.2xlarge]}}, l40s: {{instanceTypes: [g6e.xlarge]}}}}
    models:
      chat: {{pool: l4, model: Qwen/Qwen3-8B, maxModelLen: 4096, replicas: {{min: 1, max: 2}}}}
      embed: {{pool: l4, model: BAAI/bge-m3, maxModelLen: 512}}
      rerank: {{pool: l4, model: BAAI/bge-reranker-v2-m3, maxModelLen: 512}}
      judge: {{pool: l4, model: Qwen/Qwen3-Reranker-0.6B, maxModelLen: 4096}}
      long: {{model: Qwen/Qwen3-8B, maxModelLen: 65536, pool: l40s, ropeScaling: {{type: yarn, factor: 2}}}}
    gateway:
      domain: llm.example.com
      certificateArn: arn:aws:acm:us-east-1:111122223333:certificate/5f0c0000-0000-4000-8000-000000000002
"""
_TRACED = f"{_STACK}    monitoring: {{traces: {{sample: 1}}}}\n"
CONTEXT = {"chat": 4096, "embed": 512, "rerank": 512, "judge": 4096}


@cache
def planned(*, traced: bool = False) -> Planned:
    return plan_text("engine", _TRACED if traced else _STACK)


def recorded() -> Recording:
    return planned().recording


def container(model: str, *, traced: bool = False) -> Any:
    deployment = planned(traced=traced).recording.one("kubernetes:apps/v1:Deployment", f"{model}-deployment")
    return deployment.inputs["spec"]["template"]["spec"]["containers"][0]


def weights(container: Any) -> str:
    """The folder of the weights, below the claim's mount."""
    return container["args"][0].removeprefix("/models/")
