"""Rule 5: each timeout is at least as long as what it waits for may take. All in seconds."""

import re
from collections.abc import Mapping

from infra.engines import ENGINES
from infra.offline import Planned
from infra.recording import Recorded
from tests.invariants.reading import INGRESS, Pod, jobs, proxies, release, seconds, servers

_ALB = "alb.ingress.kubernetes.io/"
_NGINX = "nginx.ingress.kubernetes.io/"
_NGINX_DEFAULT = "60"
_ALB_ATTRIBUTES = {  # attribute -> the annotation that sets it, its default, its own limit
    "idle_timeout.timeout_seconds": ("load-balancer-attributes", 60, 4000),
    "deregistration_delay.timeout_seconds": ("target-group-attributes", 300, 3600),
}
_NGINX_IDLE = 60  # upstream-keepalive-timeout of its ConfigMap, which isn't ours
_AUTOSCALER_DEFAULT = "600"  # max-graceful-termination-sec: the time for a pod whose node is removed
_PULUMI_DEFAULT = "10m"


def timeouts_agree(planned: Planned) -> list[str]:
    """Those of the gateway, of the drain, of the start, and the deadlines."""
    recording = planned.recording
    traffic = planned.plan.traffic
    broken = [
        each
        for ingress in recording.of(INGRESS)
        for each in _ingress(ingress, silence=traffic.silence_seconds, answer=traffic.longest_seconds)
    ]
    for server in servers(recording):
        broken += _stop(server, traffic.total_seconds)
        broken += _start(planned, server)
        broken += _keep_alive(server)
    if autoscaler := release(recording, "cluster-autoscaler"):
        given = int(autoscaler.inputs["values"]["extraArgs"].get("max-graceful-termination-sec", _AUTOSCALER_DEFAULT))
        for pod in (*servers(recording), *proxies(recording)):
            if given < _grace(pod):
                broken.append(f"{pod.name}: a removed node gives {given} s of its {_grace(pod)} s of grace")
    for job in (each.resource for each in jobs(recording)):
        deadline = job.inputs["spec"]["activeDeadlineSeconds"]
        if _pulumi_waits(job, "create") <= deadline:
            broken.append(f"{job.name}: Pulumi gives up before the Job's deadline of {deadline} s")
    return broken


def _ingress(ingress: Recorded, *, silence: int, answer: int) -> list[str]:
    """A load balancer lets a connection be silent as long as the gateway does, and one that leaves a pod of the gateway
    lets its answers end."""
    annotations = ingress.inputs["metadata"]["annotations"]
    waits: dict[str, tuple[int, int]] = {}  # what it gives, what is needed
    if any(key.startswith(_ALB) for key in annotations):
        needed = {"idle_timeout.timeout_seconds": silence, "deregistration_delay.timeout_seconds": answer}
        for attribute, (annotation, default, limit) in _ALB_ATTRIBUTES.items():
            found = re.search(rf"{attribute}=(\d+)", annotations.get(_ALB + annotation, ""))
            waits[attribute] = (int(found[1]) if found else default, min(needed[attribute], limit))
    if ingress.inputs["spec"]["ingressClassName"].startswith("nginx") or any(k.startswith(_NGINX) for k in annotations):
        for name in ("proxy-read-timeout", "proxy-send-timeout"):
            waits[name] = (int(annotations.get(_NGINX + name, _NGINX_DEFAULT)), silence)
    return [
        f"{ingress.name}: {name} is {given} s, an answer may take {needed} s"
        for name, (given, needed) in waits.items()
        if given < needed
    ]


def idle_of(ingress: Recorded) -> int:
    """Seconds for which the load balancer keeps an idle connection to a pod."""
    annotations = ingress.inputs["metadata"]["annotations"]
    found = re.search(r"idle_timeout.timeout_seconds=(\d+)", annotations.get(f"{_ALB}load-balancer-attributes", ""))
    return int(found[1]) if found else _NGINX_IDLE


def _keep_alive(server: Pod) -> list[str]:
    """Its own default may be shorter than the time for which the gateway keeps an idle connection."""
    variable = ENGINES[server.containers[0]["name"]].keep_alive_env
    if variable is None or variable in server.environment:
        return []
    return [f"{server.name}: {variable} isn't set, so its own default holds"]


def _stop(server: Pod, answer: int) -> list[str]:
    """A pod that ends first sleeps, while load balancers stop sending, and then finishes its requests."""
    sleep = server.containers[0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = int(server.argument("--shutdown-timeout") or server.environment.get("GRACEFUL_TERMINATION_TIMEOUT", 0))
    broken = []
    if sleep <= 0:
        broken.append(f"{server.name}: no preStop sleep: load balancers still send while it stops")
    if _grace(server) < sleep + drain:
        broken.append(f"{server.name}: {_grace(server)} s of grace for a sleep of {sleep} s and a drain of {drain} s")
    if sleep + drain < answer:
        broken.append(f"{server.name}: sleep {sleep} s and drain {drain} s cut answers off that may take {answer} s")
    return broken


def _start(planned: Planned, server: Pod) -> list[str]:
    model = planned.plan.models[server.name]
    parts = {name: part.mid for name, part in model.cold_start.parts.items()}
    loading = 1.5 * (parts["weights"] + parts["engine"])
    probe = server.containers[0]["startupProbe"]
    broken = []
    if (probed := probe["periodSeconds"] * probe["failureThreshold"]) < loading:
        broken.append(f"{server.name}: startup probe gives {probed} s, loading may take {loading:.0f} s")
    if "exec" in probe and probe.get("timeoutSeconds", 1) < loading:
        broken.append(
            f"{server.name}: one startup probe gives {probe.get('timeoutSeconds', 1)} s, and it loads the model"
        )
    deadlines: Mapping[str, int] = {
        "the progress deadline": server.resource.inputs["spec"].get("progressDeadlineSeconds", 600),
        "Pulumi on create": _pulumi_waits(server.resource, "create"),
        "Pulumi on update": _pulumi_waits(server.resource, "update"),
    }
    needed = sum(parts.values()) + (_grace(server) if _after_old_pod(server, model.replicas.max) else 0)
    for who, waits in deadlines.items():
        if waits < needed:
            broken.append(
                f"{server.name}: {who} waits {waits} s, an old pod's end and a cold start take {needed:.0f} s"
            )
    return broken


def _after_old_pod(server: Pod, replicas: int) -> bool:
    """The old pod stops first, or Kubernetes starts the second new pod while the first old one still ends."""
    return not server.resource.inputs["spec"]["strategy"]["rollingUpdate"]["maxSurge"] or replicas > 1


def _grace(server: Pod) -> int:
    return server.spec.get("terminationGracePeriodSeconds", 30)


def _pulumi_waits(resource: Recorded, what: str) -> int:
    return seconds(resource.options.get("custom_timeouts", {}).get(what, _PULUMI_DEFAULT))
