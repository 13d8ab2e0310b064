"""Rule 6: one thing at most says how many pods a Deployment has, and it can measure what it scales by."""

from typing import Any

from infra.offline import Planned
from infra.recording import Recorded
from tests.invariants.reading import DEPLOYMENT, POD_SCALER, SCALED_OBJECT, quantity

_LONGEST_WINDOW = 3600  # seconds: the API server refuses more


def each_deployment_has_one_scaler(planned: Planned) -> list[str]:
    recording, broken = planned.recording, list[str]()
    made = {each.inputs["metadata"]["name"]: each for each in recording.of(DEPLOYMENT)}
    scaled = [each.inputs["spec"]["scaleTargetRef"]["name"] for each in _scalers(planned)]
    broken += [f"{name}: two scalers" for name in sorted(set(scaled)) if scaled.count(name) > 1]
    for scaler in recording.of(POD_SCALER):
        target = made.get(scaler.inputs["spec"]["scaleTargetRef"]["name"])
        broken += [f"{scaler.name}: {each}" for each in _of_pods(scaler, target)]
    uses = [each.name for each in recording.of(POD_SCALER)]
    uses += [each.name for each in recording.of(SCALED_OBJECT) if _by_cpu(each)]
    if uses and planned.plan.addons["metricsServer"].state == "disabled":
        broken.append(f"{', '.join(uses)}: nothing measures CPU and memory")
    return broken


def _scalers(planned: Planned) -> list[Recorded]:
    return [*planned.recording.of(SCALED_OBJECT), *planned.recording.of(POD_SCALER)]


def _by_cpu(scaler: Recorded) -> list[Any]:
    return [each for each in scaler.inputs["spec"]["triggers"] if each["type"] == "cpu"]


def _of_pods(scaler: Recorded, target: Recorded | None) -> list[str]:
    if target is None:
        return ["scales what nothing makes"]
    spec, broken = scaler.inputs["spec"], list[str]()
    if not 1 <= spec["minReplicas"] < spec["maxReplicas"]:
        broken.append(f"from {spec['minReplicas']} to {spec['maxReplicas']} replicas")
    if target.inputs["spec"]["replicas"] and "spec.replicas" not in target.options.get("ignore_changes", []):
        broken.append("the next `up` would take back what it scaled")
    if spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] > _LONGEST_WINDOW:
        broken.append("keeps a pod for longer than Kubernetes allows")
    (container,) = target.inputs["spec"]["template"]["spec"]["containers"]
    limits = container["resources"].get("limits", {})
    for metric in spec["metrics"]:
        resource, value = metric["resource"]["name"], quantity(metric["resource"]["target"]["averageValue"])
        if resource in limits and value >= quantity(limits[resource]):
            broken.append(f"its pods end before they use so much {resource}")
    return broken or ([] if spec["metrics"] else ["nothing scales it"])
