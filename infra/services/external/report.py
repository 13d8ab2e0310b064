"""What the report says of models that somebody else hosts."""

from collections.abc import Iterator

from infra.plan.external import External
from infra.plan.plan import Plan
from infra.services.external.plan import clients_of
from infra.services.service import Table

_NOTE = (
    "data leaves the network for these, and for nothing else: a NetworkPolicy holds the gateway's pods to it;"
    " list price: of the provider, in and out per million tokens, not in this bill"
)


def external_tables(plan: Plan) -> Iterator[Table]:
    externals = plan.traffic.externals
    header = ("goes to", "asks for", "clients", "fallback of", "list price")
    if externals:
        yield Table("EXTERNAL", header, tuple(_row(plan, each) for each in externals.values()), _NOTE)


def _row(plan: Plan, external: External) -> tuple[str, ...]:
    upstreams = plan.traffic.upstreams.values()
    back = [each.model for each in upstreams if each.fallback is not None and each.fallback.to == external.name]
    price = external.usd_per_million
    return (
        external.name,
        external.base_url,
        external.model,
        ", ".join(clients_of(plan.traffic, [external.name])) or "-",
        ", ".join(back) or "-",
        f"${price['in']:g} / ${price['out']:g}" if price is not None else "not given",
    )
