"""Compares the memory model with published start-up logs of vLLM, with starts on one H100, and with recipes' memory.

make benchmark-memory
"""

import csv
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.catalog import Gpu, load_catalog
from infra.engines.vllm.memory import fit
from infra.engines.vllm.versions import PINNED, default_batch, default_utilization, version_of
from infra.sizing.estimates import Fit
from infra.sizing.question import Arguments

DATA = Path(__file__).parent / "data"
CATALOG = load_catalog()
RECIPE_CONTEXT = 2048
FOUR_BIT = ("int4", "fp4", "nvfp4", "mxfp4")
MARGIN_FROM_GIB = 24.0
# The columns of what vLLM logs in each start, and the terms that they are compared with.
TERMS = {
    "weights_gib": "weights",
    "activation_gib": "activations",
    "non_torch_gib": "other",
    "graphs_estimated_gib": "CUDA graphs",
}
# The names of quantizations in the recipes.
PRECISIONS = {"fp4": "nvfp4", "int4": "awq", "mxfp8": "fp8"}


@dataclass(frozen=True)
class Log:
    """One start-up log and the planner's estimate for it."""

    row: dict[str, str]
    fit: Fit

    @property
    def name(self) -> str:
        quantized = f" {self.row['quant']}" if self.row["quant"] else ""
        return f"{self.row['model'].split('/')[1]}{quantized} on {self.row['gpus']} x {self.row['gpu'] or 'a GPU'}"

    @property
    def card(self) -> float:
        return float(self.row["gpu_memory_gib"])

    @property
    def counted(self) -> bool:
        return not self.row.get("outlier") and self.row.get("pp", "") in ("", "1")

    @property
    def logged(self) -> float | None:
        return float(self.row["kv_gib"]) if self.row["kv_gib"] else None

    @property
    def error(self) -> float:
        """The error of the cache, as a share of the card."""
        assert self.fit.kv_cache_gib is not None
        return (self.fit.kv_cache_gib.mid - (self.logged or 0.0)) / self.card

    @property
    def inside(self) -> bool:
        interval = self.fit.kv_cache_gib
        return interval is not None and interval.low <= (self.logged or 0.0) <= interval.high

    @property
    def half_width(self) -> float:
        """Half the width of the interval, as a share of the card."""
        assert self.fit.kv_cache_gib is not None
        return (self.fit.kv_cache_gib.high - self.fit.kv_cache_gib.low) / 2 / self.card

    @property
    def tokens_error(self) -> float:
        """The error of the tokens in the logged cache."""
        assert self.fit.kv_bytes_per_token is not None
        return (self.logged or 0.0) * 2**30 / self.fit.kv_bytes_per_token / int(self.row["kv_tokens"]) - 1

    @property
    def token_error(self) -> float | None:
        """The error of the tokens per GiB of cache, if the log states both."""
        if not self.row["kv_tokens"] or self.logged is None or self.row["attention"] != "standard":
            return None
        assert self.fit.kv_bytes_per_token is not None
        return 2**30 / self.fit.kv_bytes_per_token / (int(self.row["kv_tokens"]) / self.logged) - 1

    @property
    def verdict_right(self) -> bool:
        return self.fit.fits == (self.row["starts"] == "yes")

    @property
    def named(self) -> bool:
        """Whether the log says its version and its card."""
        return version_of(self.row["vllm_version"]) is not None and bool(self.row["gpu"])

    @property
    def first(self) -> bool:
        """Whether the engine compiled in this start, as the estimate assumes."""
        return self.row.get("compile_cache") != "warm"

    def term_error(self, column: str) -> float | None:
        """The error of one term in GiB; None where the log doesn't state it, or states less than the whole model's."""
        said = self.row[column]
        if not said or (column == "weights_gib" and self.row["name"].endswith("-text")):
            return None
        return next(term.gib for term in self.fit.terms if term.name == TERMS[column]) - float(said)


