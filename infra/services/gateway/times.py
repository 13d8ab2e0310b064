"""Figures of Envoy that are the same for every stack, and what follows from the gateway's timeout."""

from collections.abc import Iterable

from infra.plan.gateway import TrafficPlan
from infra.plan.models import ModelPlan, Resources
from infra.services.serving.cold_start import AFTER_DRAIN, GATEWAY_TIMEOUT, KEEP_ALIVE_MARGIN, NGINX_IDLE
from infra.settings.platform import Settings

LATER = 20  # seconds by which a load balancer gives up later than Envoy, which says why
# Of each: cores that it asks for, little enough for the system nodes of a small cluster; threads with which it may use
# more; and memory.
CPU, THREADS, MEMORY_MIB = 0.15, 2, 1024
HELD = 100  # requests of each model that wait in each Envoy for a server: their bodies are in its memory
BODY_MIB = 32  # an image of 20 MB is 27 MB in base64; each request that is under way may hold one
# Seconds. An engine keeps a connection longer than this (rule 5), so that it never closes one that Envoy uses.
ENGINE_IDLE = 60
# Envoy cuts every stream at SIGTERM (tried with 1.40: it ends within 0.1 s, whatever --drain-time-s says), and only its
# admin interface can tell it to drain. So it closes each connection of a caller behind the first answer after this
# age (max_connection_duration, and http1_safe_max_connection_duration: an idle one isn't closed under a request):
# this long after its pod's address is gone, the callers that are active have all left it.
CONNECTION = 60


def pod_resources() -> Resources:
    """What each Envoy asks for."""
    return Resources(cpu=CPU, memory_gib=MEMORY_MIB / 1024, ephemeral_gib=1, shm_gib=0)


def timeout_of(settings: Settings) -> int:
    """How long an answer may take from its first byte on, and may come without a byte."""
    return settings.gateway.timeout_seconds if settings.gateway is not None else GATEWAY_TIMEOUT


def longest_answer(settings: Settings) -> int:
    """From when its request came: as long for the first byte, and as long after it."""
    return 2 * timeout_of(settings)


def keep_alive(timeout: int) -> int:
    """How long an idle connection of a caller stays open: longer than any proxy in front keeps it."""
    return max(timeout, NGINX_IDLE) + KEEP_ALIVE_MARGIN


def ends_after(traffic: TrafficPlan) -> tuple[int, int]:
    """How long a pod of Envoy sleeps before it is asked to end, and when it is killed."""
    sleep = max(traffic.pre_stop_seconds, traffic.connection_seconds) + traffic.drain_seconds
    return sleep, sleep + AFTER_DRAIN


def longest_end(models: Iterable[ModelPlan], traffic: TrafficPlan) -> int:
    """How long a pod may take to end, of the models' and the gateway's."""
    return max(ends_after(traffic)[1], *(model.timeouts.grace_period for model in models))
