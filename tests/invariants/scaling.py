"""Rule 6: what KEDA queries exists and is one number, and a missing answer has a meaning."""

import json
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from components.gateway_proxy import GATEWAY, LABELS
from infra.catalog.metrics import Exporter
from infra.engines import ENGINES
from infra.offline import Planned
from infra.recording import Recorded, Recording
from tests.invariants.reading import CONFIG_MAP, POD_MONITOR, SCALED_OBJECT, SERVICE, SERVICE_MONITOR, Pod, servers

_HELD = re.compile(
    r"sum\((?P<most>\d+) - envoy_cluster_circuit_breakers_default_remaining_retries"
    r'\{namespace="(?P<namespace>[^"]*)",envoy_cluster_name=~"model_(?P<model>[^"]*)\(_\.\+\)\?"\}\)'
)
_PODS = r'\{namespace="(?P<namespace>[^"]*)",envoy_cluster_name="pods_(?P<model>[^"]*)"\}'
_ASKED = re.compile(
    rf"sum\(envoy_cluster_upstream_rq_active{_PODS}\)"
    r" \+ \(sum\(increase\(envoy_cluster_upstream_rq_total\{[^}]*\}\[2m\]\)\) > bool 0\)"
)
_CRON = re.compile(r"[1-5]?\d (1?\d|2[0-3]) \* \* (\*|[0-6](-[0-6])?(,[0-6](-[0-6])?)*)")
_NO_PODS = " or vector(0)"  # what no pod measures is 0 where there may be none
_SUM = re.compile(r"(?:sum|count)\((?P<metric>[a-z_:]+)\{(?P<labels>[^}]*)\}\)")
# What has one element where each sum has one: requests, requests that keep replicas, percent.
_ONE_ELEMENT = re.compile(r"SUM|SUM \+ SUM|clamp_max\(SUM \+ SUM, \d+ \* scalar\(SUM\)\)|100 \* SUM")


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
        by_gateway = [bool(_HELD.fullmatch(each) or _ASKED.fullmatch(each)) for each in _asked_by(scaler)]
        if not all(by_gateway):
            broken += _scraped(recording, pods[target].template["metadata"]["labels"], target)
        if any(by_gateway):
            broken += _scraped(recording, LABELS, GATEWAY)
        engine = planned.plan.models[target].engine
        broken += _hours(scaler)
        for trigger in _queries(scaler):
            broken += _trigger(planned, scaler, trigger["metadata"], pods[target], engine)
    return broken


def _bounds(scaler: Recorded, target: Pod) -> list[str]:
    """A metric of the pods can't start the first pod: one stays, or the gateway says what it holds. The Deployment
    leaves the number to KEDA."""
    spec, broken = scaler.inputs["spec"], []
    if spec.get("minReplicaCount", 0) < 1 and not any(map(_HELD.fullmatch, _asked_by(scaler))):
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
    if found := _HELD.fullmatch(query) or _ASKED.fullmatch(query):
        return [*broken, *_of_the_gateway(planned, scaler, found, target)]
    if scaler.inputs["spec"].get("minReplicaCount", 0) < 1:
        if not query.endswith(_NO_PODS):
            broken.append(f"{scaler.name}: `{query}` is an error while there is no pod")
        query = query.removesuffix(_NO_PODS)
    known = ENGINES[engine].exported
    if known is None:
        return [*broken, f"{scaler.name}: nobody has looked at the metrics of {engine}"]
    if known.version != planned.plan.models[target.name].engine_version:
        broken.append(f"{scaler.name}: nobody has looked at the metrics of this {engine}")
    if not _ONE_ELEMENT.fullmatch(_SUM.sub("SUM", query)):
        broken.append(f"{scaler.name}: `{query}` isn't one element")
    for found in _SUM.finditer(query):
        broken += _of_the_engine(scaler, found, target, engine, known)
    return broken


