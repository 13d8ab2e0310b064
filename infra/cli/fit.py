"""`fit`: the answers as JSON, or as text with the verdict first."""

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from infra.catalog import Catalog
from infra.cli.fit_input import Where, read
from infra.cli.terminal import printable
from infra.planning.kv_cache import kv_bytes_per_token
from infra.planning.options import (
    SMALLER,
    Answer,
    Question,
    answer,
    cheapest,
    everywhere,
    holds,
    instance_with,
    largest_context,
    mends,
    on_instance,
)
from infra.planning.plan import HOURS_A_MONTH
from infra.planning.vllm import default_utilization

_SHOWN, _NOT_ENOUGH, _BAR = 8, 4, 40


def run(model: str, given: Mapping[str, str | None], format_: str, catalog: Catalog) -> tuple[str, int]:
    """What to print and the exit code. Raises BadInput."""
    question, where = read(model, given, catalog)
    if where.instance is None and where.gpu is None:
        return _all(question, format_, catalog)
    one = _one(question, where, catalog)
    if format_ == "json":
        return json.dumps(_document(one, catalog), indent=2) + "\n", 0
    return printable(_text_of_one(one, catalog)), 0 if one.fits else 1


def _one(question: Question, where: Where, catalog: Catalog) -> Answer:
    if where.gpu is not None:
        gpus = where.gpus or 1
        return answer(question, where.gpu, gpus, instance_with(where.gpu, gpus, catalog), catalog)
    assert where.instance is not None
    if where.gpus is not None:
        return answer(question, catalog.gpus[where.instance.gpu], where.gpus, where.instance, catalog)
    found = on_instance(question, where.instance, catalog)
    assert found is not None  # what can't run there is bad input
    return found


def _all(question: Question, format_: str, catalog: Catalog) -> tuple[str, int]:
    answers = everywhere(question, catalog)
    serving = [each for each in answers if each.fits]
    if format_ == "json":
        return json.dumps([_document(each, catalog) for each in serving], indent=2) + "\n", 0
    return printable(_text_of_all(question, answers, catalog)), 0 if serving else 1


def _document(given: Answer, catalog: Catalog) -> dict[str, Any]:
    fit, cache, usd = given.fit, given.fit.kv_cache_gib, given.usd_per_hour
    return {
        "model": given.question.name,
        "gpu": given.gpu.name,
        "gpus": given.gpus,
        "instance_type": given.instance.name if given.instance else None,
        "fits": given.fits,
        "certain": given.certain,
        "weights_gib": round(fit.weights_gib, 2),
        "kv_cache_gib": round(cache.mid, 2) if cache else None,
        "kv_cache_gib_interval": [round(cache.low, 2), round(cache.high, 2)] if cache else None,
        "kv_cache_tokens": fit.kv_cache_tokens,
        "max_model_len": given.question.max_model_len,
        "max_concurrency": round(fit.max_concurrency, 2) if fit.max_concurrency is not None else None,
        "usd_per_hour": round(usd, 4) if usd is not None else None,
        "reasons": _reasons(given, catalog),
    }


def _reasons(given: Answer, catalog: Catalog) -> list[str]:
    question = given.question
    reasons = [*given.fit.reasons, *(f"{term.name} {term.gib:.2f} GiB: {term.reason}" for term in given.fit.terms)]
    if question.max_model_len > question.own_context:
        reasons.append(
            f"{question.max_model_len:,} tokens are more than the {question.own_context:,} it was trained for"
        )
    if question.ollama_file_gib is None:
        reasons.append(_engine(given))
    if given.fit.kv_bytes_per_token is None and given.fit.kv_cache_gib is None:
        reasons.append(holds(given))
    if not given.fits:
        reasons += [f"{flag} makes it fit: {what}" for flag, what in mends(given, catalog)]
    return reasons


def _engine(given: Answer) -> str:
    arguments, question = given.arguments, given.question
    version = ".".join(map(str, arguments.version))
    assumed = "" if question.version_known else " (assumed: --engine-version makes the interval narrower)"
    chosen = "" if question.max_num_seqs else " (its default)"
    return (
        f"vLLM {version}{assumed}, utilisation {arguments.utilization}, max-num-seqs {arguments.max_num_seqs}{chosen},"
        f" max-num-batched-tokens {arguments.max_num_batched_tokens}"
    )


