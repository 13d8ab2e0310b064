"""Rule 6: what KEDA queries exists and is one number, and a missing answer has a meaning."""

import re

from infra.engines import ENGINES
from infra.offline import Planned
from infra.recording import Recorded, Recording
from tests.invariants.reading import SCALED_OBJECT, SERVICE, SERVICE_MONITOR, Pod, servers

_QUERY = re.compile(r"sum\((?P<metric>[a-z_:]+)\{(?P<labels>[^}]*)\}\)")


def queries_scale_on_what_exists(planned: Planned) -> list[str]:
    recording = planned.recording
    pods = {server.name: server for server in servers(recording)}
    broken = []
    for scaler in recording.of(SCALED_OBJECT):
        target = scaler.inputs["spec"]["scaleTargetRef"]["name"]
        if target not in pods:
            broken.append(f"{scaler.name}: scales {target}, which nothing makes")
            continue
        broken += _bounds(scaler, pods[target])
        broken += _scraped(recording, pods[target])
        engine = planned.plan.models[target].engine
        for trigger in scaler.inputs["spec"]["triggers"]:
            broken += _trigger(planned, scaler, trigger["metadata"], pods[target], engine)
    return broken


def _bounds(scaler: Recorded, target: Pod) -> list[str]:
    """A metric of the pods can't start the first pod, so one stays; the Deployment leaves the number to KEDA."""
    spec, broken = scaler.inputs["spec"], []
    if spec.get("minReplicaCount", 0) < 1:
        broken.append(f"{scaler.name}: minReplicaCount is {spec.get('minReplicaCount', 'not set, so 0')}")
    if "idleReplicaCount" in spec:
        broken.append(f"{scaler.name}: idleReplicaCount takes the last replica away")
    fallback = spec.get("fallback", {}).get("replicas")
    if fallback is None:
        broken.append(f"{scaler.name}: no fallback says how many replicas run without an answer")
    elif not spec.get("minReplicaCount", 0) <= fallback <= spec["maxReplicaCount"]:
        broken.append(f"{scaler.name}: falls back to {fallback} replicas, outside its own bounds")
    if not spec["triggers"]:
        broken.append(f"{scaler.name}: nothing scales it")
    replicas, ignored = target.resource.inputs["spec"]["replicas"], target.resource.options.get("ignore_changes", [])
    if replicas and "spec.replicas" not in ignored:
        broken.append(f"{target.name}: the next `up` would take back what KEDA scaled")
    return broken


def _trigger(planned: Planned, scaler: Recorded, metadata: dict[str, str], target: Pod, engine: str) -> list[str]:
    query, broken = metadata["query"], []
    if metadata.get("ignoreNullValues") != "false":
        broken.append(f"{scaler.name}: an empty answer reads as 0, and nobody hears of it")
    if float(metadata["threshold"]) <= 0:
        broken.append(f"{scaler.name}: threshold {metadata['threshold']}")
    if planned.plan.monitoring is None or metadata["serverAddress"] != planned.plan.monitoring.url:
        broken.append(f"{scaler.name}: asks {metadata['serverAddress']}, where no Prometheus is")
    known, found = ENGINES[engine].gauges, _QUERY.fullmatch(query)
    if known is None:
        return [*broken, f"{scaler.name}: nobody has looked at the metrics of {engine}"]
    if known.version != planned.plan.models[target.name].engine_version:
        broken.append(f"{scaler.name}: nobody has looked at the metrics of this {engine}")
    if found is None:
        return [*broken, f"{scaler.name}: `{query}` isn't one sum"]
    if found["metric"] not in known.names:
        broken.append(f"{scaler.name}: {engine} has no metric {found['metric']}")
    labels = dict(re.findall(r'(\w+)="([^"]*)"', found["labels"]))
    broken += [f"{scaler.name}: {engine}'s metrics have no label {name}" for name in labels.keys() - known.labels]
    namespace = target.resource.inputs["metadata"]["namespace"]
    wanted = {"namespace": namespace, "service": target.name, "model_name": target.argument("--served-model-name")}
    broken += [
        f"{scaler.name}: {name} is {wanted[name]}, the query says {value}"
        for name, value in labels.items()
        if name in wanted and wanted[name] != value
    ]
    if not labels.keys() & {"service", "model_name"} or "namespace" not in labels:
        broken.append(f"{scaler.name}: `{query}` counts other models' requests too")
    return broken


def _scraped(recording: Recording, target: Pod) -> list[str]:
    """A ServiceMonitor selects a Service that selects the pods, so that the metric is there at all."""
    services = [
        s
        for s in recording.of(SERVICE)
        if s.inputs["spec"]["selector"].items() <= target.template["metadata"]["labels"].items()
    ]
    for monitor in recording.of(SERVICE_MONITOR):
        wanted = monitor.inputs["spec"]["selector"]["matchLabels"].items()
        ports = {endpoint["port"] for endpoint in monitor.inputs["spec"]["endpoints"]}
        for service in services:
            if wanted <= service.inputs["metadata"]["labels"].items() and ports <= {
                p["name"] for p in service.inputs["spec"]["ports"]
            }:
                return []
    return [f"{target.name}: no ServiceMonitor scrapes it"]
