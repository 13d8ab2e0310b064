"""Rule 6: one thing at most says how many pods a Deployment has, and it can measure what it scales by; what says how
large they are goes by something else."""

from typing import Any

from infra.offline import Planned
from infra.recording import Recorded
from tests.invariants.reading import DEPLOYMENT, POD_SCALER, SCALED_OBJECT, VERTICAL, quantity

_LONGEST_WINDOW = 3600  # seconds: the API server refuses more


def each_deployment_has_one_scaler(planned: Planned) -> list[str]:
    recording, broken = planned.recording, list[str]()
    made = {each.inputs["metadata"]["name"]: each for each in recording.of(DEPLOYMENT)}
    scaled = [each.inputs["spec"]["scaleTargetRef"]["name"] for each in _scalers(planned)]
    broken += [f"{name}: two scalers" for name in sorted(set(scaled)) if scaled.count(name) > 1]
    for scaler in recording.of(POD_SCALER):
        target = made.get(scaler.inputs["spec"]["scaleTargetRef"]["name"])
        broken += [f"{scaler.name}: {each}" for each in _of_pods(scaler, target)]
    for vertical in recording.of(VERTICAL):
        target = made.get(vertical.inputs["spec"]["targetRef"]["name"])
        broken += [f"{vertical.name}: {each}" for each in _of_size(vertical, target, _scaled_by(planned))]
    uses = [each.name for each in (*recording.of(POD_SCALER), *recording.of(VERTICAL))]
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


def _scaled_by(planned: Planned) -> set[tuple[str, str]]:
    """The name of each Deployment, with the resources by which its number scales."""
    found: set[tuple[str, str]] = set()
    for scaler in planned.recording.of(POD_SCALER):
        spec = scaler.inputs["spec"]
        found |= {(spec["scaleTargetRef"]["name"], each["resource"]["name"]) for each in spec["metrics"]}
    for scaler in planned.recording.of(SCALED_OBJECT):
        spec = scaler.inputs["spec"]
        found |= {(spec["scaleTargetRef"]["name"], each["type"]) for each in spec["triggers"]}
    return found


def _of_size(vertical: Recorded, target: Recorded | None, scaled: set[tuple[str, str]]) -> list[str]:
    if target is None:
        return ["sizes what nothing makes"]
    spec, broken = vertical.inputs["spec"], list[str]()
    name, mode = spec["targetRef"]["name"], spec["updatePolicy"]["updateMode"]
    (container,) = target.inputs["spec"]["template"]["spec"]["containers"]
    for policy in spec["resourcePolicy"]["containerPolicies"]:
        if policy["containerName"] != container["name"]:
            broken.append(f"no container {policy['containerName']}")
        both = [each for each in policy["controlledResources"] if (name, each) in scaled and mode != "Off"]
        broken += [f"number and size of {name}'s pods both go by {each}" for each in both]
        for each in policy["controlledResources"]:
            asked = quantity(container["resources"]["requests"][each])
            if not quantity(policy["minAllowed"][each]) <= asked <= quantity(policy["maxAllowed"][each]):
                broken.append(f"what {name} asks for of {each} is outside the bounds")
    return broken
