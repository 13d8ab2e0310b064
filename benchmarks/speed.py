"""Compares the speeds that are estimated with whole servers that were measured, and with a model of measured kernels.

make benchmark-throughput
"""

import csv
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.catalog import load_catalog
from infra.engines.vllm.memory import fit
from infra.engines.vllm.throughput import replica
from infra.engines.vllm.versions import PINNED, version_of
from infra.sizing.estimates import Estimate, Speed
from infra.sizing.question import Arguments
from infra.sizing.requests import MeanRequest

DATA = Path(__file__).parent / "data"
MEASURED, KERNEL_MODEL = DATA / "h100_throughput.csv", DATA / "kernel_model.csv"
CATALOG = load_catalog()
CLOSE = 0.15  # of a measured value
STEADY = 0.85  # of the clients


@dataclass(frozen=True)
class Figure:
    """Of one server with one number of clients: what was measured, and what is estimated."""

    said: float
    estimate: Estimate

    @property
    def inside(self) -> bool:
        return self.estimate.low <= self.said <= self.estimate.high

    @property
    def ratio(self) -> float:
        return self.estimate.mid / self.said

    @property
    def close(self) -> bool:
        return abs(self.ratio - 1) <= CLOSE

    @property
    def width(self) -> float:
        return self.estimate.high / self.estimate.low


@dataclass(frozen=True)
class Row:
    row: dict[str, str]
    tokens_per_second: Figure
    first_token: Figure  # milliseconds
    next_token: Figure

    @property
    def name(self) -> str:
        quantized = f" {self.row['quantization']}" if self.row["quantization"] else ""
        return f"{self.row['model'].split('/')[1]}{quantized} on {self.row['gpus']} x {self.row['gpu']}"

    @property
    def steady(self) -> bool:
        """Whether as many requests ran as there were clients, by the row's own figures: Triton compiles kernels of
        experts when their sizes come first, in which no request goes on."""
        whole = self.first_token.said + (float(self.row["output"]) - 1) * self.next_token.said
        return self.tokens_per_second.said * whole / 1000 / float(self.row["output"]) > STEADY * float(self.clients)

    @property
    def clients(self) -> str:
        return self.row.get("concurrency") or self.row["at_once"]

    @property
    def figures(self) -> tuple[Figure, ...]:
        return self.tokens_per_second, self.first_token, self.next_token


def measured() -> list[Row]:
    return [_row(row, row["concurrency"], places=None) for row in _read(MEASURED)]


def kernel_model() -> list[Row]:
    """It assumes that the cache holds all requests."""
    return [_row(row, row["at_once"], places=float(row["at_once"])) for row in _read(KERNEL_MODEL)]


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))


def _row(row: dict[str, str], clients: str, places: float | None) -> Row:
    shape, gpu, gpus = CATALOG.models[row["model"]], CATALOG.gpus[row["gpu"]], int(row["gpus"])
    quantization = row["quantization"] or None
    arguments = Arguments(
        max_model_len=int(row.get("max_model_len") or 8192),
        max_num_seqs=int(row.get("max_num_seqs") or clients),
        max_num_batched_tokens=int(row.get("max_num_batched_tokens") or 8192),
        utilization=0.92,
        kv_cache_dtype=row.get("kv_cache_dtype") or "auto",
        version=version_of(row["engine"]) if row.get("engine") else PINNED,
    )
    fits = fit(shape, gpu, gpus, arguments, catalog=CATALOG, quantization=quantization)
    request = MeanRequest(int(row["prompt"]), int(row["output"]))
    made = replica(shape, gpu, gpus, arguments, fits, request=request, quantization=quantization, places=places)
    assert not isinstance(made, str), made
    return _figures(row, made.speed(int(clients)))


def _figures(row: dict[str, str], speed: Speed) -> Row:
    first, next_ = (_milliseconds(each) for each in (speed.first_token, speed.next_token))
    return Row(
        row,
        Figure(float(row["tokens_per_second"]), speed.tokens_per_second),
        Figure(float(row["ttft_ms"]), first),
        Figure(float(row["tpot_ms"]), next_),
    )


def _milliseconds(seconds: Estimate) -> Estimate:
    return Estimate(seconds.low * 1000, seconds.mid * 1000, seconds.high * 1000)


def summary(rows: Sequence[Row]) -> list[str]:
    titles = ("tokens per second", "first token", "next token")
    lines = []
    for number, title in enumerate(titles):
        figures = [each.figures[number] for each in rows if each.steady]
        inside, close = (sum(getattr(each, what) for each in figures) for what in ("inside", "close"))
        ratio, width = statistics.median(each.ratio for each in figures), max(each.width for each in figures)
        lines.append(
            f"{title:18} inside {inside} of {len(figures)}, middle within {CLOSE:.0%} {close};"
            f" estimate / said, median {ratio:.2f}; widest interval x {width:.1f}"
        )
    return lines


def main() -> None:
    for title, rows in (("measured on an H100", measured()), ("a model of measured kernels", kernel_model())):
        print(title)
        for each in rows:
            mark = "" if each.steady else "not steady"
            print(f"{each.name:44.44} {each.clients:>4} {' | '.join(map(_said, each.figures))} {mark}")
        print("\n".join((*summary(rows), "")))


def _said(figure: Figure) -> str:
    mark = "" if figure.inside else " outside"
    return f"{figure.said:9,.1f} {figure.estimate.mid:9,.1f} {figure.ratio - 1:+5.0%}{mark:8}"


if __name__ == "__main__":
    main()
