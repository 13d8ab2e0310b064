"""`--rollout MODEL@HOUR` and `--interrupt POOL@HOUR`: what happens in a run because it was asked for."""

from collections.abc import Collection, Iterator, Sequence

from infra.cli.document import Row
from infra.plan.plan import Plan
from infra.simulate.platform import Events, platform_of


def events_of(
    rollouts: Sequence[str], interruptions: Sequence[str], plan: Plan, seconds: float | None, mistakes: list[Row]
) -> Events:
    """`seconds`: that a run takes; None: it isn't known, because the traffic is wrong."""
    models = [each.name for each in platform_of(plan).servers]
    spot = [name for name, pool in plan.pools.items() if pool.capacity == "spot"]
    return Events(
        tuple(_asked("--rollout", rollouts, models, "no model that is simulated", seconds, mistakes)),
        tuple(_asked("--interrupt", interruptions, spot, "no pool of spot nodes", seconds, mistakes)),
    )


def _asked(
    option: str,
    given: Sequence[str],
    names: Collection[str],
    unknown: str,
    seconds: float | None,
    mistakes: list[Row],
) -> Iterator[tuple[str, float]]:
    for each in given:
        name, at, hour = each.rpartition("@")
        if at:
            wrong = [*_wrong_name(name, names, unknown), *_wrong_hour(hour, seconds)]
        else:
            wrong = [
                f"no hour; write such as {next(iter(sorted(names)), 'NAME')}@10, in hours from the start of the run"
            ]
        mistakes += ((option, f"{each!r}: {what}") for what in wrong)
        if not wrong:
            yield name, float(hour) * 3600


def _wrong_name(name: str, names: Collection[str], unknown: str) -> Iterator[str]:
    if name not in names:
        known = f"write {', '.join(sorted(names))}, then @ and the hour" if names else "this stack has none"
        yield f"{name!r} is {unknown}; {known}"


def _wrong_hour(hour: str, seconds: float | None) -> Iterator[str]:
    try:
        at = float(hour)
    except ValueError:
        at = -1.0
    if not at >= 0 or at == float("inf"):
        yield f"{hour!r} is no hour from the start of the run; write such as @10 or @13.5"
    elif seconds is not None and at * 3600 >= seconds:
        yield f"hour {at:g} is after the end of the run, which takes {seconds / 3600:,.1f} h"
