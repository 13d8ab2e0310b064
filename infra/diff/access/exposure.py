"""From where the stack is reached: addresses of models, the cluster's API, security groups, and pods."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.access.peers import peers
from infra.diff.access.security_groups import security_groups
from infra.sides.statements import Statements, say, say_of_each
from infra.sides.types import Resource, Side

_INGRESS, _SERVICE = "kubernetes:networking.k8s.io/v1:Ingress", "kubernetes:core/v1:Service"
_CLUSTER, _SUBNET = "aws:eks/cluster:Cluster", "aws:ec2/subnet:Subnet"
_RELEASE = "kubernetes:helm.sh/v3:Release"
_SCHEMES = {"internet-facing": "from the internet", "internal": "from inside the VPC"}
# Annotations of ingress controllers that say who gets in, by a part of their names.
_GUARDS = ("cidr", "waf", "auth", "source-range", "whitelist", "allowlist", "denylist", "security-group", "ssl-policy")
_OUTSIDE = ("LoadBalancer", "NodePort")


def exposure(side: Side) -> Statements:
    found = peers(side, "Ingress", "from every pod of the cluster")
    for thing, rules in security_groups(side, "ingress").items():
        say(found, thing, *rules)
    say_of_each(found, side, _of)
    return found


def _of(each: Resource) -> Iterator[tuple[str, str]]:
    inputs = each["inputs"]
    if each["type"] == _INGRESS:
        yield from _ingress(inputs)
    elif each["type"] == _SERVICE and inputs["spec"].get("type") in _OUTSIDE:
        sources = ", ".join(inputs["spec"].get("loadBalancerSourceRanges", [])) or "anywhere"
        yield f"Service {inputs['metadata']['name']}", f"{inputs['spec']['type']}, from {sources}"
    elif each["type"] == _CLUSTER:
        yield from (("the cluster's API", statement) for statement in _api(inputs.get("vpcConfig", {})))
    elif each["type"] == _SUBNET and inputs.get("mapPublicIpOnLaunch") in (True, "true"):
        yield f"nodes in {each['name']}", "have public addresses"
    elif each["type"] == _RELEASE:
        yield from ((f"chart {inputs['chart']}", text) for text in _chart(inputs.get("values", {}), ""))


def _ingress(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    annotations, spec = inputs["metadata"].get("annotations", {}), inputs["spec"]
    scheme = next((value for key, value in annotations.items() if key.endswith("/scheme")), None)
    where = _SCHEMES.get(scheme or "", f"by the ingress class {spec.get('ingressClassName', 'of the cluster')}")
    guards = [f"{key.partition('/')[2]}: {value}" for key, value in annotations.items() if _guards(key)]
    for rule in spec.get("rules", []):
        for path in rule.get("http", {}).get("paths", []):
            thing = f"{rule.get('host', 'any host')}{path.get('path', '')}"
            yield from ((thing, statement) for statement in (where, *guards))


def _guards(annotation: str) -> bool:
    return any(part in annotation for part in _GUARDS)


def _api(vpc: Mapping[str, Any]) -> list[str]:
    if vpc.get("endpointPublicAccess") in (False, "false"):
        return ["from inside the VPC"]
    return [f"from {cidr}" for cidr in vpc.get("publicAccessCidrs") or ["anywhere"]]


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
