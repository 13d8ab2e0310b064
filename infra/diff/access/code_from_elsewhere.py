"""Whose code runs, in which version: images, charts, add-ons, machine images, and code of a model's repository."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.registry import clouds
from infra.sides.properties import leaves
from infra.sides.statements import Statements, say, say_of_each, words, workloads
from infra.sides.types import Resource, Side

_RELEASE = "kubernetes:helm.sh/v3:Release"
_IMAGE = re.compile(r"(?i)(^|\.)(\w*image|repository|tag|digest|registry)$")
_TRUST = "--trust-remote-code"


def code_from_elsewhere(side: Side) -> Statements:
    found: Statements = {}
    for workload in workloads(side):
        for container in workload.containers:
            repository, version = _image(container["image"])
            say(found, f"image {repository}", version)
            if any(each == _TRUST or each.startswith(f"{_TRUST}=") for each in words(container)):
                say(found, "code of a model's own repository", f"runs in pods of {workload.name}")
    say_of_each(found, side, _of)
    return found


def _image(image: str) -> tuple[str, str]:
    """A registry may have a port: the tag is after the last `/`."""
    name, at, digest = image.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, ""
    return repository, f"{tag or ('' if digest else 'latest')}{at}{digest}"


def _of(each: Resource) -> Iterator[tuple[str, str]]:
    if each["type"] == _RELEASE:
        yield from _chart(each["inputs"])
    for cloud in clouds():  # also of kinds of Kubernetes that a cloud alone has
        yield from cloud.types.code(each)


def _is_on(part: Any) -> bool:
    """Whether a part of a chart, which brings more images, is asked for."""
    return isinstance(part, Mapping) and part.get("enabled") is True


def _chart(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    repository = (inputs.get("repositoryOpts") or {}).get("repo")
    thing = f"chart {repository.rstrip('/')}/{inputs['chart']}" if repository else f"chart {inputs['chart']}"
    yield thing, str(inputs.get("version") or "the newest")
    values = inputs.get("values") or {}
    yield from ((thing, f"with its {part}") for part, said in values.items() if _is_on(said))
    for path, value in leaves(values).items():
        if _IMAGE.search(path) and isinstance(value, str) and value:
            yield thing, f"{path}: {value}"
