"""`scaling.ttftP95Seconds`: a promise that no number of replicas keeps is refused, with what would keep it."""

import math
from collections.abc import Iterator

from infra.offers.options import tries
from infra.offers.sizing import Sizing, throughput_of
from infra.plan.models import ModelPlan
from infra.plan.notes import Advice, Finding, Violation
from infra.plan.rules import Rule
from infra.plan.writes import written
from infra.services.serving.placed import Placed
from infra.services.serving.signals import replica_of, usual_promise
from infra.settings.platform import Settings
from infra.sizing.question import Sized


def check_promise(placed: Placed, sizing: Sizing) -> Iterator[Finding]:
    given, path = placed.served.settings.scaling, f"{placed.served.path}.scaling.ttftP95Seconds"
    promise = given.ttft_p95_seconds if given is not None else None
    if promise is None or placed.sized is None or not placed.starts:
        return
    alone = _alone(placed.sized)
    if alone is None:
        made = throughput_of(placed.sized)
        fix = f"{placed.served.path}.scaling: {{requestsPerReplica: 16}}"
        yield Violation(Rule.FIRST_TOKEN, path, f"{placed.served.name}: {promise:g} s; {made.reason}", fix)
    elif alone > promise:
        yield _too_short(placed, path, promise, alone, sizing)


def _too_short(placed: Placed, path: str, promise: float, alone: float, sizing: Sizing) -> Violation:
    request = throughput_of(placed.sized).request if placed.sized else None
    prompts = f"prompts of {request.prompt:,} tokens in the mean" if request else "its prompts"
    message = (
        f"{placed.served.name}: {promise:g} s; a replica with one request in flight needs {alone:.1f} s in 95 of 100"
        f" cases (an estimate, for {prompts}), so no number of replicas keeps it"
    )
    ways = tuple(_ways(placed, path, promise, alone, sizing))
    return Violation(Rule.FIRST_TOKEN, path, message, ways[0].text, ways)


def _ways(placed: Placed, path: str, promise: float, alone: float, sizing: Sizing) -> Iterator[Advice]:
    longer = math.ceil(10 * alone) / 10
    yield Advice(((path, longer),), written(((path, longer),)))
    offer, sized = placed.offer, placed.sized
    if offer is None or sized is None:
        return
    for other in tries(placed.served.question.but(gpus=None), offer, sizing):
        found = _alone(other) if other.fits and other.gpus > sized.gpus else None
        if found is not None and found <= promise:
            write = ((f"{placed.served.path}.gpus", other.gpus),)
            yield Advice(write, f"{written(write)} ({found:.1f} s, an estimate)")
            return


def _alone(sized: Sized) -> float | None:
    """Seconds to the first token of a request that is alone on a replica, in 95 of 100 cases."""
    replica = replica_of(throughput_of(sized), sized.arguments.max_num_batched_tokens)
    return replica.at(1).first_token if replica is not None else None


def promised(settings: Settings, model: ModelPlan) -> float | None:
    """Seconds in which the stack file promises 95 of 100 first tokens; None: it doesn't."""
    scaling = settings.models[model.sent_as].scaling
    return scaling.ttft_p95_seconds if scaling is not None else None


def aimed(model: ModelPlan) -> float | None:
    """Those that the plan assumes where nothing is promised; None: its speed isn't known."""
    replica = replica_of(model.throughput, model.max_num_batched_tokens or 0)
    return usual_promise(replica.at(1)) if replica is not None else None
