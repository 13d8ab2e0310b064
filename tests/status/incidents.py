"""Recorded objects of a cluster with three incidents: no node for a replica, a rollout with an image that doesn't
exist, and a scaler whose metric is gone."""

from infra.status.findings import FirstToken, Status
from tests.status.cluster import PROD, pending, status
from tests.status.recorded import (
    autoscaler_status,
    condition,
    container,
    deployment,
    event,
    pod,
    scaled_object,
    waiting,
)

_NO_NODE = "0/5 nodes are available: 5 node(s) didn't match Pod's node affinity/selector."
_IMAGE = "docker.io/ollama/ollama:0.99"
_NOT_FOUND = f'Failed to pull image "{_IMAGE}": rpc error: code = NotFound desc = {_IMAGE}: not found'
_NO_MORE = "AWS cannot provision any more instances for this node group"
_LOST = "prometheus metrics 'prometheus' target may be lost, the result is empty"


def three_incidents() -> Status:
    new = pod("helper", container(state=waiting("ImagePullBackOff")), minutes=14)
    scaler = scaled_object("llama-8b", condition("Ready", "True"), condition("Fallback", "True", "FallbackExists"))
    return status(
        PROD,
        deployment("helper", 1, 1),
        pod("helper", container(ready=True), name="helper-6f7a8b9c0-abcde"),
        new,
        event(new, "Failed", _NOT_FOUND),
        deployment("llama-70b", 1, 0),
        pending("llama-70b", _NO_NODE, minutes=31),
        autoscaler_status("eks-l40s-1ac9b1f1", "placeholder-cannot-be-fulfilled", _NO_MORE),
        scaled_object("llama-70b", condition("Ready", "True")),
        deployment("llama-8b", 1, 1),
        scaler,
        event(scaler, "KEDAScalerFailed", _LOST, "keda-operator"),
        deployment("gateway", 2, 2),
        first_tokens={"llama-8b": FirstToken(0.71, 2.0, promised=False)},
    )
