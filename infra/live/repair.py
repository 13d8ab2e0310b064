"""What an `up` that was cut off left: in the cluster or in AWS, and not in the state."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from infra.live.check import VOLUME, lost_claim
from infra.live.cluster import Cluster
from infra.live.commands import pulumi
from infra.live.releases import TYPE as RELEASE
from infra.live.releases import Release, find_release
from infra.live.state import Held, State
from infra.recording import Recording

# Names that AWS has from us, as the provider imports them; anything else is known to AWS alone.
_AWS_IDS = {
    "aws:eks/cluster:Cluster": "{name}",
    "aws:eks/nodeGroup:NodeGroup": "{clusterName}:{nodeGroupName}",
    "aws:eks/addon:Addon": "{clusterName}:{addonName}",
}
_MANAGER = "pulumi-kubernetes"  # of the fields of an object that a Pulumi program created


@dataclass(frozen=True)
class Left:
    """One thing that was found, and what becomes of it; `id` as the provider imports it, or the Secret of a release."""

    held: Held
    found: str
    becomes: Literal["imported", "forgotten", "released", "unbound", "yours"]
    id: str = ""

    @property
    def cut_off(self) -> bool:
        """Whether the state has it as a creation without an end."""
        return not self.held.id


def find_left(recording: Recording, state: State, cluster: Cluster | None) -> list[Left]:
    """Only what is provably this stack's is touched: `up` refuses to start beside an object of somebody else."""
    left = [_left(held, cluster) for held in state.cut_off]
    if cluster is not None:
        left += _unfinished(recording, state, cluster)
        left += [
            Left(held, "its claim is gone, and it waits for it", "unbound", held.name)
            for held in state.of(VOLUME)
            if lost_claim(cluster, held.name)
        ]
    return left


def _left(held: Held, cluster: Cluster | None) -> Left:
    if held.type in _AWS_IDS:
        name = _AWS_IDS[held.type].format(**held.inputs)
        return Left(held, f"{name}, if AWS has it", "imported", name)
    if held.type.startswith("random:"):
        return Left(held, "a value that nothing has seen", "forgotten")
    if not held.type.startswith("kubernetes:"):
        return Left(held, "AWS may have made it, under a name that only AWS knows", "yours")
    if cluster is None:
        return Left(held, "there is no cluster that could hold it", "forgotten")
    return _release(held, cluster) if held.type == RELEASE else _object(held, cluster)


def _release(held: Held, cluster: Cluster) -> Left:
    found = find_release(cluster, held.name, held.namespace or "default")
    if found is None:
        return Left(held, "not there", "forgotten")
    if not same(held.inputs.get("values") or {}, found.values):
        return Left(held, f"{_what(found)}, with other values: somebody else's", "yours")
    return Left(held, _what(found), "released", found.record)


def _object(held: Held, cluster: Cluster) -> Left:
    kind = held.type.rpartition(":")[2]
    found = cluster.get(f"{kind}{_group(held.type)}", held.name, held.namespace)
    if found is None:
        return Left(held, "not there", "forgotten")
    managers = {each["manager"] for each in found["metadata"].get("managedFields") or ()}
    if not any(manager.startswith(_MANAGER) for manager in managers):
        return Left(held, "there, and no Pulumi program made it: somebody else's", "yours")
    made = found["metadata"]["creationTimestamp"]
    return Left(held, f"there since {made}", "imported", "/".join(filter(None, (held.namespace, held.name))))


def _group(type_: str) -> str:
    """`kubernetes:batch/v1:Job` as kubectl wants it after the kind: `.v1.batch`; nothing for the core."""
    group, _, version = type_.split(":")[1].rpartition("/")
    return "" if group == "core" else f".{version}.{group}"


def _unfinished(recording: Recording, state: State, cluster: Cluster) -> Iterator[Left]:
    """Releases that Helm began and didn't end, whether the state has them or, after an API server that went, not."""
    begun = {(each.name, each.namespace) for each in state.cut_off}
    for recorded in recording.of(RELEASE):
        planned = Held(recorded.urn, recorded.type, "planned", recorded.inputs)
        if (planned.name, planned.namespace) in begun:
            continue
        found = find_release(cluster, planned.name, planned.namespace or "default")
        held = state.holds(RELEASE, planned.name, planned.namespace)
        if found is not None and found.stuck(held=held) and (held or _as_planned(planned, found)):
            yield Left(planned, _what(found), "released", found.record)


def _as_planned(held: Held, found: Release) -> bool:
    version = held.inputs.get("version")
    return found.version == version and same(held.inputs.get("values") or {}, found.values)


def _what(release: Release) -> str:
    return f"{release.chart} {release.version}, {release.status} since {release.since[:16]}"


def same(planned: Any, found: Any) -> bool:
    """Whether values are those of the plan, in which `${...}` stands for what only a cloud knows."""
    if isinstance(planned, str) and "${" in planned:
        return True
    if isinstance(planned, Mapping) and isinstance(found, Mapping):
        return planned.keys() == found.keys() and all(same(planned[key], found[key]) for key in planned)
    if isinstance(planned, list | tuple) and isinstance(found, list):
        return len(planned) == len(found) and all(map(same, planned, found))
    return planned == found


def repair(stack: str, left: list[Left], cluster: Cluster | None) -> None:
    """The refresh first: it takes the stack's lock, so that no `up` runs beside this. Raises NotRead."""
    pulumi("refresh", "--stack", stack, "--yes", "--skip-preview", "--non-interactive")
    if any(each.cut_off for each in left):
        _end_creations(stack, {each.held.urn: each.id for each in left if each.becomes == "imported"})
    for each in left:
        if cluster is not None and each.becomes == "released":
            cluster.run("delete", "secret", each.id, "-n", each.held.namespace or "default")
        if cluster is not None and each.becomes == "unbound":
            patch = '[{"op": "remove", "path": "/spec/claimRef/uid"}]'
            cluster.run("patch", "persistentvolume", each.id, "--type=json", f"--patch={patch}")


def _end_creations(stack: str, imported: Mapping[str, str]) -> None:
    """In the state: `pulumi refresh --import-pending-creates` was seen to lose what it says it imports.

    The next refresh, which `up` begins with, reads each from the cluster.
    """
    whole = json.loads(pulumi("stack", "export", "--stack", stack))
    deployment = whole["deployment"]
    begun = [each for each in deployment.pop("pending_operations", None) or () if each["type"] == "creating"]
    known = {each["urn"] for each in deployment.get("resources") or ()}
    for resource in (each["resource"] for each in begun):
        if resource["urn"] in imported and resource["urn"] not in known:
            known.add(resource["urn"])
            deployment.setdefault("resources", []).append({**resource, "id": imported[resource["urn"]]})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.json"
        path.write_text(json.dumps(whole), encoding="utf-8")
        pulumi("stack", "import", "--stack", stack, "--file", str(path))
