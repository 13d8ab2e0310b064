"""How long a simulation takes: a run of 24 hours with a million requests, and the whole command.

make benchmark-simulate
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.plan_speed import once
from infra.program import plan_of
from infra.simulate.patterns import by_pattern, requests_of
from infra.simulate.platform import Platform, platform_of
from infra.simulate.run import run
from infra.stack_file import load_file

ROOT = Path(__file__).parent.parent
REQUESTS, MAX_SECONDS = 1_000_000, 60
OF_COMMAND, MAX_OF_COMMAND = 400_000, 180


def main() -> None:
    plan = plan_of(load_file(ROOT / "stacks" / "Pulumi.prod.yaml"))
    platform = large(platform_of(plan))
    requests = {each.name: (plan.models[each.name].throughput.request, each.context) for each in platform.servers}
    started = time.process_time()
    arrivals = by_pattern("daily", rate_of(REQUESTS), 1, requests, 1)
    drawn = time.process_time()
    run(platform, arrivals, 1)
    ended = time.process_time()
    print(
        f"{len(arrivals.times):,} requests on one core: {drawn - started:.1f} s to draw, {ended - drawn:.1f} s to play;"
        f" must be under {MAX_SECONDS} s"
    )
    command = [sys.executable, "-m", "infra", "simulate", "prod", "--rate", f"{rate_of(OF_COMMAND):.2f}"]
    print(f"simulate prod with {OF_COMMAND:,} requests: {once(command):.0f} s; must be under {MAX_OF_COMMAND} s")


def large(platform: Platform) -> Platform:
    """With replicas and nodes for all requests: one that is refused costs less time."""
    servers = tuple(replace(each, min=20, max=60) for each in platform.servers)
    return replace(platform, servers=servers, pools=tuple(replace(each, max=200) for each in platform.pools))


def rate_of(requests: int) -> float:
    return requests / requests_of("daily", 1.0, 1)


if __name__ == "__main__":
    main()