def _text_of_one(given: Answer, catalog: Catalog) -> str:
    fit, question = given.fit, given.question
    price = f", ${given.usd_per_hour:.2f} an hour" if given.usd_per_hour is not None else ""
    where = f"{given.gpus} x {given.gpu.name}{f' ({given.instance.name}{price})' if given.instance else ''}"
    verdict = ("fits" if given.certain else "fits, not for certain") if given.fits else "does not fit"
    lines = [f"{verdict}: {where}; {holds(given)}", *_bars(given), ""]
    if given.fits and not given.certain:
        lines.append("at the low end of the interval it doesn't")
    if question.max_model_len > question.own_context:
        lines.append(f"{question.name} was trained for {question.own_context:,} tokens")
    if question.ollama_file_gib is None:
        lines.append(_engine(given))
    lines.append(f"{fit.usable_gib:.1f} GiB of {given.gpu.engine_gib or 0:.1f} on each GPU are the engine's to use")
    if not given.fits:
        ways = mends(given, catalog)
        lines += ["", "one of these makes it fit" if ways else "nothing here makes it fit", *_columns(ways)]
    if given.instance is not None:
        lines += ["", _price_note(catalog)]
    return _joined(lines)


def _bars(given: Answer) -> list[str]:
    """Weights, engine, cache of what may be used, each on a GPU, to scale."""
    fit = given.fit
    engine = fit.terms[1:]
    parts = ", ".join(f"{term.name} {term.gib:.1f}" for term in engine)
    rows = [("weights", fit.weights_gib, ""), ("engine", sum(term.gib for term in engine), parts)]
    if fit.kv_cache_gib is not None:
        need = given.arguments.max_model_len * given.arguments.concurrency * (fit.kv_bytes_per_token or 0) / 2**30
        asked = f"{given.arguments.concurrency} x {given.question.max_model_len:,} tokens need {need:.1f}"
        rows.append(("cache", fit.kv_cache_gib.mid, f"{_interval(given)}; {asked}"))
    scale = _BAR / max(fit.usable_gib, fit.weights_gib)
    return [
        "",
        *(f"  {name:8} {'#' * max(0, round(gib * scale)):{_BAR}} {gib:7.1f}  {what}" for name, gib, what in rows),
    ]


def _interval(given: Answer) -> str:
    cache = given.fit.kv_cache_gib
    return f"{cache.low:.1f} to {cache.high:.1f}" if cache else ""


def _text_of_all(question: Question, answers: list[Answer], catalog: Catalog) -> str:
    serving = [each for each in answers if each.fits]
    best = serving[0] if serving else None
    lines = [_verdict(best, question), _asked(question, answers), ""]
    if serving:
        lines += _table(serving[:_SHOWN])
        if len(serving) > _SHOWN:
            lines.append(f"  {len(serving) - _SHOWN} dearer ones: --format json")
    short = [each for each in answers if not each.fits and (best is None or _cheaper(each, best))]
    near = [(each, largest_context(each, catalog)) for each in short]
    near = sorted((pair for pair in near if pair[1]), key=lambda pair: -pair[1])[:_NOT_ENOUGH]
    if near:
        lines += ["", "not enough", *_columns([(_name(each), _no_longer(each, length)) for each, length in near])]
    other = _other_means(question, best, catalog)
    if other:
        lines += ["", "cheaper by other means" if best else "what would make it fit", *_columns(other)]
    lines += ["", _left_out(answers, serving, catalog), _price_note(catalog)]
    return _joined(lines)


def _verdict(best: Answer | None, question: Question) -> str:
    if best is None or best.instance is None or best.usd_per_hour is None:
        return f"no instance type serves {question.name} with {question.max_model_len:,} tokens"
    sure = "" if best.certain else ", not for certain"
    return (
        f"{best.instance.name} serves it cheapest{sure}: {best.gpus} x {best.gpu.name},"
        f" ${best.usd_per_hour:.2f} an hour, ${best.usd_per_hour * HOURS_A_MONTH:,.0f} a month; {holds(best)}"
    )


def _asked(question: Question, answers: list[Answer]) -> str:
    weights = f"{answers[0].fit.weights_gib * answers[0].gpus:.1f} GiB of weights" if answers else "weights unknown"
    element = 2 if question.kv_cache_dtype == "auto" else 1
    whole = kv_bytes_per_token(question.shape, 1, element) if question.shape else None
    cache = f" · {whole / 1024:,.0f} KiB of cache a token" if whole else ""
    utilization = question.utilization or default_utilization(question.version)
    return f"{weights}{cache} · {question.concurrency} x {question.max_model_len:,} tokens · utilisation {utilization}"


