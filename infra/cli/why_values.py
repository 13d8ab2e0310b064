"""Paths of the stack file by what is written or decided there: a model's repository, a domain, a GPU, a URL."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.cli.why_paths import flat, within
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan

# Titles of the plan's sections and of its sums, which have another name in the stack file.
_TITLES = {"pools": "gpuPools", "clients": "gateway.clients", "bill": "budget", "no alert": "monitoring.alerts"}
_SHORTEST = 7  # digits of a revision
_URL = re.compile(r"https?://([^/]+)(?:/.*)?")
_IN_THE_CLUSTER = re.compile(r"([a-z0-9-]+)\.[a-z0-9-]+\.svc(?:\.cluster\.local)?")
_HUB = re.compile(r"(?:https?://)?huggingface\.co/")


def other_names(key: str) -> Iterator[str]:
    """What the plan calls so, as the stack file or the cluster has it."""
    title = key.strip().lower()
    if key.isupper() or title in _TITLES:
        yield _TITLES.get(title, title)
    if (url := _URL.fullmatch(key)) is None:
        yield key.rpartition("/")[2]  # NAMESPACE/NAME
    host = url[1] if url else key
    local = _IN_THE_CLUSTER.fullmatch(host)
    yield from (local[1] if local else host, _HUB.sub("", key))


def paths_of_value(plan: Plan, key: str) -> list[str]:
    """Where a text is written or chosen, and the pools and models that have it."""
    given = flat("", plan.settings.model_dump(mode="json", by_alias=True, exclude_unset=True))
    decided = {each.path: each.value for each in plan.chosen.values()} | given
    names = {key, *other_names(key)} - {""}
    written = [at for at, value in decided.items() if names & {*_texts(value)}]
    pools = [f"gpuPools.{name}" for name, pool in plan.pools.items() if key in _hardware(pool)]
    charts = [f"addons.{name}" for name, addon in plan.addons.items() if addon.chart == key]
    return [*written, *(each for each in (*pools, *charts) if not any(within(at, each) for at in written))]


def _hardware(pool: PoolPlan) -> set[str]:
    return {pool.gpu, pool.card, *(each.name for each in pool.types)}


def _texts(value: Any) -> Iterator[str]:
    """The texts of a value; of a revision also its beginning, as the plan prints it."""
    if isinstance(value, str):
        yield value
        if re.fullmatch(r"[0-9a-f]{40}", value):
            yield from (value[:end] for end in range(_SHORTEST, len(value)))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
