"""Helm's records of its releases: a Secret for each revision, in the release's namespace."""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.live.cluster import ReachedCluster

TYPE = "kubernetes:helm.sh/v3:Release"


@dataclass(frozen=True)
class Release:
    """A release's last revision. `record` names its Secret."""

    name: str
    namespace: str
    status: str  # deployed, failed, pending-install, pending-upgrade, ...
    since: str
    first_deployed: str
    chart: str
    version: str
    values: Mapping[str, Any]
    record: str

    def stuck(self, *, held: bool) -> bool:
        """Whether Helm refuses to go on. Over a failed release it upgrades, which is for those that the state holds."""
        return self.status not in (("deployed", "failed") if held else ("deployed",))


def find_release(cluster: ReachedCluster, name: str, namespace: str) -> Release | None:
    """None if Helm knows no release of that name in the namespace."""
    return next(reversed(revisions(cluster, name, namespace)), None)


def revisions(cluster: ReachedCluster, name: str, namespace: str) -> list[Release]:
    """Each as its record says it, the oldest first."""
    records = cluster.list("secrets", "-n", namespace, "-l", f"owner=helm,name={name}")
    records.sort(key=lambda each: int(each["metadata"]["labels"]["version"]))
    return [_release(each, name, namespace) for each in records]


def mark_failed(cluster: ReachedCluster, record: str, namespace: str) -> None:
    """Over a failed revision Helm upgrades."""
    secret = cluster.get("secret", record, namespace)
    if secret is None:
        return
    content = _unpacked(secret["data"]["release"])
    content["info"]["status"] = "failed"
    patch = {"metadata": {"labels": {"status": "failed"}}, "data": {"release": _packed(content)}}
    with TemporaryDirectory() as folder:  # a record may be longer than an argument can be
        path = Path(folder) / "patch.json"
        path.write_text(json.dumps(patch), encoding="utf-8")
        cluster.run("patch", "secret", record, "-n", namespace, "--type=merge", "--patch-file", str(path))


def _unpacked(text: str) -> dict[str, Any]:
    return json.loads(gzip.decompress(base64.b64decode(base64.b64decode(text))))


def _packed(content: Mapping[str, Any]) -> str:
    return base64.b64encode(base64.b64encode(gzip.compress(json.dumps(content).encode()))).decode()


def _release(record: Mapping[str, Any], name: str, namespace: str) -> Release:
    content = _unpacked(record["data"]["release"])
    chart = content["chart"]["metadata"]
    return Release(
        name=name,
        namespace=namespace,
        status=content["info"]["status"],
        since=content["info"]["last_deployed"],
        first_deployed=content["info"]["first_deployed"],
        chart=chart["name"],
        version=chart["version"],
        values=content.get("config") or {},
        record=record["metadata"]["name"],
    )