def _of_the_engine(scaler: Recorded, found: re.Match[str], target: Pod, engine: str, known: Exporter) -> list[str]:
    """The pinned version has the metric and its labels, which are those of this model."""
    broken: list[str] = []
    metric = known.metrics.get(found["metric"])
    if metric is None or metric.kind != "gauge":
        return [f"{scaler.name}: {engine} has no metric {found['metric']}"]
    labels = dict(re.findall(r'(\w+)="([^"]*)"', found["labels"]))
    has = metric.series[metric.name]
    broken += [f"{scaler.name}: {engine}'s metrics have no label {name}" for name in labels.keys() - has]
    namespace = target.resource.inputs["metadata"]["namespace"]
    wanted = {"namespace": namespace, "service": target.name, "model_name": target.argument("--served-model-name")}
    broken += [
        f"{scaler.name}: {name} is {wanted[name]}, the query says {value}"
        for name, value in labels.items()
        if name in wanted and wanted[name] != value
    ]
    if not labels.keys() & {"service", "model_name"} or "namespace" not in labels:
        broken.append(f"{scaler.name}: `{found[0]}` counts other models' requests too")
    return broken


def _asked_by(scaler: Recorded) -> list[str]:
    return [trigger["metadata"]["query"] for trigger in _queries(scaler)]


def _queries(scaler: Recorded) -> list[Any]:
    return [trigger for trigger in scaler.inputs["spec"]["triggers"] if trigger["type"] not in ("cron", "cpu")]


def _windows(scaler: Recorded) -> list[Any]:
    return [trigger["metadata"] for trigger in scaler.inputs["spec"]["triggers"] if trigger["type"] == "cron"]


def _hours(scaler: Recorded) -> list[str]:
    """KEDA refuses a window that ends as it begins; what is no time of day never comes."""
    broken, most = [], scaler.inputs["spec"]["maxReplicaCount"]
    for window in _windows(scaler):
        broken += [
            f"{scaler.name}: `{window[at]}` is no time" for at in ("start", "end") if not _CRON.fullmatch(window[at])
        ]
        if window["start"] == window["end"]:
            broken.append(f"{scaler.name}: a window ends as it begins")
        if window["timezone"] not in available_timezones():
            broken.append(f"{scaler.name}: no time zone {window['timezone']}")
        if not scaler.inputs["spec"].get("minReplicaCount", 0) < int(window["desiredReplicas"]) <= most:
            broken.append(f"{scaler.name}: a window of {window['desiredReplicas']} replicas changes nothing")
    return broken


def _of_the_gateway(planned: Planned, scaler: Recorded, found: re.Match[str], target: Pod) -> list[str]:
    """Envoy counts what the query reads, for this model, and holds the number that it is subtracted from."""
    namespace = target.resource.inputs["metadata"]["namespace"]
    broken = [
        f"{scaler.name}: {name} is {wanted}, the query says {found[name]}"
        for name, wanted in {"namespace": namespace, "model": target.name}.items()
        if found[name] != wanted
    ]
    made = {each["name"]: each for each in _clusters(planned)}.get(f"model:{target.name}", {})
    limits = made.get("circuit_breakers", {}).get("thresholds", [{}])[0]
    if not limits.get("track_remaining"):
        broken.append(f"{scaler.name}: Envoy doesn't count what it holds for {target.name}")
    if "most" in found.groupdict() and int(found["most"]) != limits.get("max_retries"):
        broken.append(f"{scaler.name}: Envoy holds {limits.get('max_retries')}, the query says {found['most']}")
    return broken


def _clusters(planned: Planned) -> list[dict[str, Any]]:
    """As the gateway's ConfigMaps have them."""
    texts = [text for each in planned.recording.of(CONFIG_MAP) for text in each.inputs.get("data", {}).values()]
    found = [json.loads(text) for text in texts if text.startswith('{"resources"')]
    return [one for each in found for one in each["resources"] if "circuit_breakers" in one]


def _scraped(recording: Recording, pods: Mapping[str, str], who: str) -> list[str]:
    """A PodMonitor selects the pods, or a ServiceMonitor a Service that does, so that the metric is there at all."""
    if any(m.inputs["spec"]["selector"]["matchLabels"].items() <= pods.items() for m in recording.of(POD_MONITOR)):
        return []
    services = [s for s in recording.of(SERVICE) if s.inputs["spec"]["selector"].items() <= pods.items()]
    for monitor in recording.of(SERVICE_MONITOR):
        wanted = monitor.inputs["spec"]["selector"]["matchLabels"].items()
        ports = {endpoint["port"] for endpoint in monitor.inputs["spec"]["endpoints"]}
        for service in services:
            if wanted <= service.inputs["metadata"]["labels"].items() and ports <= {
                p["name"] for p in service.inputs["spec"]["ports"]
            }:
                return []
    return [f"{who}: no monitor scrapes it"]
