"""`fit`: one answer or all, as JSON or for a person to read."""

from functools import partial
from typing import Any

from infra.catalog import Catalog
from infra.cli.document import rendered
from infra.cli.fit_advice import Given, Way, few_at_once, in_library, more_than_a_node, ways
from infra.cli.fit_all import of_all
from infra.cli.fit_input import BadInput, read
from infra.cli.fit_one import makes, of_one
from infra.cli.fit_where import Where
from infra.cli.fit_words import against
from infra.cli.speed import speed_data
from infra.offers.options import Option, everywhere, offer_with, on_offer
from infra.offers.pools import of_type
from infra.offers.sizing import Sizing, throughput_of
from infra.registry import offered
from infra.services.serving.start_parts import engine, engine_terms
from infra.sizing.estimates import Estimate, rounded_down
from infra.sizing.question import Question, Sized

EXIT = {True: 0, False: 1, None: 3}  # of the text, by whether it fits; None: that could not be checked


def run(model: str, given: Given, format_: str, catalog: Catalog) -> tuple[str, int]:
    """What to print and the exit code. Raises BadInput."""
    question, where, api_price = read(model, given, catalog)
    region = given.get("region")
    sizing = Sizing(offered(catalog, region))
    if where.instance is None and where.gpu is None:
        return _all(question, api_price, format_, sizing)
    one = _one(question, where, sizing)
    found = ways(model, given, one, where, sizing, partial(_answer, sizing))
    text = rendered(
        format_, lambda: _data(one, api_price, found, sizing.catalog), lambda: of_one(one, found, api_price, sizing)
    )
    return text, 0 if format_ == "json" else EXIT[one.judged]


def _answer(sizing: Sizing, model: str, given: Given) -> Option | None:
    """What is said of another command line; None: bad input."""
    try:
        question, where, _ = read(model, given, sizing.catalog)
    except BadInput:
        return None
    return _one(question, where, sizing)


def _one(question: Question, where: Where, sizing: Sizing) -> Option:
    if where.gpu is not None:
        gpus = where.gpus or 1
        return Option(offer_with(where.gpu, gpus, sizing.catalog), sizing.size(question, where.gpu, gpus))
    assert where.instance is not None
    instance = sizing.catalog.instances[where.instance.name]
    found = on_offer(question, of_type(instance, sizing.catalog), sizing)
    assert found is not None  # what can't run there is bad input
    return found


def _all(question: Question, api_price: float | None, format_: str, sizing: Sizing) -> tuple[str, int]:
    options = everywhere(question, sizing)
    fitting = [each for each in options if each.fits]
    text = rendered(
        format_,
        lambda: [_data(each, api_price, [], sizing.catalog) for each in fitting],
        lambda: of_all(question, options, api_price, sizing),
    )
    return text, 0 if format_ == "json" else EXIT[fitting[0].judged if fitting else False]


def _data(given: Option, api_price: float | None, found: list[Way], catalog: Catalog) -> dict[str, Any]:
    fit, cache, usd = given.sized.fit, given.sized.fit.kv_cache_gib, given.usd_per_hour
    return {
        "model": given.sized.question.name,
        "gpu": given.sized.gpu.name,
        "gpus": given.sized.gpus,
        "instance_type": given.offer.instance_type if given.offer else None,
        "fits": given.judged,
        "certain": _certain(given),
        "weights_gib": round(fit.weights_gib, 2),
        "kv_cache_gib": round(cache.mid, 2) if cache else None,
        "kv_cache_gib_interval": [round(cache.low, 2), round(cache.high, 2)] if cache else None,
        "kv_cache_tokens": fit.kv_cache_tokens,
        "max_model_len": given.sized.question.max_model_len,
        "max_concurrency": rounded_down(fit.max_concurrency, 2) if fit.max_concurrency is not None else None,
        "usd_per_hour": round(usd, 4) if usd is not None else None,
        "usd_per_node_hour": given.usd_per_node_hour,
        "price_region": _price_region(given),
        **speed_data(throughput_of(given.sized)),
        "start_seconds": start_seconds(given.sized, catalog),
        **_against_an_api(given, api_price),
        "reasons": [*_reasons(given, catalog), *(f"{way.flags} {makes(given)}: {way.effect}" for way in found)],
        **({"advice": [_way(way) for way in found]} if found else {}),
    }


def start_seconds(sized: Sized, catalog: Catalog) -> dict[str, list[int]]:
    """The engine's start without reading the weights, whole and by step: low, middle and high."""
    whole = engine(sized.question, sized, sized.gpus, catalog)
    terms = engine_terms(sized.question, sized, sized.gpus, catalog.cold_start)
    named: dict[str, Estimate] = {"engine": whole, **{each.name: each for each in terms}}
    return {name: [round(each.low), round(each.mid), round(each.high)] for name, each in named.items()}


def _way(way: Way) -> dict[str, Any]:
    return {"flags": way.flags, "arguments": list(way.arguments), "effect": way.effect, "certain": _certain(way.then)}


def _certain(given: Option) -> bool | None:
    """None: nobody knows."""
    return given.certain if given.sized.fit.estimated else None


def _price_region(given: Option) -> str | None:
    return given.offer.types[0].priced_by if given.offer else None


def _against_an_api(given: Option, api_price: float | None) -> dict[str, Any]:
    """Only where a price was given; null where no tokens come out, or nothing is paid."""
    if api_price is None:
        return {}
    found = against(given, api_price)
    makes = found.replica_tokens_per_month if found else None
    return {
        "api_price": api_price,
        "break_even_tokens_per_month": round(found.tokens_per_month) if found else None,
        "replica_tokens_per_month": [round(each) for each in makes] if makes else None,
        "one_replica_makes_them": found.one_replica_makes_them if found else None,
    }


def _reasons(given: Option, catalog: Catalog) -> list[str]:
    question, fit = given.sized.question, given.sized.fit
    reasons = [*fit.reasons, *(f"{term.name} {term.gib:.2f} GiB: {term.reason}" for term in fit.terms)]
    reasons += [*in_library(question, catalog), *more_than_a_node(given.sized, catalog), *few_at_once(given)]
    if question.max_model_len > question.own_context:
        reasons.append(
            f"{question.max_model_len:,} tokens are more than the {question.own_context:,} it was trained for"
        )
    if started := question.engine.started(given.sized):
        reasons.append(started)
    if fit.kv_bytes_per_token is None and fit.kv_cache_gib is None:
        reasons.append(given.sized.holds)
    return reasons
