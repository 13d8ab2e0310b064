"""Writes what a model of measured kernels says of servers with vLLM, as CSV.

make kernel-model

It runs where aiconfigurator is installed, which is not here (850 MB). No file of this repository is needed.
"""

import csv
import datetime
import itertools
import logging
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from aiconfigurator.cli.api import cli_estimate

PROMPT, OUTPUT = 1024, 256
AT_ONCE = (1, 16, 128)
# Its systems with measured kernels that have a card of the catalogue. Of GB200, GB300 and Intel's B60 no figures are
# in the catalogue.
SYSTEMS = {
    "a100_sxm": "A100-80",
    "h100_sxm": "H100-80",
    "h200_sxm": "H200",
    "b200_sxm": "B200",
    "b300_sxm": "B300",
    "l40s": "L40S",
    "rtx_pro_6000_server": "RTX-PRO-6000-SE",
}
# Its name of a model, the catalogue's, quantization, and the numbers of GPUs.
SERVED = (
    ("meta-llama/Meta-Llama-3.1-8B", "meta-llama/Llama-3.1-8B-Instruct", "", (1,)),
    ("meta-llama/Meta-Llama-3.1-8B", "meta-llama/Llama-3.1-8B-Instruct", "fp8", (1,)),
    ("Qwen/Qwen3-32B", "Qwen/Qwen3-32B", "", (1, 2, 4)),
    ("Qwen/Qwen3-32B", "Qwen/Qwen3-32B", "fp8", (1, 2)),
    ("meta-llama/Meta-Llama-3.1-70B", "meta-llama/Llama-3.3-70B-Instruct", "", (4, 8)),
    ("Qwen/Qwen3-30B-A3B", "Qwen/Qwen3-30B-A3B", "", (1, 2, 4)),
    ("openai/gpt-oss-20b", "openai/gpt-oss-20b", "", (1,)),
    ("openai/gpt-oss-120b", "openai/gpt-oss-120b", "", (1, 4)),
)
COLUMNS = [
    "model",
    "quantization",
    "gpu",
    "gpus",
    "at_once",
    "prompt",
    "output",
    "tokens_per_second",
    "ttft_ms",
    "tpot_ms",
]


def main() -> None:
    logging.disable(logging.CRITICAL)
    made = version("aiconfigurator-core")
    today = datetime.datetime.now(tz=datetime.UTC).date()
    print(f"# aiconfigurator-core {made} (PyPI), run offline on {today}: kernels that NVIDIA measured, added up to")
    print("# servers with vLLM. Its first token includes waits for prompts of other requests, also for one alone.")
    print("# Left out: what it says doesn't fit, and what it has no kernels for.")
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows())


def _rows() -> Iterator[dict[str, Any]]:
    for (system, gpu), (theirs, ours, quantization, numbers) in itertools.product(SYSTEMS.items(), SERVED):
        for gpus, at_once in itertools.product(numbers, AT_ONCE):
            found = _estimate(theirs, system, quantization, gpus, at_once)
            if found is not None:
                rate, first, next_ = found.tokens_per_second, found.ttft, found.tpot
                values = (
                    ours,
                    quantization,
                    gpu,
                    gpus,
                    at_once,
                    PROMPT,
                    OUTPUT,
                    *(f"{n:.2f}" for n in (rate, first, next_)),
                )
                yield dict(zip(COLUMNS, values, strict=True))


def _estimate(model: str, system: str, quantization: str, gpus: int, at_once: int) -> Any:
    """None where it has no answer: each reason is an exception of a class that only it has."""
    modes: dict[str, Any] = {}
    if "gpt-oss" not in model:
        modes = {"gemm_quant_mode": quantization or "bfloat16", "kvcache_quant_mode": "bfloat16"}
        modes |= {"fmha_quant_mode": "bfloat16"}
    if "gpt-oss" in model or "A3B" in model:
        modes |= {"moe_tp_size": gpus, "moe_ep_size": 1}
    if "A3B" in model:
        modes |= {"moe_quant_mode": "bfloat16"}
    try:
        return cli_estimate(
            model,
            system,
            backend_name="vllm",
            isl=PROMPT,
            osl=OUTPUT,
            batch_size=at_once,
            tp_size=gpus,
            **modes,
        )
    except Exception as why:
        print(f"{model} on {gpus} x {system}, {at_once} at once: {str(why)[:120]}", file=sys.stderr)
        return None


if __name__ == "__main__":
    main()
