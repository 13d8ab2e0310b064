"""From where the stack is reached: addresses of models, the cluster's API, security groups, and pods."""

from collections.abc import Iterator, Mapping
from typing import Any

from components.gateway_proxy import GATEWAY
from infra.diff.access.peers import peers
from infra.registry import reach_of, types_of
from infra.sides.statements import Statements, say_of_each
from infra.sides.types import Resource, Side

_INGRESS, _SERVICE = "kubernetes:networking.k8s.io/v1:Ingress", "kubernetes:core/v1:Service"
_RELEASE = "kubernetes:helm.sh/v3:Release"
# Annotations of ingress controllers that say who gets in, by a part of their names.
_GUARDS = ("cidr", "waf", "auth", "source-range", "whitelist", "allowlist", "denylist", "security-group", "ssl-policy")
_OUTSIDE = ("LoadBalancer", "NodePort")


def exposure(side: Side) -> Statements:
    found = peers(side, "Ingress", "from every pod of the cluster")
    say_of_each(found, side, _of)
    say_of_each(found, side, lambda each: types_of(each["type"]).exposure(each))
    return found


def _of(each: Resource) -> Iterator[tuple[str, str]]:
    inputs = each["inputs"]
    if each["type"] == _INGRESS:
        yield from _ingress(inputs)
    elif each["type"] == _SERVICE and inputs["spec"].get("type") in _OUTSIDE:
        sources = ", ".join(inputs["spec"].get("loadBalancerSourceRanges", [])) or "anywhere"
        yield f"Service {inputs['metadata']['name']}", f"{inputs['spec']['type']}, from {sources}"
    elif each["type"] == _RELEASE:
        yield from ((f"chart {inputs['chart']}", text) for text in _chart(inputs.get("values", {}), ""))


def _ingress(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    annotations, spec = inputs["metadata"].get("annotations", {}), inputs["spec"]
    reach = reach_of(annotations)
    where = f"from {reach.where}" if reach else f"by the ingress class {spec.get('ingressClassName', 'of the cluster')}"
    guards = [f"{key.partition('/')[2]}: {value}" for key, value in annotations.items() if _guards(key)]
    if not spec.get("tls") and not any("certificate" in key for key in annotations):
        guards.append("in plain HTTP: keys, prompts and answers aren't encrypted")
    for rule in spec.get("rules", []):
        for path in rule.get("http", {}).get("paths", []):
            thing = f"{rule.get('host', 'any host')}{path.get('path', '')}"
            yield from ((thing, statement) for statement in (where, *_paths(path), *guards))


def _paths(path: Mapping[str, Any]) -> Iterator[str]:
    """The gateway's Ingress leads every path to it, and the gateway answers 404 where it has none."""
    if path.get("backend", {}).get("service", {}).get("name") == GATEWAY:
        yield "only the paths of the gateway answer, and nothing else of an engine, such as /metrics and /docs"


def _guards(annotation: str) -> bool:
    return any(part in annotation for part in _GUARDS)


def _chart(values: Any, path: str) -> Iterator[str]:
    """Services and ingresses that a chart's values open."""
    for key, value in values.items() if isinstance(values, Mapping) else ():
        here = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping):
            if key == "ingress" and value.get("enabled") is True:
                yield f"{here}.enabled"
            yield from _chart(value, here)
        elif key == "type" and value in _OUTSIDE:
            yield f"{here}: {value}"
