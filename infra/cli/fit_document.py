"""What `fit` says to a person: the verdict, then a table, what doesn't serve and why, what would cost less."""

from collections import Counter
from collections.abc import Iterator, Sequence

from infra.catalog import Catalog
from infra.cli.document import Column, Document, Row, Section, columns
from infra.cli.fit_advice import Way, flag, in_library, more_than_a_node, unsure
from infra.cli.speed import of_one_replica
from infra.cli.terminal import terminal_width
from infra.offers.fixes import runs_in_8_bit, smaller_ways, stored_first
from infra.offers.options import Option, largest_context, serving
from infra.offers.pools import every_type
from infra.offers.sizing import Sizing, throughput_of
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.words import interval, number, usd
from infra.planning.break_even import BreakEven, break_even
from infra.registry import clouds
from infra.services.serving.rope import factor_for
from infra.services.serving.start_parts import engine
from infra.sizing.estimates import requests, span
from infra.sizing.kv_cache import kv_bytes_per_token
from infra.sizing.question import Question
from infra.sizing.requests import MEAN_REQUEST

_SHOWN, _NOT_ENOUGH = 8, 4
_VERDICT = {
    (True, True): "fits",
    (True, False): "fits, not for certain",
    (False, False): "does not fit",
    (None, False): "the weights fit, and the rest was not judged",
}
_NOTE = {(True, True): "", (True, False): "likely, not certain", (None, False): "no estimate"}
_BAR, _NARROW_BAR, _NARROW = 40, 30, 80  # columns, the last of a terminal
_COLUMNS = (
    Column("GPUs"),
    Column("$ per hour", right=True),
    Column("$ per month", right=True),
    Column("requests at once", right=True),
    Column("weights", right=True),
    Column("cache GiB on each GPU"),
    Column("note"),
)


def makes(given: Option) -> str:
    """What following one of the ways comes to."""
    if given.fits:
        return "makes it certain"
    return "makes it fit" if given.sized.fit.estimated else "makes the weights fit"


def against(given: Option, api_price: float) -> BreakEven | None:
    """None where no tokens come out, or nothing is paid."""
    if given.sized.question.task != "chat" or not given.usd_per_hour:
        return None
    return break_even(given.usd_per_hour, api_price, throughput_of(given.sized))


def _against(given: Option, api_price: float | None) -> Iterator[Section]:
    if api_price is None:
        return
    found = against(given, api_price)
    if found is None:
        yield Section("against an API: no tokens come out of it, or no price is known")
        return
    where = given.offer.instance_type if given.offer else given.where
    where = f"a share ({given.sized.gpus} GPUs) of {where}" if given.is_a_share else where
    request = f"{MEAN_REQUEST.prompt:,} tokens in and {MEAN_REQUEST.output:,} out per request"
    title = f"against an API at ${api_price:g} per million output tokens, prompts included ({request})"
    yield Section(title, rows=[(f"{where} costs less than the API above {found.reason}",)])


def _speed(given: Option) -> Section:
    return of_one_replica(throughput_of(given.sized), _name(given) if given.offer else given.where)


def of_one(given: Option, ways: Sequence[Way], api_price: float | None, sizing: Sizing) -> Document:
    price = f", ${given.usd_per_hour:.2f} per hour{_share(given)}" if given.usd_per_hour is not None else ""
    where = f"{given.where}{f' ({given.offer.instance_type}{price})' if given.offer else ''}"
    about = [*_about(given, sizing.catalog), *_planned(given, sizing), *_start(given, sizing.catalog)]
    sections = [_bars(given), Section("", note="\n".join(about))]
    if given.fits:
        sections += [_speed(given), *_against(given, api_price)]
    if given.judged is not None and not given.certain:
        title = f"one of these {makes(given)}" if ways else f"nothing here {makes(given)}"
        sections.append(Section(title, columns(""), [(way.flags, way.effect) for way in ways]))
    return Document(
        f"{_VERDICT[given.judged, given.certain]}: {where}; {given.sized.holds}",
        sections=sections,
        footer=_price_note(sizing.catalog) if given.offer else "",
    )


def _about(given: Option, catalog: Catalog) -> list[str]:
    fit, question = given.sized.fit, given.sized.question
    said = [*in_library(question, catalog), *more_than_a_node(given.sized, catalog)]
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
    start = engine(sized.question, sized, sized.gpus, catalog.cold_start)
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


