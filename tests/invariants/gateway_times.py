"""Rule 5 between a caller, the gateway and an engine: who closes an idle connection first, who ends an answer last, and
how long a pod that ends is still asked. All in seconds."""

import re

from infra.engines import ENGINES
from infra.offline import Planned
from infra.registry import cloud_of
from tests.invariants.reading import CONFIG_MAP, INGRESS, Pod, proxies, servers
from tests.invariants.timeouts import idle_of

_DURATION = re.compile(r'"max_connection_duration":\s*"(\d+s)"')


def the_gateways_times_agree(planned: Planned) -> list[str]:
    traffic, recording = planned.plan.traffic, planned.recording
    broken: list[str] = []
    for ingress in recording.of(INGRESS):
        idle = idle_of(ingress)
        if traffic.keep_alive_seconds <= idle:
            kept = traffic.keep_alive_seconds
            broken.append(f"the gateway closes idle connections after {kept} s, {ingress.name} keeps them {idle} s")
    for server in servers(recording):
        broken += _of_a_server(planned, server)
    for proxy in proxies(recording):
        broken += _of_a_proxy(planned, proxy)
    if traffic.total_seconds < 2 * traffic.idle_seconds:
        broken.append(f"an answer that begins after {traffic.idle_seconds} s has not as long for the rest")
    if traffic.drain_seconds < traffic.longest_seconds:
        given = traffic.drain_seconds
        broken.append(f"a request may take {traffic.longest_seconds} s, and an Envoy that ends gives it {given} s")
    return broken


def _of_a_server(planned: Planned, server: Pod) -> list[str]:
    traffic, broken = planned.plan.traffic, []
    engine = ENGINES[server.containers[0]["name"]]
    kept = server.environment.get(engine.keep_alive_env) if engine.keep_alive_env else None
    if kept is not None and int(kept) <= traffic.engine_idle_seconds:
        broken.append(f"{server.name} closes idle connections before the gateway does")
    known_for = cloud_of(planned.plan.settings).dns_ttl_seconds + traffic.dns_refresh_seconds
    sleep = server.containers[0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    if sleep < known_for:
        broken.append(f"{server.name} ends after {sleep} s, and the gateway may know its address for {known_for} s")
    drain = int(server.argument("--shutdown-timeout") or 0)
    if sleep + drain < known_for + traffic.total_seconds:
        last = f"its last request may come after {known_for} s and take {traffic.total_seconds} s"
        broken.append(f"{server.name} lets requests end for {sleep + drain} s: {last}")
    return broken


def _of_a_proxy(planned: Planned, proxy: Pod) -> list[str]:
    """SIGTERM cuts what is under way: before it, callers have left, and what they began last has ended."""
    traffic, broken = planned.plan.traffic, []
    sleep = proxy.containers[0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    files = [made.inputs["data"] for made in planned.recording.of(CONFIG_MAP)]
    closes = [_seconds(each) for data in files for each in _DURATION.findall(data.get("bootstrap.json", ""))]
    left = max([traffic.pre_stop_seconds, *closes])
    if not closes:
        broken.append(f"{proxy.name} never closes a connection that is in use, so callers stay until it ends")
    if sleep < left + traffic.longest_seconds:
        last = f"and their last requests may take {traffic.longest_seconds} s"
        broken.append(f"{proxy.name} ends after {sleep} s: callers leave within {left} s, {last}")
    if proxy.spec["terminationGracePeriodSeconds"] <= sleep:
        broken.append(f"{proxy.name} is killed while it sleeps")
    return broken


def _seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))