@dataclass(frozen=True)
class Recipe:
    """A variant of a recipe and the planner's estimate for the memory that the recipe states."""

    row: dict[str, str]
    stated_gib: float
    fit: Fit

    @property
    def in_4_bit(self) -> bool:
        """Such a statement leaves out what the file keeps in 16 bit: published files are larger than some of them."""
        return self.row["precision"] in FOUR_BIT

    @property
    def has_a_margin(self) -> bool:
        """A statement is parameters x bytes and a fifth, in whole GB: below that size the engine's own 1 to 3 GiB are
        more than the fifth."""
        return not self.in_4_bit and self.stated_gib >= MARGIN_FROM_GIB


def start_up_logs() -> list[Log]:
    return [Log(row, _fit_log(row)) for row in _rows("start_up_logs.csv")]


def measured() -> list[Log]:
    """Starts on one H100 with a cache."""
    rows = (row for row in _rows("h100_memory.csv") if row["kv_tokens"])
    return [Log(row, _fit_log({**row, "pp": "", "outlier": "", "enforce_eager": ""})) for row in rows]


def recipes() -> Iterator[Recipe]:
    """The variants whose model is in the catalogue, on one GPU with the memory that the recipe states."""
    for row in _rows("recipes.csv"):
        shape = CATALOG.models.get(row["model_id"])
        if shape is None:
            continue
        stated = float(row["vram_minimum_gb"])  # GiB: in decimal gigabytes one file would be larger
        batch = default_batch(PINNED, stated, "", RECIPE_CONTEXT)
        arguments = Arguments(RECIPE_CONTEXT, batch.seqs, batch.tokens, default_utilization(PINNED), batch_known=False)
        gpu = Gpu("the recipe's", stated, None, None, None, None, True, True, row["path"])
        precision = PRECISIONS.get(row["precision"], row["precision"])
        quantization = None if precision in (shape.dtype, "bf16") or shape.dtype == row["precision"] else precision
        yield Recipe(row, stated, fit(shape, gpu, 1, arguments, catalog=CATALOG, quantization=quantization))


def main() -> None:
    logs = start_up_logs()
    print(f"{'':52} {'logged':>7} {'est.':>7} {'error':>7}  interval         verdict")
    for log in logs:
        print(_line(log))
    print()
    for log in measured():
        print(_line(log))
    for lines in (measured_summary(measured()), summary(logs, list(recipes()))):
        print()
        print("\n".join(lines))


def measured_summary(logs: list[Log]) -> list[str]:
    """Of starts on one H100: the whole, the tokens of the logged cache, and each term in first starts."""
    errors = [abs(log.error) for log in logs]
    tokens = [abs(log.tokens_error) for log in logs]
    terms = [_term_line(column, [log for log in logs if log.first]) for column in TERMS]
    return [
        f"H100, KV cache within 4 % of the card   {_share([error <= 0.04 for error in errors])}  (must be 95 %)",
        f"H100, KV cache, median error            {statistics.median(errors):.2%} of the card  (1 %)",
        f"H100, tokens of the logged cache        {_share([error <= 0.02 for error in tokens])} within 2 %  (all)",
        f"H100, verdict right                     {_share([log.verdict_right for log in logs])}  (all)",
        f"H100, logged value inside the interval  {_share([log.inside for log in logs])}  (95 %)",
        *terms,
    ]


def _term_line(column: str, logs: list[Log]) -> str:
    errors = [error for log in logs if (error := log.term_error(column)) is not None]
    largest = max(errors, key=abs)
    return (
        f"H100, {TERMS[column] + ', first starts':33} {largest:+.2f} GiB is the largest of {len(errors)} errors  (0.2)"
    )