def of_all(question: Question, options: list[Option], api_price: float | None, sizing: Sizing) -> Document:
    fitting = [each for each in options if each.fits]
    best = fitting[0] if fitting else None
    sections = [_table(fitting), _speed(fitting[0])] if fitting else []
    if near := _near(options, best, sizing):
        sections.append(Section("not enough for requests of this length", columns(""), near))
    if other := _other_means(question, best, sizing):
        title = "a lower price per replica by other means" if best else "what would make it fit"
        sections.append(Section(title, columns(""), other))
    if best is not None:
        sections += _against(best, api_price)
    return Document(
        "\n".join((*_verdict(fitting, question), _asked(question, options), *in_library(question, sizing.catalog))),
        sections=sections,
        footer=f"{_left_out(options, fitting, sizing.catalog)}\n{_price_note(sizing.catalog)}",
    )


def _table(fitting: list[Option]) -> Section:
    shown = _of_each_kind(fitting)[:_SHOWN]
    rest = f"only the smallest node for each kind and number of GPUs; all {len(fitting)} are in --format json"
    return Section("instance", _COLUMNS, [*map(_row, shown)], rest if len(fitting) > len(shown) else "")


def _near(options: list[Option], best: Option | None, sizing: Sizing) -> list[Row]:
    """Those for which shorter requests would do, the longest first."""
    short = [each for each in _of_each_kind(options) if not each.fits and (best is None or _cheaper(each, best))]
    near = [(each, largest_context(each.sized, sizing)) for each in short]
    near = sorted((pair for pair in near if pair[1]), key=lambda pair: -pair[1])[:_NOT_ENOUGH]
    return [(_name(each), _no_longer(each, length, sizing)) for each, length in near]


def _verdict(fitting: list[Option], question: Question) -> list[str]:
    """The lowest price per replica; where that leaves GPUs of its node to others, the cheapest node for it alone."""
    if not fitting:
        return [f"no instance type serves {question.name} with {question.max_model_len:,} tokens"]
    best, alone = fitting[0], min(fitting, key=_node_price)
    lines = [f"{_serves(best, _among(fitting))}, {_price(best)}; {best.sized.holds}"]
    if alone.offer is not None and alone.offer != best.offer:
        price, note = alone.offer.usd_per_node_hour, alone.offer.price_said
        cost = f"${price or 0:.2f} per hour, {_month(price)}{note}"
        lines.append("; ".join((f"cheapest node for it alone: {alone.offer.instance_type}, {cost}", *unsure(alone))))
    return lines


def _price(given: Option) -> str:
    """What a replica costs."""
    return f"${given.usd_per_hour or 0:.2f} per hour, {_month(given.usd_per_hour)}{_share(given)}"


def _share(given: Option) -> str:
    """What the node costs where a replica has some of its GPUs; whose price it is."""
    offer = given.offer
    if offer is None or not given.is_a_share:
        return offer.price_said if offer else ""
    node = f"${offer.usd_per_node_hour or 0:.2f} per hour, {_month(offer.usd_per_node_hour)}"
    return f" as its share ({given.sized.gpus} of {offer.gpus_per_node} GPUs) of a node for {node}{offer.price_said}"


def _among(fitting: Sequence[Option]) -> str:
    """Among which prices the first one is the lowest: those of other regions come after the region's own."""
    lowest = fitting[0].usd_per_hour or 0.0
    borrowed = (each for each in fitting if each.offer is not None and each.offer.borrowed)
    return ", of those known for this region" if any((each.usd_per_hour or 0.0) < lowest for each in borrowed) else ""


def _serves(best: Option, among: str) -> str:
    does, sure = "serves it", "" if best.certain else ", not for certain"
    if best.judged is None:
        does, sure = "holds its weights", ", and the rest was not judged"
    return f"{_type(best)} {does} at the lowest price per replica{among}{sure}: {best.where}"


def _node_price(option: Option) -> tuple[bool, float, float]:
    offer = option.offer
    if offer is None:
        return False, 0.0, option.usd_per_hour or 0.0
    return offer.borrowed, offer.usd_per_node_hour or 0.0, option.usd_per_hour or 0.0


def _month(usd_per_hour: float | None) -> str:
    return f"{usd((usd_per_hour or 0.0) * HOURS_PER_MONTH)} per month"


def _of_each_kind(options: list[Option]) -> list[Option]:
    """The smallest node of those that differ in CPU, memory and disk alone."""
    kinds: dict[tuple[str, int], Option] = {}
    for option in options:
        kinds.setdefault((option.sized.gpu.name, option.sized.gpus), option)
    return list(kinds.values())


