"""Rule 7: nothing leaves the network that the stack file doesn't name, by NetworkPolicies and by Envoy's own files."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from infra.offline import Planned
from infra.recording import Recording
from tests.invariants.reading import CONFIG_MAP, NETWORK_POLICY, Pod, proxies, walk

_HERE = (".svc.cluster.local",)
_LOOPBACK = "127.0.0.1"


def nothing_leaves_unnamed(planned: Planned) -> list[str]:
    named = dict(_named(planned))
    broken = [f"Envoy knows {host}:{port}" for host, port in _addresses(planned.recording) if named.get(host) != port]
    for pod in proxies(planned.recording):
        broken += [f"{pod.name}: {each}" for each in _ways_out(pod, planned.recording, set(named.values()))]
    return broken


def _named(planned: Planned) -> Iterator[tuple[str, int]]:
    """Host and port of each `external` of the stack file."""
    for each in planned.plan.settings.external.values():
        url = urlsplit(each.base_url)
        yield url.hostname or "", url.port or 443


def _addresses(recording: Recording) -> Iterator[tuple[str, int]]:
    """Outside the cluster, in all that Envoy reads."""
    for config in recording.of(CONFIG_MAP):
        for text in config.inputs["data"].values():
            found = dict(walk(json.loads(text))) if text.startswith("{") else {}
            for path, value in found.items():
                if path.endswith("socket_address.address") and _is_elsewhere(path, value):
                    yield value, found[f"{path.removesuffix('address')}port_value"]


def _is_elsewhere(path: str, host: str) -> bool:
    listens = path.startswith("static_resources.listeners")
    return not listens and host != _LOOPBACK and not host.endswith(_HERE)


def _ways_out(pod: Pod, recording: Recording, ports: set[int]) -> Iterator[str]:
    labels = pod.template["metadata"]["labels"].items()
    specs = [each.inputs["spec"] for each in recording.of(NETWORK_POLICY)]
    mine = [
        each
        for each in specs
        if each["podSelector"]["matchLabels"].items() <= labels and "Egress" in each["policyTypes"]
    ]
    if not mine:
        yield "no NetworkPolicy keeps it from the internet"
    for rule in (rule for each in mine for rule in each["egress"]):
        to = {port.get("port") for port in rule.get("ports", [{}])}
        if to != {53} and not to <= ports and not _to_models(rule):
            yield f"may send to {rule.get('to', 'anywhere')} at {sorted(map(str, to))}"
        for peer in rule.get("to", []):
            if "0.0.0.0/0" in f"{peer}" and "169.254.0.0/16" not in f"{peer}":
                yield "may read the credentials of its node"


def _to_models(rule: Mapping[str, Any]) -> bool:
    return all(
        list(peer) == ["podSelector"] and peer["podSelector"].get("matchLabels") for peer in rule.get("to", [{}])
    )