def summary(logs: list[Log], variants: list[Recipe]) -> list[str]:
    counted = [log for log in logs if log.counted]
    named = [log for log in counted if log.named]
    stated = [log for log in counted if log.logged is not None]
    errors = [abs(log.error) for log in stated]
    tokens = [abs(error) for log in counted if (error := log.token_error) is not None]
    failed = [log for log in counted if log.row["starts"] == "no"]
    widths = [log.half_width for log in stated]
    of_named = [abs(log.error) <= 0.04 for log in stated if log.named]
    with_margin = [each.fit.fits for each in variants if each.has_a_margin]
    wide = [each for each in variants if not each.in_4_bit]
    return [
        f"KV cache within 4 % of the card      {_share([error <= 0.04 for error in errors])}  (must be 90 %)",
        f"those that name version and card     {_share(of_named)}  (90 %)",
        f"KV cache, median error               {statistics.median(errors):.2%} of the card  (0.5 %)",
        f"tokens per GiB within 1 %            {_share([error <= 0.01 for error in tokens])}  (95 %)",
        f"verdict right, those that name both  {_share([log.verdict_right for log in named])}  (all)",
        f"verdict right in all                 {_share([log.verdict_right for log in counted])}  (90 %)",
        f"certain where the engine failed      {sum(log.fit.certain for log in failed)} of {len(failed)}  (0)",
        f"logged value inside the interval     {_share([log.inside for log in stated])}  (90 %)",
        f"half-width of the interval, median   {statistics.median(widths):.2%} of the card  (3 %)",
        f"recipes: fits at the stated memory   {_share(with_margin)}  (90 %)",
        f"recipes: weights over stated memory  "
        f"{sum(each.fit.weights_gib > each.stated_gib for each in wide)} of {len(wide)}  (0)",
    ]


def _fit_log(row: dict[str, str]) -> Fit:
    """What `fit` estimates with the flags of the log; without them, with the engine's defaults for version and card."""
    version = version_of(row["vllm_version"])
    card, length = float(row["gpu_memory_gib"]), int(row["max_model_len"])
    batch = default_batch(version or PINNED, card, row["gpu"], length)
    known = CATALOG.gpus.get(row["gpu"])
    gpu = Gpu(row["gpu"], card, None, None, None, known.compute_capability if known else None, True, True, "the log")
    tokens = int(row["max_num_batched_tokens"] or batch.tokens)
    arguments = Arguments(
        max_model_len=length,
        max_num_seqs=min(int(row["max_num_seqs"] or batch.seqs), tokens),
        max_num_batched_tokens=tokens,
        utilization=float(row["util"]),
        kv_cache_dtype=row["kv_cache_dtype"] or "auto",
        version=version or PINNED,
        version_known=version is not None,
        batch_known=bool(row["max_num_seqs"] and row["max_num_batched_tokens"]),
        enforce_eager=row["enforce_eager"] == "True",
    )
    shape = CATALOG.models[row["model"]]
    quantization = None if row["quant"] == shape.dtype else row["quant"] or None
    return fit(shape, gpu, int(row["gpus"]), arguments, catalog=CATALOG, quantization=quantization)


def _rows(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _line(log: Log) -> str:
    cache = log.fit.kv_cache_gib
    assert cache is not None
    logged = f"{log.logged:7.2f}" if log.logged is not None else f"{'-':>7}"
    error = f"{log.error:+7.2%}" if log.logged is not None else f"{'':>7}"
    verdict = f"{'fits' if log.fit.fits else 'no'}{', certain' if log.fit.certain else ''}"
    mark = "" if log.verdict_right else "  WRONG"
    mark += "" if log.logged is None or log.inside else "  outside"
    mark += "" if log.counted else f"  not counted: {log.row['outlier'] or 'pipeline parallel'}"
    version = log.row["vllm_version"][:12]
    interval = f"{cache.low:6.2f} to {cache.high:6.2f}"
    return f"{log.name:40.40} {version:12.12} {logged} {cache.mid:7.2f} {error}  {interval}  {verdict}{mark}"


def _share(right: list[bool]) -> str:
    return f"{sum(right)} of {len(right)} = {sum(right) / len(right):.0%}"


if __name__ == "__main__":
    main()
