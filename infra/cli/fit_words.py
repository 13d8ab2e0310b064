"""What `fit` says alike of one place and of all: prices, speed, the comparison with an API."""

from collections.abc import Iterator

from infra.catalog import Catalog
from infra.cli.document import Section
from infra.cli.speed import of_one_replica
from infra.offers.options import Option
from infra.offers.sizing import throughput_of
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.words import usd
from infra.planning.break_even import BreakEven, break_even
from infra.registry import clouds
from infra.sizing.requests import MEAN_REQUEST


def against(given: Option, api_price: float) -> BreakEven | None:
    """None where no tokens come out, or nothing is paid."""
    if given.sized.question.task != "chat" or not given.usd_per_hour:
        return None
    return break_even(given.usd_per_hour, api_price, throughput_of(given.sized))


def against_an_api(given: Option, api_price: float | None) -> Iterator[Section]:
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


def speed_of(given: Option) -> Section:
    return of_one_replica(throughput_of(given.sized), name_of(given) if given.offer else given.where)


def share_of(given: Option) -> str:
    """What the node costs where a replica has some of its GPUs; whose price it is."""
    offer = given.offer
    if offer is None or not given.is_a_share:
        return offer.price_said if offer else ""
    node = f"${offer.usd_per_node_hour or 0:.2f} per hour, {per_month(offer.usd_per_node_hour)}"
    return f" as its share ({given.sized.gpus} of {offer.gpus_per_node} GPUs) of a node for {node}{offer.price_said}"


def per_month(usd_per_hour: float | None) -> str:
    return f"{usd((usd_per_hour or 0.0) * HOURS_PER_MONTH)} per month"


def type_of(given: Option) -> str:
    return (given.offer.instance_type if given.offer else None) or ""


def name_of(given: Option) -> str:
    return f"{type_of(given)}, {given.where}"


def price_note(catalog: Catalog) -> str:
    days = [day for cloud in clouds() if (day := cloud.price_day(catalog))]
    return f"on demand, {'; '.join(days)}; a replica's share of its node's GPUs, nothing else"
