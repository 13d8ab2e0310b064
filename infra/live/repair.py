"""What an `up` that was cut off has left in the cluster or in the cloud, and not in the state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from infra.live.check import VOLUME, lost_claim, uninstall, wait_for
from infra.live.cluster import ReachedCluster
from infra.live.commands import change_state, pulumi
from infra.live.left import Left
from infra.live.ours import same, whose_object, whose_release
from infra.live.releases import TYPE as RELEASE
from infra.live.releases import Release, find_release, mark_failed, revisions
from infra.live.state import Held, State
from infra.plan.plan import Plan

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud
    from infra.recording import Recording


def find_left(
    plan: Plan, clouds: Sequence[Cloud], recording: Recording, state: State, cluster: ReachedCluster | None
) -> list[Left]:
    """Only what is provably this stack's is touched: `up` refuses to start beside an object of somebody else."""
    left = [_in_a_cloud(plan, clouds, held) or _left(held, cluster) for held in state.cut_off]
    if cluster is not None:
        left += _releases(recording, state, cluster)
        left += [
            Left(held, "its claim is gone, and it waits for it", "unbound", held.name)
            for held in state.of(VOLUME)
            if lost_claim(cluster, held.name)
        ]
    return left


def _in_a_cloud(plan: Plan, clouds: Sequence[Cloud], held: Held) -> Left | None:
    """Any of them: what the stack began may be in another one than it is planned for now."""
    return next((left for cloud in clouds if (left := cloud.left(plan, held))), None)


def _left(held: Held, cluster: ReachedCluster | None) -> Left:
    if held.type.startswith("random:"):
        return Left(held, "a value that nothing has seen", "forgotten")
    if not held.type.startswith("kubernetes:"):
        return Left(held, "it may be there, under a name that isn't known here", "yours")
    if cluster is None:
        return Left(held, "there is no cluster that could hold it", "forgotten")
    if held.type == RELEASE:
        found = find_release(cluster, held.name, held.namespace or "default")
        return Left(held, "not there", "forgotten") if found is None else _release(held, found, cluster, begun=True)
    return _object(held, cluster)


def _object(held: Held, cluster: ReachedCluster) -> Left:
    kind = held.type.rpartition(":")[2]
    found = cluster.get(f"{kind}{_group(held.type)}", held.name, held.namespace)
    if found is None:
        return Left(held, "not there", "forgotten")
    made = found["metadata"]["creationTimestamp"]
    if whose_object(held.inputs, found) == "theirs":
        return Left(held, f"there since {made}, and not as this stack makes it: somebody else's", "yours")
    return Left(held, f"there since {made}", "imported", "/".join(filter(None, (held.namespace, held.name))))


def _group(type_: str) -> str:
    """`kubernetes:batch/v1:Job` as kubectl wants it after the kind: `.v1.batch`; nothing for the core."""
    group, _, version = type_.split(":")[1].rpartition("/")
    return "" if group == "core" else f".{version}.{group}"


def _releases(recording: Recording, state: State, cluster: ReachedCluster) -> Iterator[Left]:
    """Objects of the plan that would stop `up`, and that no unfinished creation in the state explains."""
    begun = {(each.name, each.namespace) for each in state.cut_off}
    for recorded in recording.of(RELEASE):
        planned = Held(recorded.urn, recorded.type, "planned", recorded.inputs)
        if (planned.name, planned.namespace) in begun:
            continue
        found = find_release(cluster, planned.name, planned.namespace or "default")
        held = state.holds(RELEASE, planned.name, planned.namespace)
        if found is not None and (found.stuck(held=True) or not held):
            yield _release(planned, found, cluster, held=held)


def _release(
    planned: Held, found: Release, cluster: ReachedCluster, *, held: bool = False, begun: bool = False
) -> Left:
    version, values = planned.inputs.get("version") or "", planned.inputs.get("values") or {}
    verdict = whose_release(found, version=version, values=values, held=held, begun=begun)
    what = f"{found.chart} {found.version}, {found.status} since {found.since[:16]}"
    if verdict == "ours" and held:
        return _upgrade(planned, what, cluster)
    if verdict == "ours":
        return Left(planned, what, "released", removes=(found.record,))
    if verdict == "busy":
        return Left(planned, f"{what}: it may still be installed", "yours", advice=wait_for(found))
    advice = f"It is yours to decide: write `existing` for that add-on, or run: {uninstall(found)}"
    return Left(planned, f"{what}, not as this stack began it: somebody else's", "yours", advice=advice)


def _upgrade(planned: Held, what: str, cluster: ReachedCluster) -> Left:
    """The provider compares the plan with Helm's last record, and does nothing where they are equal. So the last one
    that stays isn't the plan's: either it is that of before the upgrade, or the upgrade was taken back in the stack
    file, and it is that of the upgrade, which changed some objects."""
    records = revisions(cluster, planned.name, planned.namespace or "default")
    deployed = next((index for index, each in reversed([*enumerate(records)]) if each.status == "deployed"), -1)
    newer = records[deployed + 1 :] if deployed >= 0 else records[-1:]
    if deployed < 0 or not _is_planned(planned, records[deployed]):
        return Left(planned, what, "upgraded", removes=tuple(each.record for each in newer))
    kept = [index for index, each in enumerate(newer) if not _is_planned(planned, each)]
    removes = tuple(each.record for each in newer[kept[-1] + 1 if kept else 0 :])
    if not kept:
        return Left(planned, what, "upgraded", removes=removes)
    return Left(planned, what, "taken back", removes=removes, fails=newer[kept[-1]].record)


def _is_planned(planned: Held, found: Release) -> bool:
    version, values = planned.inputs.get("version") or "", planned.inputs.get("values") or {}
    return found.version == version and same(values, found.values)


def repair(stack: str, left: list[Left], cluster: ReachedCluster | None) -> None:
    """The state first: writing it takes the stack's lock, so that no `up` runs beside this. Raises NotRead."""
    _end_creations(stack, {each.held.urn: each.id for each in left if each.becomes == "imported"})
    for each in left:
        if cluster is not None:
            _change_records(each, cluster)
        if cluster is not None and each.becomes == "unbound":
            patch = '[{"op": "remove", "path": "/spec/claimRef/uid"}]'
            cluster.run("patch", "persistentvolume", each.id, "--type=json", f"--patch={patch}")


def _change_records(left: Left, cluster: ReachedCluster) -> None:
    namespace = left.held.namespace or "default"
    for record in left.removes:
        cluster.run("delete", "secret", record, "-n", namespace)
    if left.fails:
        mark_failed(cluster, left.fails, namespace)


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
        change_state("stack", "import", "--stack", stack, "--file", str(path))
