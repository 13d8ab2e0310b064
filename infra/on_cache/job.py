"""The Job that looks at the cache, and removes what it is asked to."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.container import CLAIM, MODELS_MOUNT
from components.pods import container_security_context, security_context, variables
from infra.catalog import Catalog
from infra.engines import ENGINES
from infra.plan.plan import Plan

__all__ = ["CLAIM", "COMPONENT", "MODELS_MOUNT", "job"]

COMPONENT = "weights"  # the label of its pod
SECONDS = 1800  # that it may take; a file system over the network deletes some hundred files per second
_KEPT_SECONDS = 600  # after its end, where nobody was there to delete it
_INSIDE = Path(__file__).with_name("inside.py")


def job(
    plan: Plan, catalog: Catalog, needed: Sequence[str], node: str | None, remove: Mapping[str, float] | None
) -> dict[str, Any]:
    """By the image that downloads weights from the hub, which has Python. `remove` None: the cache is mounted to be
    read alone. `node`: the only node that can read the volume now."""
    stores = {store.folder: vars(store) for engine in ENGINES.values() for store in engine.stores}
    asked = {"root": MODELS_MOUNT, "stores": [*stores.values()], "needed": [*needed]}
    asked |= {"remove": dict(remove)} if remove is not None else {}
    labels = {"app.kubernetes.io/name": "weights", "app.kubernetes.io/component": COMPONENT}
    container = {
        "name": "weights",
        "image": catalog.fetchers["hub"].image,
        "command": ["python3", "-c", _INSIDE.read_text(encoding="utf-8"), json.dumps(asked)],
        "env": variables({"PYTHONDONTWRITEBYTECODE": "1"}),
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "64Mi"},
            "limits": {"memory": "512Mi", "ephemeral-storage": "64Mi"},
        },
        "securityContext": container_security_context(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [{"name": "models", "mountPath": MODELS_MOUNT, "readOnly": remove is None}],
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": security_context(set_group=_sets_group(plan)),
        **_where(plan, node),
        "containers": [container],
        "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": CLAIM}}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"generateName": "weights-", "namespace": plan.settings.namespace.name, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": SECONDS,
            "ttlSecondsAfterFinished": _KEPT_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _sets_group(plan: Plan) -> bool:
    return plan.cache.storage is None or not plan.cache.storage.owns_files


def _where(plan: Plan, node: str | None) -> dict[str, Any]:
    """On the node that has the volume, whatever keeps others away from it: it asks for next to nothing, for seconds."""
    if node is not None:
        return {"nodeName": node, "tolerations": [{"operator": "Exists"}]}
    only = plan.pools.get(plan.cache.only_node or "")
    if only is None:
        return {"nodeSelector": {"kubernetes.io/os": "linux"}}
    tolerations = [dict(each) for each in only.tolerations]
    return {"nodeSelector": {"kubernetes.io/os": "linux", **only.selector}, "tolerations": tolerations}
