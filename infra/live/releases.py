"""Helm's records of its releases: a Secret for each revision, in the release's namespace."""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
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
    records = cluster.list("secrets", "-n", namespace, "-l", f"owner=helm,name={name}")
    last = max(records, key=lambda each: int(each["metadata"]["labels"]["version"]), default=None)
    if last is None:
        return None
    content = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(last["data"]["release"]))))
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
        record=last["metadata"]["name"],
    )
