"""What docs/estimates.md takes from the program: one model's terms, every constant, the benchmarks and a picture."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import memory, speed, start, throughput
from benchmarks.memory import Log
from docs import constants
from docs.markers import filled, table
from docs.scatter import Kind, Point, scatter
from infra.catalog import Catalog, load_catalog
from infra.engines.vllm import graphs
from infra.engines.vllm import memory as fit
from infra.engines.vllm import versions as vllm
from infra.engines.vllm.activations import activation_peak
from infra.plan.plan import Plan
from infra.plan.words import interval
from infra.planning import make_plan
from infra.sizing import judging
from infra.sizing.estimates import Estimate
from infra.sizing.question import Arguments
from infra.stack_file import load_file

ROOT = Path(__file__).parent.parent
STACK, MODEL = "prod", "llama-8b"  # the example
TITLE = "KV cache: what vLLM logged, and what is estimated with its interval"


def generated() -> dict[Path, str]:
    page, picture = ROOT / "docs" / "estimates.md", ROOT / "docs" / "estimates.svg"
    catalog, logs, started = load_catalog(), memory.start_up_logs(), memory.measured()
    file = load_file(ROOT / "stacks" / f"Pulumi.{STACK}.yaml")
    plan = make_plan(replace(file, catalog=catalog))
    blocks = {
        "example": example(plan, catalog),
        "memory constants": constants.memory(),
        "memory summary": _summary(
            [*memory.measured_summary(started), "", *memory.summary(logs, list(memory.recipes()))]
        ),
        "memory table": memory_table([*started, *logs]),
        "throughput constants": constants.throughput(),
        "throughput summary": _summary(throughput.summary(throughput.measurements())),
        "throughput table": throughput_table(),
        "measured speed summary": _summary(speed.summary(speed.measured())),
        "measured speed table": speed_table(speed.measured(), "measured"),
        "kernel model summary": _summary(speed.summary(speed.kernel_model())),
        "kernel model table": speed_table(speed.kernel_model(), "kernels"),
        "cold start": cold_start(plan),
        "start summary": _summary(start.summary(start.starts())),
        "start table": start_table(),
        "cold start constants": constants.cold_start(catalog),
        "prices": constants.prices(catalog),
    }
    return {page: filled(page.read_text(encoding="utf-8"), blocks), picture: scatter(points(logs), TITLE)}


def points(logs: Sequence[Log]) -> list[Point]:
    found = []
    for log in logs:
        cache = log.fit.kv_cache_gib
        if log.logged is not None and cache is not None:
            kind: Kind = "not counted" if not log.counted else "inside" if log.inside else "outside"
            found.append(Point(log.name, log.logged, cache.low, cache.mid, cache.high, kind))
    return found


def example(plan: Plan, catalog: Catalog) -> str:
    """Every term of one model's memory, with its interval."""
    model = plan.models[MODEL]
    pool, found, shape = plan.pools[model.pool or ""], model.fit, catalog.models[model.model]
    assert found is not None
    assert found.kv_cache_gib is not None
    gpu = catalog.gpus[pool.gpu]
    arguments = Arguments(
        model.max_model_len, model.max_num_seqs or 0, model.max_num_batched_tokens or 0, model.utilization or 0.0
    )
    start = fit.start_of(shape, gpu, arguments, model.quantization)
    peak, _ = activation_peak(shape, model.gpus, arguments.batch, start, model.max_model_len, batch_known=True)
    around = fit.weights_share(shape, model.quantization) * found.weights_gib
    card = judging.CARD_SHARE * (gpu.engine_gib or 0.0)
    known = {
        "weights": Estimate(found.weights_gib - around, found.weights_gib, found.weights_gib + around),
        "activations": peak,
        "CUDA graphs": graphs.counted(shape, arguments, gpu.engine_gib or 0.0, second_runner=start.second_runner),
        "other": fit.other_memory(gpu, model.gpus, vllm.PINNED),
    }
    usable = Estimate(found.usable_gib - card, found.usable_gib, found.usable_gib + card)
    usable_reason = f"{model.utilization} x {gpu.engine_gib} GiB that the engine sees of a {gpu.name}"
    rows = [_term("usable", usable, usable_reason)]
    rows += [_term(f"- {term.name}", known[term.name], term.reason) for term in found.terms]
    rows.append(_term("**= KV cache**", found.kv_cache_gib, f"`plan` says {interval(found.kv_cache_gib)}"))
    return table(["GiB on each GPU", "where it comes from", "estimate", "low", "high"], rows, right=3)


