"""Kubernetes' objects as an API server gives them, at a moment of a platform's life."""

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 27, 10, 53, tzinfo=UTC)
NAMESPACE = "llm"


def ago(minutes: float) -> str:
    return f"{NOW - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def labels(of: str, component: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": of, "app.kubernetes.io/component": component}


def deployment(name: str, wanted: int, ready: int, *conditions: dict[str, Any]) -> dict[str, Any]:
    there = condition("Available", "True" if ready else "False", "MinimumReplicasAvailable", "", 120)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "creationTimestamp": ago(600)},
        "spec": {"replicas": wanted},
        "status": {
            "observedGeneration": 1,
            **({"readyReplicas": ready} if ready else {}),
            "conditions": [there, *conditions],
        },
    }


def condition(type_: str, status: str, reason: str = "", message: str = "", minutes: float = 11) -> dict[str, Any]:
    found = {"type": type_, "status": status, "lastTransitionTime": ago(minutes)}
    return found | {key: value for key, value in (("reason", reason), ("message", message)) if value}


def pod(
    of: str,
    *containers: dict[str, Any],
    component: str = "model-server",
    node: str | None = "gpu-1",
    minutes: float = 11,
    name: str = "",
    claim: str | None = "model-cache",
    says: str = "",
    **status: Any,
) -> dict[str, Any]:
    """`node` None: it waits for one, and the scheduler `says` why."""
    scheduled = condition("PodScheduled", "True", minutes=minutes)
    if node is None:
        scheduled = condition("PodScheduled", "False", "Unschedulable", says, minutes)
    ready = "True" if containers and all(each.get("ready") for each in containers) else "False"
    volumes = [{"name": "models", "persistentVolumeClaim": {"claimName": claim}}] if claim else []
    spec: dict[str, Any] = {"containers": [{"name": "server", "image": "example.com/server:1"}], "volumes": volumes}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name or f"{of}-5c6d7e8f9-klmno",
            "namespace": NAMESPACE,
            "labels": labels(of, component),
            "creationTimestamp": ago(minutes),
        },
        "spec": spec | ({"nodeName": node} if node else {}),
        "status": {
            "phase": "Running" if containers and node else "Pending",
            "conditions": [scheduled, condition("Ready", ready, minutes=minutes)],
            "containerStatuses": list(containers),
            **status,
        },
    }


def container(ready: bool = False, restarts: int = 0, **parts: Any) -> dict[str, Any]:
    """`started`, `state` and `lastState` as Kubernetes has them; without a state it runs."""
    return {
        "name": "server",
        "image": "example.com/server:1",
        "imageID": "",
        "ready": ready,
        "started": parts.pop("started", ready),
        "restartCount": restarts,
        "state": parts.pop("state", {"running": {"startedAt": ago(10)}}),
        **parts,
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason} | ({"message": message} if message else {})}


def ended(code: int, message: str = "", reason: str = "Error") -> dict[str, Any]:
    found = {"exitCode": code, "reason": reason, "startedAt": ago(3), "finishedAt": ago(2)}
    return {"terminated": found | ({"message": message} if message else {})}


def crashing(message: str = "", *, code: int = 1, reason: str = "Error", restarts: int = 4) -> dict[str, Any]:
    said = "back-off 1m20s restarting failed container=server pod=x_llm(0)"
    return container(restarts=restarts, state=waiting("CrashLoopBackOff", said), lastState=ended(code, message, reason))


def event(
    about: dict[str, Any], reason: str, message: str, source: str = "kubelet", minutes: float = 1, number: int = 0
) -> dict[str, Any]:
    """As the old library writes them; the scheduler's and Karpenter's name the reporting component alone."""
    metadata = about["metadata"]
    modern = source in ("default-scheduler", "karpenter")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name']}.{reason.lower()}{number}",
            "namespace": metadata.get("namespace") or "default",
            "creationTimestamp": ago(minutes + 5),
        },
        "involvedObject": {
            "kind": about["kind"],
            "name": metadata["name"],
            "namespace": metadata.get("namespace") or "default",
        },
        "reason": reason,
        "message": message,
        "type": "Warning",
        "source": {} if modern else {"component": source},
        "reportingComponent": source,
        "reportingInstance": source,
        "firstTimestamp": None if modern else ago(minutes + 5),
        "lastTimestamp": None if modern else ago(minutes),
        "eventTime": f"{ago(minutes)[:-1]}.000000Z" if modern else None,
        **({"action": "Scheduling"} if modern else {}),
    }


def job(of: str, *conditions: dict[str, Any], active: int = 0) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{of}-prefetch",
            "namespace": NAMESPACE,
            "labels": labels(of, "prefetch"),
            "creationTimestamp": ago(30),
        },
        "spec": {},
        "status": {"conditions": list(conditions), **({"active": active} if active else {})},
    }


def claim(phase: str, name: str = "model-cache") -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE, "creationTimestamp": ago(60)}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "status": {"phase": phase}}


def node(name: str, labels: dict[str, str], *, gpus: int = 4, ready: bool = True, **taints: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "creationTimestamp": ago(600)},
        "spec": {"taints": [{"key": key, "value": value, "effect": "NoSchedule"} for key, value in taints.items()]},
        "status": {
            "conditions": [condition("Ready", "True" if ready else "Unknown")],
            "allocatable": {"cpu": "47810m", **({"nvidia.com/gpu": str(gpus)} if gpus else {})},
        },
    }


def scaled_object(of: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": of, "namespace": NAMESPACE, "creationTimestamp": ago(60)},
        "spec": {"scaleTargetRef": {"name": of}},
        "status": {"conditions": list(conditions)},
    }


def autoscaler(of: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": f"keda-hpa-{of}", "namespace": NAMESPACE, "creationTimestamp": ago(60)},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": of}},
        "status": {"conditions": list(conditions)},
    }


def autoscaler_status(group: str, code: str, message: str) -> dict[str, Any]:
    """The ConfigMap of the cluster autoscaler, with one group that it doesn't try now."""
    text = f"""\
time: 2026-11-27 10:52:51.123456789 +0000 UTC
autoscalerStatus: Running
clusterWide:
  health:
    status: Healthy
  scaleUp:
    status: InProgress
nodeGroups:
- name: eks-t4-9cc9e5d5
  health:
    status: Healthy
  scaleUp:
    status: NoActivity
- name: {group}
  health:
    status: Healthy
    cloudProviderTarget: 0
    minSize: 0
    maxSize: 3
  scaleUp:
    status: Backoff
    backoffInfo:
      errorCode: {code}
      errorMessage: "{message}"
    lastProbeTime: "2026-11-27T10:52:51Z"
    lastTransitionTime: "2026-11-27T10:42:10Z"
"""
    metadata = {"name": "cluster-autoscaler-status", "namespace": "kube-system", "creationTimestamp": ago(600)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"status": text}}
