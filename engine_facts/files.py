"""Writes the facts as data files of the catalogue. They are sorted, so that a new version shows as a short diff."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from engine_facts.metrics import Metric

DATA = Path(__file__).parent.parent / "infra" / "catalog" / "data" / "vllm"
# file -> its columns, and what the comment says of them
TABLES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "architectures": (
        ("architecture", "kind", "score", "pooling", "last_version", "plugin"),
        "Architectures (config.json: architectures) that it serves: what for, how a pooling model scores, and of which"
        " token it takes the vector; `dropped` with the last version that served it, `plugin` where its code is"
        " elsewhere; `adapted` where the class of the same base serves it, `transformers` where Transformers'"
        " own does.",
    ),
    "flags": (
        ("flag", "takes", "type", "choices"),
        "Flags of `vllm serve`, all spellings: how many values each takes, of which type, and which values alone;"
        " of an object its keys.",
    ),
    "quantization": (
        ("method", "min_compute_capability", "computes_in", "at_load"),
        "Values of --quantization that it has, the compute capability that each needs, the types that it computes in,"
        " and whether it is a name for 16-bit weights that are quantized as they are loaded.",
    ),
    "fp16_refused": (("model_type", "why"), "Model types (config.json: model_type) that it refuses in fp16."),
    "environment": (("name",), "Environment variables that it reads."),
    "parsers": (("parser", "kind"), "Values of --tool-call-parser and --reasoning-parser that it has."),
    "attention": (
        ("backend", "mla", "sparse", "compute_capabilities"),
        "Attention kernels for NVIDIA's cards: for latent attention (MLA), for sparse attention, and on which cards."
        " FlashInfer's own aren't in the CPU build that was read.",
    ),
    "metrics": (
        ("metric", "kind", "labels", "unit", "since"),
        "Prometheus metrics as they are scraped, and the version that they are known from: 0.20.0 is the oldest that"
        " was read. A counter ends in _total, and a histogram has _bucket, _sum and _count. No labels: they aren't in"
        " its sources.",
    ),
}


def write(facts: Mapping[str, Any], version: str, today: date) -> None:
    for name, (columns, what) in TABLES.items():
        if name in facts:
            _write_table(name, columns, what, facts[name], version, today)


def write_metrics(metrics: Mapping[str, Metric], version: str, today: date) -> None:
    """Writes the metrics. A metric that the file already contains keeps its first version."""
    since = {row["metric"]: row["since"] for row in read("metrics")}
    rows = [
        {
            "metric": m.name,
            "kind": m.kind,
            "labels": " ".join(m.labels),
            "unit": m.unit,
            "since": since.get(m.name, version),
        }
        for m in metrics.values()
    ]
    write({"metrics": rows}, version, today)


def write_build(torch: str, cuda: str, version: str, today: date) -> None:
    source = f"metadata of vllm {version} and torch {torch} on PyPI"
    lines = (
        f'version = "{version}"',
        f"read = {today}",
        f'torch = "{torch}"',
        f'cuda = "{cuda}"',
        f'source = "{source}"',
    )
    comment = (
        "# The vLLM that the files beside this one were read from, and the CUDA that its wheel for GPUs is built with."
    )
    (DATA / "build.toml").write_text("\n".join((comment, *lines, "")), encoding="utf-8")


def read(name: str) -> list[dict[str, str]]:
    path = DATA / f"{name}.csv"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _write_table(
    name: str, columns: tuple[str, ...], what: str, rows: Iterable[Mapping[str, Any]], version: str, today: date
) -> None:
    out = io.StringIO()
    out.write(f"# {what}\n# Source: vLLM {version} itself, read {today} by `make engine-facts`; not edited by hand.\n")
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: (str(row[columns[0]]).lower(), *map(str, row.values()))))
    DATA.mkdir(exist_ok=True)
    (DATA / f"{name}.csv").write_text(out.getvalue(), encoding="utf-8")