def _table(answers: list[Answer]) -> list[str]:
    header = ("instance", "GPUs", "$ an hour", "$ a month", "weights", "cache GiB on each GPU", "holds at once", "")
    rows = [header, *(_row(each) for each in answers)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    right = (2, 3, 4, 6)
    cells = (
        [
            f"{cell:>{width}}" if n in right else f"{cell:{width}}"
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in rows
    )
    return [f"  {'  '.join(row)}".rstrip() for row in cells]


def _row(given: Answer) -> tuple[str, ...]:
    cache, usd = given.fit.kv_cache_gib, given.usd_per_hour or 0.0
    shared = given.instance is not None and given.gpus < given.instance.gpus
    note = (
        f"of {given.instance.gpus} GPUs for ${given.instance.usd_per_hour or 0:.2f}"
        if shared and given.instance
        else ""
    )
    return (
        given.instance.name if given.instance else "",
        f"{given.gpus} x {given.gpu.name}",
        f"{usd:.2f}",
        f"{usd * HOURS_A_MONTH:,.0f}",
        f"{given.fit.weights_gib:.1f}",
        f"{cache.mid:.1f} ({_interval(given)})" if cache else "none",
        f"{given.fit.max_concurrency:.1f}" if given.fit.max_concurrency is not None else "-",
        "; ".join(part for part in (note, "" if given.certain else "likely, not certain") if part),
    )


def _other_means(question: Question, best: Answer | None, catalog: Catalog) -> list[tuple[str, str]]:
    tries = [{"quantization": method} for method in SMALLER] if question.quantization is None else []
    if question.ollama_file_gib is not None:
        return []
    tries += [{"kv_cache_dtype": "fp8"}] if question.kv_cache_dtype == "auto" else []
    tries += [{"max_num_seqs": max(16, question.concurrency)}] if question.max_num_seqs is None else []
    if best is None:
        tries.append({"max_model_len": max(1, question.max_model_len // 2)})
    found = []
    for change in tries:
        other = cheapest(dataclasses.replace(question, **change), catalog)
        if other is not None and other.instance is not None and (best is None or _cheaper(other, best)):
            ((key, value),) = change.items()
            where = f"{other.instance.name}, {other.gpus} x {other.gpu.name}, ${other.usd_per_hour or 0:.2f} an hour"
            found.append((f"--{key.replace('_', '-')} {value}", f"{where}; {holds(other)}"))
    return found


def _cheaper(one: Answer, other: Answer) -> bool:
    return (one.usd_per_hour or 0.0) < (other.usd_per_hour or 0.0) - 0.005


def _name(given: Answer) -> str:
    return f"{given.instance.name if given.instance else ''}, {given.gpus} x {given.gpu.name}"


def _no_longer(given: Answer, length: int) -> str:
    cache = f"{given.fit.kv_cache_gib.mid:.1f} GiB of cache" if given.fit.kv_cache_gib else ""
    return f"${given.usd_per_hour or 0:.2f} an hour; {cache}; {given.question.concurrency} if no longer than {length:,}"


def _left_out(answers: list[Answer], serving: list[Answer], catalog: Catalog) -> str:
    reasons = Counter(each.left_out for each in catalog.instances.values() if each.left_out is not None)
    heavy = sum(not each.fits and not (each.fit.kv_cache_tokens or 0) for each in answers)
    unable = len(catalog.instances) - len(answers) - reasons.total()
    parts = [f"{heavy} can't hold the weights"] if heavy else []
    parts += (
        [f"{len(answers) - len(serving) - heavy} have too little cache"] if len(answers) - len(serving) > heavy else []
    )
    parts += [f"{unable} can't run them"] if unable else []
    parts += [f"{number} ({reason})" for reason, number in sorted(reasons.items(), key=str)]
    return f"{len(catalog.instances)} types looked at, {len(serving)} serve it. Left out: {'; '.join(parts)}."


def _price_note(catalog: Catalog) -> str:
    prices = catalog.prices
    return f"on demand, {prices.region}, {prices.gpu_date}; a replica's share of its node's GPUs, nothing else"


def _joined(lines: list[str]) -> str:
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _columns(rows: list[tuple[str, str]]) -> list[str]:
    width = max((len(first) for first, _ in rows), default=0)
    return [f"  {first:{width}}  {second}" for first, second in rows]