def _term(name: str, value: Estimate, reason: str) -> list[str]:
    return [name, reason, *(f"{each:.2f}" for each in (value.mid, value.low, value.high))]


def memory_table(logs: Sequence[Log]) -> str:
    rows = []
    for log in logs:
        cache = log.fit.kv_cache_gib
        assert cache is not None
        logged, error = (f"{log.logged:.2f}", f"{log.error:+.2%}") if log.logged is not None else ("", "")
        remarks = [] if log.verdict_right else [f"**wrong**: it {'starts' if log.row['starts'] == 'yes' else 'fails'}"]
        remarks += [] if log.logged is None or log.inside else ["**outside**"]
        remarks += [] if log.counted else [f"not counted: {log.row['outlier'] or 'pipeline parallel'}"]
        verdict = ("fits" if log.fit.fits else "no") + (", certain" if log.fit.certain else "")
        interval = f"{cache.low:.2f} to {cache.high:.2f}"
        rows.append(
            [log.name, _version(log), "; ".join([verdict, *remarks]), logged, f"{cache.mid:.2f}", error, interval]
        )
    head = ["model and GPUs", "vLLM", "verdict", "logged, GiB", "estimated", "error, of the card", "interval"]
    return table(head, rows, right=4)


def _version(log: Log) -> str:
    version = vllm.version_of(log.row["vllm_version"])
    return ".".join(map(str, version)) if version else "not said"


def throughput_table() -> str:
    rows = []
    for each in throughput.measurements():
        row, rate = each.row, each.estimate
        remarks = [] if each.inside else ["**outside**"]
        remarks += [] if each.counted else [f"not counted: {row['not_counted']}"]
        requests = f"{row['at_once']} x {row['prompt']}+{row['output']}"
        numbers = [f"{each.published:,.0f}", f"{rate.mid:,.0f}", f"{rate.low:,.0f} to {rate.high:,.0f}"]
        rows.append([each.name, row["engine"], "; ".join(remarks), requests, *numbers])
    head = ["model and GPUs", "engine", "", "requests x tokens", "published, tokens/s", "estimated", "interval"]
    return table(head, rows, right=4)


def speed_table(found: Sequence[speed.Row], said: str) -> str:
    """Each figure, and what is estimated with its interval."""
    rows = [
        [each.name, _clients(each), *(cell for figure in each.figures for cell in _compared(figure))] for each in found
    ]
    titles = [
        title
        for what in ("tokens/s", "first token, ms", "next token, ms")
        for title in (f"{what}: {said}", "estimated")
    ]
    return table(["model and GPUs", "requests", *titles], rows, right=7)


def _clients(row: speed.Row) -> str:
    return row.clients + ("" if row.steady else ", not steady")


def _compared(figure: speed.Figure) -> tuple[str, str]:
    said, rate = figure.said, figure.estimate
    decimals = 0 if said >= 100 else 1
    low, mid, high = (f"{each:,.{decimals}f}" for each in (rate.low, rate.mid, rate.high))
    return f"{said:,.{decimals}f}", f"{mid} ({low}–{high}){'' if figure.inside else ' **outside**'}"


def cold_start(plan: Plan) -> str:
    whole = plan.models[MODEL].cold_start
    rows = [
        [name, part.reason, *(f"{each:,.0f}" for each in (part.mid, part.low, part.high))]
        for name, part in whole.parts.items()
    ]
    rows.append(["**in all**", "", *(f"{each:,}" for each in (whole.seconds, whole.low, whole.high))])
    return table(["part", "where it comes from", "seconds", "low", "high"], rows, right=3)


def start_table() -> str:
    rows = []
    for each in start.starts():
        load = each.row["load_s"]
        rows.append([each.name, each.row["vllm_version"], load, *(_seconds(each, column) for column in start.COLUMNS)])
    return table(["model and GPU", "vLLM", "weights", *start.COLUMNS], rows, right=2)


def _seconds(each: start.Start, column: str) -> str:
    measured, estimate = each.measured(column), each.estimate(column)
    said = f"{measured:.0f}" if measured is not None else "-"
    remark = "" if each.inside(column) is not False else " **outside**" if each.counted else " not counted"
    return f"{said}; {estimate.mid:.0f}, {estimate.low:.0f} to {estimate.high:.0f}{remark}"


def _summary(lines: Sequence[str]) -> str:
    return "\n".join(["```text", *lines, "```"])
