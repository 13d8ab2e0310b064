"""What `fit` says to a person where no GPU is named: the verdict, a table, what doesn't serve and why, what would cost
less."""

from collections import Counter
from collections.abc import Sequence

from infra.catalog import Catalog
from infra.cli.document import Column, Document, Row, Section, columns
from infra.cli.fit_advice import few_at_once, flag, in_library, unsure
from infra.cli.fit_words import against_an_api, name_of, per_month, price_note, share_of, speed_of, type_of
from infra.offers.capacity import capacity_of
from infra.offers.fixes import runs_in_8_bit, smaller_ways, stored_first
from infra.offers.options import Option, largest_context, serving
from infra.offers.pools import every_type
from infra.offers.sizing import Sizing
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.words import interval, number
from infra.sizing.estimates import requests
from infra.sizing.kv_cache import kv_bytes_per_token
from infra.sizing.question import Question

_SHOWN, _NOT_ENOUGH = 8, 4
_NOTE = {(True, True): "", (True, False): "likely, not certain", (None, False): "no estimate"}
_COLUMNS = (
    Column("GPUs"),
    Column("$ per hour", right=True),
    Column("$ per month", right=True),
    Column("requests at once", right=True),
    Column("weights", right=True),
    Column("cache GiB on each GPU"),
    Column("note"),
)


def of_all(question: Question, options: list[Option], api_price: float | None, sizing: Sizing) -> Document:
    fitting = [each for each in options if each.fits]
    best = fitting[0] if fitting else None
    sections = [_table(fitting), speed_of(fitting[0])] if fitting else []
    if near := _near(options, best, sizing):
        sections.append(Section("not enough for requests of this length", columns(""), near))
    if other := _other_means(question, best, sizing):
        title = "a lower price per replica by other means" if best else "what would make it fit"
        sections.append(Section(title, columns(""), other))
    if best is not None:
        sections += against_an_api(best, api_price)
    lines = [*_verdict(fitting, question), _asked(question, options), *in_library(question, sizing.catalog)]
    lines += few_at_once(options[0]) if options and not fitting else ()
    return Document(
        "\n".join(lines),
        sections=sections,
        footer=f"{_left_out(options, fitting, sizing.catalog)}\n{price_note(sizing.catalog)}",
    )


def _table(fitting: list[Option]) -> Section:
    shown = _of_each_kind(fitting)[:_SHOWN]
    rest = f"only the smallest node for each kind and number of GPUs; all {len(fitting)} are in --format json"
    return Section("instance", _COLUMNS, [*map(_row, shown)], rest if len(fitting) > len(shown) else "")


def _near(options: list[Option], best: Option | None, sizing: Sizing) -> list[Row]:
    """Those for which shorter requests would do, the longest first."""
    short = [
        each
        for each in _of_each_kind(options)
        if not each.fits and each.takes_all and (best is None or _cheaper(each, best))
    ]
    near = [(each, largest_context(each.sized, sizing)) for each in short]
    near = sorted((pair for pair in near if pair[1]), key=lambda pair: -pair[1])[:_NOT_ENOUGH]
    return [(name_of(each), _no_longer(each, length, sizing)) for each, length in near]


def _verdict(fitting: list[Option], question: Question) -> list[str]:
    """The lowest price per replica; where that leaves GPUs of its node to others, the cheapest node for it alone."""
    if not fitting:
        return [f"no instance type serves {question.name} with {question.max_model_len:,} tokens"]
    best, alone = fitting[0], min(fitting, key=_node_price)
    lines = [f"{_serves(best, _among(fitting))}, {_price(best)}; {best.sized.holds}"]
    if alone.offer is not None and alone.offer != best.offer:
        price, note = alone.offer.usd_per_node_hour, alone.offer.price_said
        cost = f"${price or 0:.2f} per hour, {per_month(price)}{note}"
        lines.append("; ".join((f"cheapest node for it alone: {alone.offer.instance_type}, {cost}", *unsure(alone))))
    return lines


def _price(given: Option) -> str:
    """What a replica costs."""
    return f"${given.usd_per_hour or 0:.2f} per hour, {per_month(given.usd_per_hour)}{share_of(given)}"


def _among(fitting: Sequence[Option]) -> str:
    """Among which prices the first one is the lowest: those of other regions come after the region's own."""
    lowest = fitting[0].usd_per_hour or 0.0
    borrowed = (each for each in fitting if each.offer is not None and each.offer.borrowed)
    return ", of those known for this region" if any((each.usd_per_hour or 0.0) < lowest for each in borrowed) else ""


def _serves(best: Option, among: str) -> str:
    does, sure = "serves it", "" if best.certain else ", not for certain"
    if best.judged is None:
        does, sure = "holds its weights", ", and the rest was not judged"
    return f"{type_of(best)} {does} at the lowest price per replica{among}{sure}: {best.where}"


def _node_price(option: Option) -> tuple[bool, float, float]:
    offer = option.offer
    if offer is None:
        return False, 0.0, option.usd_per_hour or 0.0
    return offer.borrowed, offer.usd_per_node_hour or 0.0, option.usd_per_hour or 0.0


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
        type_of(given),
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
            slower = [capacity_of(other.sized).slower(capacity_of(best.sized))] if best is not None else []
            said = (where, other.sized.holds, *filter(None, slower), *stored_first(question, changes), *unsure(other))
            found.append((other.likely, (flag(changes), "; ".join(said))))
    return [row for _, row in sorted(found, key=lambda each: each[0])]


def _cheaper(one: Option, other: Option) -> bool:
    return (one.usd_per_hour or 0.0) < (other.usd_per_hour or 0.0) - 0.005


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
    few = sum(each.sized.fits and not each.takes_all for each in options)
    small = len(options) - len(fitting) - heavy - few
    numbers = {
        "can't hold the weights": heavy,
        "too little cache": small,
        "fewer requests at once": few,
        "can't run them": unable,
    }
    left_out = {**{reason: number for reason, number in numbers.items() if number}, **dict(reasons.most_common())}
    parts = ", ".join(f"{number} ({reason})" for reason, number in left_out.items())
    said = f"Of {len(catalog.instances)} instance types {len(fitting)} {serve} it."
    return f"{said} Left out: {parts}." if parts else said
