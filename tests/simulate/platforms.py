"""Small platforms with figures that can be reckoned by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.scaling_behavior import behavior
from infra.plan.models import Scaling
from infra.simulate.arrivals import Arrivals
from infra.simulate.nodes import PoolShape, Step
from infra.simulate.platform import Gateway, Platform, Server
from infra.simulate.replica import Limits
from infra.sizing.estimates import Estimate


@dataclass(frozen=True)
class EvenSteps:
    """A step takes 0.1 s, and 1 ms more per token of a prompt; the tokens that are kept take no time."""

    decode: float = 0.1
    token: float = 0.001

    def step_seconds(self, decoding: int, prompts: int, tokens: int, *, length: float, prompt: float) -> float:
        return self.decode + self.token * tokens

    def beside_steps(self, running: int, step: float) -> float:
        return 0.0


LIMITS = Limits(seqs=8, batch=512, cache=10_000, silence=300, total=600)
SCALING = Scaling(
    in_flight=6, kept=3, waiting=2, cache=None, held=None, held_seconds=0, wakes_seconds=0, polling_seconds=15,
    cooldown_seconds=300, fallback_replicas=1, reasons=(),
)  # fmt: skip
SLEEPING = Scaling(
    in_flight=6, kept=3, waiting=2, cache=None, held=6, held_seconds=240, wakes_seconds=200, polling_seconds=15,
    cooldown_seconds=300, fallback_replicas=1, reasons=(),
)  # fmt: skip


def exactly(seconds: float) -> tuple[Estimate, ...]:
    return (Estimate(seconds, seconds, seconds),)


def server(
    least: int = 1, most: int = 1, *, limits: Limits = LIMITS, scaling: Scaling | None = None, name: str = "chat"
) -> Server:
    return Server(
        name,
        "gpu",
        1,
        least,
        most,
        EvenSteps(),
        limits,
        8_000,
        scaling,
        behavior(300),
        exactly(100.0),
        exactly(60.0),
        fallback=False,
    )


def platform(*servers: Server, nodes: int = 8, least: int = 0) -> Platform:
    pool = PoolShape("gpu", 1, least, nodes, made=True, steps=(Step(nodes, 2.0),))
    return Platform("small", servers, (), (pool,), Gateway(200, 5.0, 20.0), {})


def arrivals(
    times: Sequence[float], prompt: int = 100, output: int = 10, seconds: float | None = None, name: str = "chat"
) -> Arrivals:
    end = seconds if seconds is not None else (times[-1] if times else 0) + 1_000
    count = len(times)
    return Arrivals(list(times), [0] * count, [prompt] * count, [output] * count, (name,), end)
