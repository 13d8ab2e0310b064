"""Compares the engine's start, step by step, with measured starts of vLLM.

make benchmark-start
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from infra.catalog import load_catalog
from infra.engines import ENGINES
from infra.plan.models import StartTerm
from infra.services.serving.start_parts import engine_terms
from infra.sizing.estimates import Estimate
from infra.sizing.question import Question, Sized, version_in

DATA = Path(__file__).parent / "data"
FILES = ("h100_memory.csv", "start_seconds.csv")
CATALOG = load_catalog()
COLUMNS = ("launch", "compile", "init", "engine")
# Installed with pip on a bare machine: nvcc compiled FlashInfer's sampler, which the official image has.
NOT_COUNTED = ("serve-llama8b-first",)


@dataclass(frozen=True)
class Start:
    """A measured start, and the estimate of each step. Seconds."""

    row: dict[str, str]
    terms: tuple[StartTerm, ...]

    @property
    def name(self) -> str:
        return f"{self.row['name']} on {self.row['gpu']}"

    def measured(self, column: str) -> float | None:
        """`launch` and `engine` are what the other columns leave of the whole start."""
        load, init, start = (self._seconds(name) for name in ("load_s", "init_s", "start_s"))
        if column in ("compile", "init"):
            return self._seconds(f"{column}_s")
        if start is None or load is None:
            return None
        return start - load - (0.0 if column == "engine" else init or 0.0)

    def estimate(self, column: str) -> Estimate:
        if column in ("launch", "compile"):
            return next(each for each in self.terms if each.name == column)
        counted = [each for each in self.terms if column == "engine" or each.name not in ("launch", "gpus")]
        return Estimate(*(sum(getattr(each, end) for each in counted) for end in ("low", "mid", "high")))

    @property
    def counted(self) -> bool:
        return self.row["name"] not in NOT_COUNTED

    def inside(self, column: str) -> bool | None:
        measured, estimate = self.measured(column), self.estimate(column)
        return None if measured is None else estimate.low <= measured <= estimate.high

    def _seconds(self, column: str) -> float | None:
        return float(self.row[column]) if self.row[column] else None


def starts() -> list[Start]:
    """Those of the files of a whole server that say how long a step took."""
    return [_start(row) for file in FILES for row in _rows(file) if row["init_s"]]


def _rows(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _start(row: dict[str, str]) -> Start:
    sized = _sized(row)
    terms = engine_terms(sized.question, sized, sized.gpus, CATALOG.cold_start)
    return Start(row, tuple(map(_cached, terms)) if row.get("compile_cache") == "warm" else terms)


def _cached(term: StartTerm) -> StartTerm:
    """Of a start that finds what an earlier one compiled."""
    kept = CATALOG.cold_start["compile-cached"]
    return StartTerm(kept.low, kept.value, kept.high, term.name, term.what) if term.name == "compile" else term


def _sized(row: dict[str, str]) -> Sized:
    engine, shape, gpu = ENGINES["vllm"], CATALOG.models[row["model"]], CATALOG.gpus[row["gpu"]]
    question = Question(
        name=row["model"],
        shape=shape,
        max_model_len=int(row["max_model_len"]),
        own_context=shape.max_context,
        engine=engine,
        task=shape.task,
        quantization=None if row["quant"] == shape.dtype else row["quant"] or None,
        max_num_seqs=int(row["max_num_seqs"]) if row["max_num_seqs"] else None,
        version=version_in(row["vllm_version"]),
    )
    assert engine.memory is not None
    return engine.memory(question, gpu, int(row["gpus"]), CATALOG)


def main() -> None:
    rows = starts()
    print(f"{'':38}" + "".join(f"{column:>32}" for column in COLUMNS))
    for each in rows:
        print(f"{each.name:38.38}" + "".join(f"{_cell(each, column):>32}" for column in COLUMNS))
    print()
    for line in summary(rows):
        print(line)


def summary(rows: list[Start]) -> list[str]:
    return [f"{column:8} inside its interval  {_share(rows, column)}" for column in COLUMNS]


def _cell(start: Start, column: str) -> str:
    measured, estimate = start.measured(column), start.estimate(column)
    said = f"{estimate.mid:.0f} ({estimate.low:.0f}-{estimate.high:.0f})"
    mark = "" if start.inside(column) is not False else " OUT" if start.counted else " not counted"
    return f"{'-' if measured is None else f'{measured:.0f}'} est. {said}{mark}"


def _share(rows: list[Start], column: str) -> str:
    judged = [inside for each in rows if each.counted and (inside := each.inside(column)) is not None]
    return f"{sum(judged)} of {len(judged)}"


if __name__ == "__main__":
    main()
