"""What `fit` says to a person of one GPU or instance type: the verdict, what takes the memory, what would make it
fit."""

from collections.abc import Iterator, Sequence

from infra.catalog import Catalog
from infra.cli.document import Column, Document, Section, columns
from infra.cli.fit_advice import Way, few_at_once, in_library, more_than_a_node
from infra.cli.fit_words import against_an_api, price_note, share_of, speed_of
from infra.cli.terminal import terminal_width
from infra.offers.options import Option
from infra.offers.sizing import Sizing
from infra.services.serving.rope import factor_for
from infra.services.serving.start_parts import engine
from infra.sizing.estimates import span

_VERDICT = {
    (True, True): "fits",
    (True, False): "fits, not for certain",
    (False, False): "does not fit",
    (None, False): "the weights fit, and the rest was not judged",
}
_BAR, _NARROW_BAR, _NARROW = 40, 30, 80  # columns, the last of a terminal


def makes(given: Option) -> str:
    """What following one of the ways comes to."""
    if given.fits:
        return "makes it certain"
    return "makes it fit" if given.sized.fit.estimated else "makes the weights fit"


def of_one(given: Option, ways: Sequence[Way], api_price: float | None, sizing: Sizing) -> Document:
    price = f", ${given.usd_per_hour:.2f} per hour{share_of(given)}" if given.usd_per_hour is not None else ""
    where = f"{given.where}{f' ({given.offer.instance_type}{price})' if given.offer else ''}"
    about = [*_about(given, sizing.catalog), *_planned(given, sizing), *_start(given, sizing.catalog)]
    sections = [_bars(given), Section("", note="\n".join(about))]
    if given.fits:
        sections += [speed_of(given), *against_an_api(given, api_price)]
    if given.judged is not None and not given.certain:
        title = f"one of these {makes(given)}" if ways else f"nothing here {makes(given)}"
        sections.append(Section(title, columns(""), [(way.flags, way.effect) for way in ways]))
    return Document(
        f"{_VERDICT[given.judged, given.certain]}: {where}; {given.sized.holds}",
        sections=sections,
        footer=price_note(sizing.catalog) if given.offer else "",
    )


def _about(given: Option, catalog: Catalog) -> list[str]:
    fit, question = given.sized.fit, given.sized.question
    said = [*in_library(question, catalog), *more_than_a_node(given.sized, catalog)]
    said += few_at_once(given)
    said += ["at the low end of the interval it doesn't fit"] if given.judged and not given.certain else []
    if question.max_model_len > question.own_context:
        found = factor_for(question.shape, question.max_model_len, catalog)
        stretch = f"; --rope-factor {found[0]:g} makes them {found[1]:,}" if found else ""
        said.append(f"{question.name} was trained for {question.own_context:,} tokens{stretch}")
    if started := question.engine.started(given.sized):
        said.append(started)
    if given.sized.gpu.slice:
        said.append("a MIG slice has a share of the GPU's compute and bandwidth: no throughput is estimated")
    total = given.sized.gpu.engine_gib or 0
    return [*said, f"the engine may use {fit.usable_gib:.1f} of {total:.1f} GiB on each GPU"]


def _start(given: Option, catalog: Catalog) -> Iterator[str]:
    sized = given.sized
    if given.judged is False:
        return
    start = engine(sized.question, sized, sized.gpus, catalog)
    seconds = f"{start.mid:.0f} s ({span(f'{start.low:.0f}', f'{start.high:.0f}')})"
    yield f"it starts in {seconds} without reading its weights: {start.reason}"


def _planned(given: Option, sizing: Sizing) -> list[str]:
    """The engine's own batch, asked about on a GPU or in a version of somebody's own, takes memory that a plan gives
    to the cache, so that the plan may be surer."""
    question, own = given.sized.question, given.sized.arguments.max_num_seqs
    if question.planned or question.max_num_seqs is not None or question.max_num_batched_tokens is not None:
        return []
    if not question.engine.limits.takes_batch or given.sized.fit.max_concurrency is None:
        return []
    planned = sizing.size(question.but(planned=True), given.sized.gpu, given.sized.gpus)
    cache, seqs = planned.fit.kv_cache_gib, planned.arguments.max_num_seqs
    if seqs == own or cache is None:
        return []
    certain = "fits for certain" if planned.fit.certain else "fits, not for certain" if planned.fits else "doesn't fit"
    return [f"a plan writes max-num-seqs {seqs} here: {cache.mid:.1f} GiB of cache; {certain}; {planned.holds}"]


def _bars(given: Option) -> Section:
    """Weights, engine, cache of what may be used, each on a GPU, to scale."""
    fit = given.sized.fit
    engine = fit.terms[1:]
    parts = ", ".join(f"{term.name} {term.gib:.1f}" for term in engine) if len(engine) > 1 else ""
    rows = [("weights", fit.weights_gib, ""), ("engine", sum(term.gib for term in engine), parts)]
    if fit.kv_cache_gib is not None:
        low, high = (f"{each:.1f}" for each in (fit.kv_cache_gib.low, fit.kv_cache_gib.high))
        rows.append(("cache", fit.kv_cache_gib.mid, f"{span(low, high)}; {_needed(given)}"))
    longest = _BAR if terminal_width() >= _NARROW else _NARROW_BAR
    scale = longest / max(fit.usable_gib, fit.weights_gib)
    cells = [(name, f"{'#' * max(0, round(gib * scale)):{longest}}", f"{gib:.1f}", what) for name, gib, what in rows]
    return Section("", (Column("", fixed=True), Column("", right=True), Column("")), cells)


def _needed(given: Option) -> str:
    arguments, question = given.sized.arguments, given.sized.question
    tokens = arguments.max_model_len * arguments.concurrency
    gib = tokens * (given.sized.fit.kv_bytes_per_token or 0) / 2**30
    return f"{arguments.concurrency} x {question.max_model_len:,} tokens need {gib:.1f}"
