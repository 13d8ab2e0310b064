"""Compares simulated runs with published ones of an autoscaler: Qwen3-32B with vLLM on H100, 20 requests per second for
600 s, by llm-d.

github.com/llm-d/llm-d-autoscaling: pull request 1404 (1 to 10 replicas), issue 1412 (the same again, and with other
requests), pull request 1171 (two replicas, no scaler).

make benchmark-simulate
"""

import random
from dataclasses import dataclass, replace
from itertools import accumulate

from infra.catalog import load_catalog
from infra.engines.vllm.memory import fit
from infra.engines.vllm.throughput import replica
from infra.plan.models import Scaling
from infra.simulate.arrivals import Arrivals
from infra.simulate.nodes import PoolShape, Step
from infra.simulate.platform import Gateway, Platform, Server
from infra.simulate.replica import Limits
from infra.simulate.run import run
from infra.simulate.summary import line_of, percentile
from infra.sizing.estimates import Estimate
from infra.sizing.question import Arguments
from infra.sizing.requests import MeanRequest

RATE, SECONDS = 20, 600
# None of these is published. With one GPU the cache would hold six of these requests, and a replica would make fewer
# than the 1,901 tokens per second that pull request 1249 measured.
GPUS, SEQS, BATCH, UTILIZATION, CONTEXT = 2, 256, 8_192, 0.9, 40_960
SCALING = Scaling(
    in_flight=None, kept=None, waiting=1, cache=None, held=None, held_seconds=0, wakes_seconds=0,
    polling_seconds=15, cooldown_seconds=300, fallback_replicas=1, reasons=(),
)  # fmt: skip
# An HPA's own, where nobody writes another.
BEHAVIOR = {
    "scaleUp": {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]},
    "scaleDown": {"stabilizationWindowSeconds": 300, "policies": [{"type": "Pods", "value": 10, "periodSeconds": 15}]},
}


@dataclass(frozen=True)
class Figures:
    replicas: float  # mean
    first_token: float  # seconds, p99
    per_token: float  # seconds, p99


@dataclass(frozen=True)
class Published:
    name: str
    request: MeanRequest
    min: int
    max: int
    start_seconds: float
    figures: Figures


RUNS = (
    Published("1 to 10, 4,000 + 1,000 tokens", MeanRequest(4_000, 1_000), 1, 10, 130, Figures(7.12, 526.5, 0.0748)),
    Published("1 to 10, 4,000 + 1,000, again", MeanRequest(4_000, 1_000), 1, 10, 110, Figures(7.29, 526.8, 0.0721)),
    Published("two, 4,000 + 1,000 tokens", MeanRequest(4_000, 1_000), 2, 2, 0, Figures(2.0, 544.7, 0.0574)),
    # Its mean is its maximum: all ten were there from the start.
    Published("ten, 1,000 + 4,000 tokens", MeanRequest(1_000, 4_000), 10, 10, 0, Figures(10.0, 326.7, 0.1117)),
)


def main() -> None:
    print(f"{'':31} {'mean replicas':>15} {'first token p99':>17} {'per token p99':>17}")
    for each in RUNS:
        found, said = simulated(each), each.figures
        replicas = f"{found.replicas:.1f} / {said.replicas:.1f}"
        waits = f"{found.first_token:,.0f} / {said.first_token:,.0f} s"
        token = f"{found.per_token * 1000:.0f} / {said.per_token * 1000:.0f} ms"
        print(f"{each.name:31} {replicas:>15} {waits:>17} {token:>17}")
    print("simulated / published")


def simulated(published: Published) -> Figures:
    counted = run(platform(published), arrivals(published.request), 1).models["model"]
    first, token = (percentile(sorted(each), 0.99) for each in (counted.first_tokens, counted.per_token))
    return Figures(sum(line_of(counted, SECONDS, 1)), first or 0.0, token or 0.0)


def platform(published: Published) -> Platform:
    catalog = load_catalog()
    shape, gpu = catalog.models["Qwen/Qwen3-32B"], catalog.gpus["H100-80"]
    arguments = Arguments(
        max_model_len=CONTEXT, max_num_seqs=SEQS, max_num_batched_tokens=BATCH, utilization=UTILIZATION
    )
    fits = fit(shape, gpu, GPUS, arguments, catalog=catalog, quantization=None)
    steps = replica(shape, gpu, GPUS, arguments, fits, request=published.request)
    assert not isinstance(steps, str), steps
    none, start = Estimate(0, 0, 0), published.start_seconds
    server = Server(
        name="model",
        pool="h100",
        gpus=GPUS,
        min=published.min,
        max=published.max,
        steps=steps,
        limits=Limits(SEQS, BATCH, fits.kv_cache_tokens or 0, silence=2 * SECONDS, total=2 * SECONDS),
        context=CONTEXT,
        scaling=SCALING if published.min < published.max else None,
        behavior=BEHAVIOR,
        new_node=(none,),
        new_pod=(replace(none, low=start, mid=start, high=start),),
        fallback=False,
    )
    pool = PoolShape("h100", 8, 3, 3, made=False, steps=(Step(3, None),))
    return Platform("llm-d", (server,), (), (pool,), Gateway(0, 1.0, 0.0), {})


def arrivals(request: MeanRequest) -> Arrivals:
    chance = random.Random(1)
    gaps = (chance.expovariate(RATE) for _ in range(2 * RATE * SECONDS))
    times = [time for time in accumulate(gaps) if time < SECONDS]
    count = len(times)
    return Arrivals(times, [0] * count, [request.prompt] * count, [request.output] * count, ("model",), SECONDS)


if __name__ == "__main__":
    main()