def _asked(question: Question, options: list[Option]) -> str:
    one = options[0].sized if options else None
    weights = f"{one.fit.weights_gib * one.gpus:.1f} GiB of weights" if one else "weights unknown"
    element = 2 if question.kv_cache_dtype == "auto" else 1
    whole = kv_bytes_per_token(question.shape, 1, element) if question.shape else None
    cache = f" · {whole / 1024:,.0f} KiB of cache per token" if whole else ""
    asked = f"{question.concurrency} x {question.max_model_len:,} tokens"
    return f"{weights}{cache} · {asked} · {question.engine.asked(question)}"


def _row(given: Option) -> Row:
    fit, hourly, offer = given.sized.fit, given.usd_per_hour or 0.0, given.offer
    note = ""
    if offer is not None and given.is_a_share:
        note = f"share of a node of {offer.gpus_per_node} GPUs for ${offer.usd_per_node_hour or 0:.2f} per hour"
    whose = offer.price_note if offer else ""
    return (
        _type(given),
        given.where,
        f"{hourly:.2f}",
        number(hourly * HOURS_PER_MONTH),
        requests(fit.max_concurrency) if fit.max_concurrency is not None else "-",
        f"{fit.weights_gib:.1f}",
        interval(fit.kv_cache_gib) if fit.kv_cache_gib else "none",
        "; ".join(part for part in (note, whose, _NOTE[given.judged, given.certain]) if part),
    )


def _other_means(question: Question, best: Option | None, sizing: Sizing) -> list[tuple[str, str]]:
    """Smaller weights, a smaller cache or batch, and what goes together of them; each where a replica costs less.
    What certainly fits comes first."""
    if not question.engine.limits.takes_batch or question.engine.memory is None:
        return []
    ways = list(smaller_ways(question, sizing.catalog))
    if question.max_num_seqs is None:
        fewer = max(16, question.concurrency)
        ways.append(((("maxNumSeqs", fewer),), question.but(max_num_seqs=fewer)))
    if best is None:
        half = max(1, question.max_model_len // 2)
        ways.append(((("maxModelLen", half),), question.but(max_model_len=half)))
    found = []
    for changes, asked in ways:
        options = serving(asked, every_type(sizing.catalog), sizing)
        other = next((each for each in options if runs_in_8_bit(asked, each.sized.gpu)), None)
        if other is not None and other.offer is not None and (best is None or _cheaper(other, best)):
            where = f"{other.offer.instance_type}, {other.where}, {_price(other)}"
            said = (where, other.sized.holds, *stored_first(question, changes), *unsure(other))
            found.append((other.likely, (flag(changes), "; ".join(said))))
    return [row for _, row in sorted(found, key=lambda each: each[0])]


def _cheaper(one: Option, other: Option) -> bool:
    return (one.usd_per_hour or 0.0) < (other.usd_per_hour or 0.0) - 0.005


def _type(given: Option) -> str:
    return (given.offer.instance_type if given.offer else None) or ""


def _name(given: Option) -> str:
    return f"{_type(given)}, {given.where}"


def _no_longer(given: Option, length: int, sizing: Sizing) -> str:
    sized = given.sized
    left, wanted = sized.fit.kv_cache_gib, sized.question.concurrency
    then = Option(given.offer, sizing.size(sized.question.but(max_model_len=length), sized.gpu, sized.gpus))
    cache = f"{left.mid:.1f} GiB of cache" if left else ""
    holds = f"holds {wanted} if no longer than {length:,} tokens"
    return "; ".join((_price(given), cache, holds, *unsure(then)))


def _left_out(options: list[Option], fitting: list[Option], catalog: Catalog) -> str:
    reasons = Counter(each.left_out for each in catalog.instances.values() if each.left_out is not None)
    serve = "hold" if fitting and fitting[0].judged is None else "serve"
    heavy = sum(not each.fits and not (each.sized.fit.kv_cache_tokens or 0) for each in options)
    unable = len(catalog.instances) - len(options) - reasons.total()
    small = len(options) - len(fitting) - heavy
    numbers = {"can't hold the weights": heavy, "too little cache": small, "can't run them": unable}
    left_out = {**{reason: number for reason, number in numbers.items() if number}, **dict(reasons.most_common())}
    parts = ", ".join(f"{number} ({reason})" for reason, number in left_out.items())
    said = f"Of {len(catalog.instances)} instance types {len(fitting)} {serve} it."
    return f"{said} Left out: {parts}." if parts else said


def _price_note(catalog: Catalog) -> str:
    days = [day for cloud in clouds() if (day := cloud.price_day(catalog))]
    return f"on demand, {'; '.join(days)}; a replica's share of its node's GPUs, nothing else"
