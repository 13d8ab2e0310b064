"""Compares the throughput model with published measurements of vLLM and TensorRT-LLM.

make benchmark-throughput
"""

import csv
import statistics
from dataclasses import dataclass
from pathlib import Path

from infra.catalog import load_catalog
from infra.engines.vllm.memory import fit
from infra.engines.vllm.throughput import throughput
from infra.engines.vllm.versions import PINNED, default_batch, version_of
from infra.sizing.estimates import Estimate
from infra.sizing.question import Arguments
from infra.sizing.requests import MeanRequest

DATA = Path(__file__).parent / "data" / "throughput.csv"
CATALOG = load_catalog()


@dataclass(frozen=True)
class Measurement:
    """A published measurement, and the planner's estimate for the same server and requests."""

    row: dict[str, str]
    estimate: Estimate

    @property
    def name(self) -> str:
        quantized = f" {self.row['quantization']}" if self.row["quantization"] else ""
        return f"{self.row['model'].split('/')[1]}{quantized} on {self.row['gpus']} x {self.row['gpu']}"

    @property
    def published(self) -> float:
        return float(self.row["tokens_per_second"])

    @property
    def counted(self) -> bool:
        return not self.row["not_counted"]

    @property
    def inside(self) -> bool:
        return self.estimate.low <= self.published <= self.estimate.high

    @property
    def ratio(self) -> float:
        return self.estimate.mid / self.published


def measurements() -> list[Measurement]:
    with DATA.open(encoding="utf-8", newline="") as lines:
        return [_measure(row) for row in csv.DictReader(line for line in lines if not line.startswith("#"))]


def main() -> None:
    rows = measurements()
    print(f"{'':44} {'engine':17} {'requests':>8} {'tokens':>11} {'published':>9} {'est.':>7}  interval")
    for each in rows:
        row, estimate = each.row, each.estimate
        mark = "" if each.inside else "  outside"
        mark += "" if each.counted else f"  not counted: {row['not_counted']}"
        tokens = f"{row['prompt']}+{row['output']}"
        interval = f"{estimate.low:,.0f} to {estimate.high:,.0f}"
        print(
            f"{each.name:44.44} {row['engine']:17} {row['at_once']:>8} {tokens:>11} {each.published:9,.0f}"
            f" {estimate.mid:7,.0f}  {interval}{mark}"
        )
    print()
    for line in summary(rows):
        print(line)


def summary(measured: list[Measurement]) -> list[str]:
    rows = [each for each in measured if each.counted]
    last = [each for each in rows if each.row["found"] == "last"]
    inside = sum(each.inside for each in rows)
    widths = [each.estimate.high / each.estimate.low for each in rows]
    return [
        f"published value inside the interval    {inside} of {len(rows)} = {inside / len(rows):.0%}  (must be 90 %)",
        f"of those found after its last change   {sum(each.inside for each in last)} of {len(last)}",
        f"estimate / published, median           {statistics.median(each.ratio for each in rows):.2f}",
        f"high / low of the interval, median     {statistics.median(widths):.1f}",
    ]


def _measure(row: dict[str, str]) -> Measurement:
    shape, gpu = CATALOG.models[row["model"]], CATALOG.gpus[row["gpu"]]
    version = version_of(row["engine"]) if row["engine"].startswith("vLLM") else None
    length = int(row["max_model_len"])
    seqs = int(row["at_once"])
    arguments = Arguments(
        max_model_len=length,
        max_num_seqs=seqs,
        max_num_batched_tokens=default_batch(version or PINNED, gpu.engine_gib or 0.0, gpu.name, length).tokens,
        utilization=float(row["utilization"]),
        kv_cache_dtype=row["kv_cache_dtype"],
        version=version or PINNED,
    )
    quantization = row["quantization"] or None
    fits = fit(shape, gpu, int(row["gpus"]), arguments, catalog=CATALOG, quantization=quantization)
    request = MeanRequest(int(row["prompt"]), int(row["output"]))
    made = throughput(shape, gpu, int(row["gpus"]), arguments, fits, request=request, quantization=quantization)
    assert made.tokens_per_second is not None, made.reason
    return Measurement(row, made.tokens_per_second)


if __name__ == "__main__":
    main()
