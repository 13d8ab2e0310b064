"""Envoy's files as ConfigMaps, each of which holds 1 MiB at most."""

from collections.abc import Iterator, Mapping
from string import ascii_lowercase

from infra.plan.gateway import TrafficPlan
from infra.plan.notes import Finding, Violation
from infra.plan.rules import Rule
from infra.services.gateway.envoy.bootstrap import LISTENERS
from infra.services.gateway.envoy.files import BOOTSTRAP, files
from infra.services.gateway.envoy.listeners import file_of
from infra.services.gateway.envoy.permissions import permissions
from infra.services.gateway.envoy.place import in_pod

# The pods mount all of them, whether they are there or not: a file more changes no pod.
PARTS = tuple(f"files-{letter}" for letter in ascii_lowercase)
_HOLDS = 1000 * 1024  # bytes of a part: its names and labels count too


def in_parts(texts: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """Each file in the first part with room, so that a stack has one part as a rule. What has room nowhere is in the
    last one, which the cluster then refuses: `check_room` says so before."""
    parts: dict[str, dict[str, str]] = {}
    for name, text in sorted(texts.items()):
        room = (part for part in PARTS if _size(parts.get(part, {})) + _size({name: text}) <= _HOLDS)
        parts.setdefault(next(room, PARTS[-1]), {})[name] = text
    return parts


def check_room(traffic: TrafficPlan, namespace: str) -> Iterator[Finding]:
    """The files that the cluster will be sent, byte for byte."""
    texts = dict(files(traffic, in_pod(namespace)))
    del texts[BOOTSTRAP]
    large = {name: _size({name: text}) for name, text in texts.items() if _size({name: text}) > _HOLDS}
    for name, size in large.items():
        yield _refused(*_what(traffic, name), f"its file {name} has {size:,} bytes", f"a ConfigMap holds {_HOLDS:,}")
    if not large and any(_size(part) > _HOLDS for part in in_parts(texts).values()):
        had = f"its files have {_size(texts):,} bytes"
        yield _refused(*_lists(traffic), had, f"{len(PARTS)} ConfigMaps hold {_HOLDS:,} each")


def _what(traffic: TrafficPlan, name: str) -> tuple[str, str]:
    """The path of what makes this file large, and what to do about it."""
    for each in permissions(traffic):
        if file_of(each.name) == name:
            path = f"gateway.clients.{each.clients[0].name}.models"
            return path, f"name fewer than its {len(each.models)} models, or serve a part of them from another stack"
    if name == LISTENERS and len(traffic.permissions) > 1:
        return _lists(traffic)
    return "models", f"there are {len(traffic.upstreams)} models: serve a part of them from another stack"


def _lists(traffic: TrafficPlan) -> tuple[str, str]:
    sets = len(traffic.permissions)
    return "gateway.clients", f"give more clients the same `models`, or all: there are {sets} different lists"


def _refused(path: str, fix: str, got: str, allowed: str) -> Violation:
    return Violation(Rule.GATEWAY_FILES, path, f"the gateway has no room: {got}, and {allowed}", fix)


def _size(texts: Mapping[str, str]) -> int:
    return sum(len(name) + len(text.encode()) for name, text in texts.items())
