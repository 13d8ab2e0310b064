"""The argument of `vllm serve` that says what proposes tokens (vllm/config/speculative.py of 0.32.0, read 2026-11)."""

import json

from infra.engines.hub import weights_path
from infra.engines.model import Proposer

# Model types whose checkpoints have layers that predict several tokens, of those that are sized here.
MTP = frozenset(
    {
        *("deepseek_v3", "deepseek_v32", "exaone_moe", "glm4_moe", "glm4_moe_lite", "glm_moe_dsa", "longcat_flash"),
        *("nemotron_h", "qwen3_5", "qwen3_5_moe", "qwen3_next"),
    }
)
_METHODS = {"draft": "draft_model"}


def config(proposer: Proposer) -> str:
    """The server is offline: the other model is read from the claim."""
    own = {"method": _METHODS.get(proposer.method, proposer.method), "num_speculative_tokens": proposer.tokens}
    if proposer.model is None:
        return json.dumps(own)
    return json.dumps({"model": weights_path(proposer.model, proposer.revision), **own})
