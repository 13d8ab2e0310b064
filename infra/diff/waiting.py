"""New pods that wait for GPUs which old pods hold: `pulumi up` deletes what left the program only once it has waited
for everything that is new, so that on nodes that can't become more it waits in vain. So does a rollout whose new pod
finds no GPU beside the model's own old pods, which end only once it is ready, and a new pod that finds no node beside
pods of other models, which stay."""

from collections.abc import Mapping
from dataclasses import replace

from infra.diff.figures import deployment_of
from infra.diff.pods import Pods, Wait
from infra.diff.staying import beside_others
from infra.sides.types import Resource, ResourceChanges, Side


def waits(old: Side, new: Side, resources: ResourceChanges) -> dict[str, Wait]:
    """By model. A plan that breaks a rule of its nodes says so itself."""
    if new.plan.get("violations"):
        return {}
    lowest = Pods(old, new, resources, at_maximum=False)
    found = Pods(old, new, resources, at_maximum=True).waits() | lowest.waits()
    for name, wait in beside_others(lowest).items():
        certain = found[name] if name in found and found[name].certain else wait
        found[name] = replace(certain, beside=wait.beside)
    return found


def with_rollouts(side: Side, rollouts: Mapping[str, tuple[int, int]]) -> Side:
    """With other rollouts: maxSurge and maxUnavailable by model."""
    made = {
        deployment["urn"]: {"maxSurge": surge, "maxUnavailable": unavailable}
        for name, (surge, unavailable) in rollouts.items()
        if (deployment := deployment_of(side, name)) is not None
    }
    resources = [_rolled(each, made[each["urn"]]) if each["urn"] in made else each for each in side.resources]
    return replace(side, plan={**side.plan, "resources": resources})


def _rolled(deployment: Resource, rolling: Mapping[str, int]) -> Resource:
    inputs = deployment["inputs"]
    return {**deployment, "inputs": {**inputs, "spec": {**inputs["spec"], "strategy": {"rollingUpdate": rolling}}}}


def waits_for_itself(name: str, wait: Wait) -> bool:
    return name in wait.holders


def while_waiting(name: str, wait: Wait, during: str, instead: str | None) -> str:
    """During `pulumi up`. `instead`: a model elsewhere that answers where no pod does."""
    others = "nothing answers meanwhile" if instead is None else f"{instead} answers meanwhile, so prompts leave to it"
    vain = f"`pulumi up` waits in vain and fails; {'its old pods answer meanwhile' if wait.answers else others}"
    if wait.beside and not wait.certain:
        return (
            f"with the pods where the base's plan has them (SERVERS), no node of {wait.pool} has enough free GPUs for"
            f" its new pod beside those of {', '.join(wait.beside)}, which stay, so {vain}"
        )
    held = f"{', '.join(wait.holders)} {'holds' if len(wait.holders) == 1 else 'hold'} until the end"
    if waits_for_itself(name, wait):
        held = "its own old pods hold until it is ready"
    text = f"its new pod waits for GPUs of {wait.pool} that {held}, so {vain}"
    if wait.certain:
        return text
    return f"{during}; but where each model runs its maximum of replicas, {text}"
