"""From no node to the first token: named parts, and the timeouts that follow from them (rule 5)."""

from typing import Literal

from infra.planning.placement import Placed
from infra.planning.plan import ColdStart, Estimate, Timeouts

# A GPU node of AL2023: 2 to 3 minutes of launch, boot and join are usual; a published cold start had 284 + 126 s.
NODE = Estimate(90, 150, 410)
NO_NODE = Estimate(0, 0, 0)
# MiB/s of a pull, compressed: 8.8 GB in 48 s with parallel pull on NVMe at best; 101 s of the published cold start.
PULL_MIBPS = Estimate(90, 150, 250)
# MiB/s that one reader gets. Elastic EFS: 894 GiB in 43 minutes; gp3: what the disk is made with; a class: not known.
READ_MIBPS = {
    "efs": Estimate(200, 350, 600),
    "ebs": Estimate(120, 250, 500),
    "storageClass": Estimate(60, 200, 600),
}
# Start, compile and warm-up after the weights: compile alone 50 to 80 s, 195 s of the published cold start.
ENGINE = {"vllm": Estimate(40, 80, 195), "tgi": Estimate(30, 70, 195), "ollama": Estimate(2, 8, 30)}
ENCODER = Estimate(15, 30, 90)
# MiB/s from the hub or the Ollama library, slow days and retries included.
DOWNLOAD_MIBPS = 30
# Load balancers stop sending: deregistration by the controller and the ALB.
PRE_STOP = 20
GATEWAY_TIMEOUT = 300  # the stack file's default


def cold_start(placed: Placed, cache: Literal["efs", "ebs", "storageClass"]) -> ColdStart:
    served = placed.served
    made = placed.offer is not None and not placed.offer.existing
    encoder = served.engine.name == "vllm" and served.task != "chat"
    return ColdStart(
        {
            "node": NODE if made else NO_NODE,
            "image": _at(served.engine.image_gib, PULL_MIBPS),
            "weights": _at(served.disk_gib, READ_MIBPS[cache]),
            "engine": ENCODER if encoder else ENGINE[served.engine.name],
        }
    )


def timeouts(placed: Placed, start: ColdStart, gateway_timeout: int | None) -> Timeouts:
    """Each is at least what it waits for, judged at the slow end."""
    slow = {name: part.high for name, part in start.parts.items()}
    startup = _up(max(120, 1.5 * (slow["weights"] + slow["engine"])))
    progress = _up(max(600, 1.25 * sum(slow.values()), slow["node"] + slow["image"] + startup))
    drain = gateway_timeout or GATEWAY_TIMEOUT
    return Timeouts(
        startup_probe=startup,
        progress_deadline=progress,
        rollout=progress * max(1, placed.served.replicas.max),  # a rollout replaces one pod after the other
        prefetch=_up(1800 + placed.served.disk_gib * 1024 / DOWNLOAD_MIBPS),
        pre_stop=PRE_STOP,
        drain=drain,
        grace_period=PRE_STOP + drain + 10,
    )


def _at(gib: float, speed: Estimate) -> Estimate:
    return Estimate(*(gib * 1024 / mibps for mibps in (speed.high, speed.mid, speed.low)))


def _up(seconds: float) -> int:
    return -int(-seconds // 30) * 30
