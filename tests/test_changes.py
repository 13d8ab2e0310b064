"""Rule 10: what a change of the stack file does to the resources, and what it leaves alone."""

from collections.abc import Callable, Set
from io import StringIO
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.offline import Planned
from infra.plan.models import ModelPlan
from infra.recording import Recorded, Recording
from tests.conftest import STACK_NAMES
from tests.example_stacks import plan_text, planned, text
from tests.invariants.reading import walk

pytestmark = pytest.mark.searches

# What one model may change in the others' resources: the maximum of nodes of a pool, if the file sets none, and the
# published list of all models.
DERIVED = {"inputs.scalingConfig.maxSize", "inputs.data.platform.json"}
# What the gateway and the alerts know of all models: the hosts of version 1, Envoy's files, which change no pod, rules.
OF_ALL = {
    "gateway-ingress": "inputs.spec.",
    "gateway-proxy-files-a": "inputs.data.",
    "gateway-proxy-network-policy": "inputs.spec.egress",
    "alerts-rule": "inputs.spec.groups[",
    "scalers-rule": "inputs.spec.groups[scalers].",
}
# What several models share, and what is removed with the last of them that needs it.
SHARED: dict[str, Callable[[ModelPlan], bool]] = {
    "model-cache-hub-token": lambda model: model.gated,
    "scalers": lambda model: model.scaling is not None,
    "scalers-rule": lambda model: model.scaling is not None,
}
REORDERED = [*STACK_NAMES, "many", "shared"]
GROWING = ["local", "guide", "dev", "prod", "shared", "asleep"]
SHRINKING = ["guide", "prod", "patient"]


PLATFORM = "llm-platform:platform"


def document(stack: str) -> Any:
    return YAML().load(text(stack))


def changed(stack: str, change: Callable[[Any], None]) -> Planned:
    """The stack planned after a change of its `llm-platform:platform`."""
    whole, out = document(stack), StringIO()
    change(whole["config"][PLATFORM])
    YAML().dump(whole, out)
    return plan_text(stack, out.getvalue())


def reverse(section: Any) -> None:
    """Every map the other way round, at every depth."""
    for key in reversed(list(section)):
        value = section.pop(key)
        if isinstance(value, dict):
            reverse(value)
        section[key] = value


def by_urn(recording: Recording) -> dict[str, Recorded]:
    return {made.urn: made for made in recording.resources}


def differences(before: Recording, after: Recording) -> dict[str, set[str]]:
    """Paths of what differs in the resources that both have; the rest by `added` and `removed`."""
    old, new = by_urn(before), by_urn(after)
    both = old.keys() & new.keys()
    found = {urn: {path for path, _ in leaves(old[urn], both) ^ leaves(new[urn], both)} for urn in both}
    return {
        "added": new.keys() - old.keys(),
        "removed": old.keys() - new.keys(),
        **{urn: paths for urn, paths in found.items() if paths},
    }


def leaves(made: Recorded, both: Set[str]) -> set[tuple[str, str]]:
    """Paths with values; a dependency on what isn't there before and after is that resource's, not this one's."""
    options = {**made.options, "depends_on": [u for u in made.options.get("depends_on", []) if u in both]}
    return {(path, repr(leaf)) for path, leaf in walk({"inputs": made.inputs, "options": options})}


def of_others(found: dict[str, set[str]]) -> dict[str, set[str]]:
    """What a model changed of other models' resources, and of shared ones."""
    rest = {urn: paths - DERIVED for urn, paths in found.items() if urn not in ("added", "removed")}
    own = {urn: {path for path in paths if not _of_all(urn, path)} for urn, paths in rest.items()}
    return {urn: paths for urn, paths in own.items() if paths}


def _of_all(urn: str, path: str) -> bool:
    return path.startswith(OF_ALL.get(urn.rsplit("::", 1)[1], path + "."))


def not_its_own(model: str, urns: set[str], larger: Planned, smaller: Planned) -> list[str]:
    """URNs that aren't the model's, of a pool made for it, or shared by nobody else."""
    owners = {model, *(larger.plan.pools.keys() - smaller.plan.pools.keys())}
    needed = {name for name, needs in SHARED.items() if any(needs(each) for each in smaller.plan.models.values())}
    names = {urn.rsplit("::", 1)[1] for urn in urns}
    return sorted(name for name in names - (SHARED.keys() - needed) if not name.startswith(tuple(owners)))


@pytest.mark.parametrize("stack", REORDERED)
def test_reordering_every_map_changes_nothing(stack: str) -> None:
    after = changed(stack, reverse)
    assert by_urn(after.recording) == by_urn(planned(stack).recording)
    assert after.recording.outputs == planned(stack).recording.outputs


@pytest.mark.parametrize("stack", GROWING)
def test_adding_a_model_only_adds_what_is_its_own(stack: str) -> None:
    def add(platform: Any) -> None:
        """The same model once more, before the others."""
        first = dict(next(iter(platform["models"].values())))
        platform["models"].insert(0, "another", {**first, "replicas": 1, "paused": False})

    before, after = planned(stack), changed(stack, add)
    found = differences(before.recording, after.recording)
    assert found["removed"] == set()
    assert any(urn.endswith("::another-deployment") for urn in found["added"])
    assert not_its_own("another", found["added"], larger=after, smaller=before) == []
    assert of_others(found) == {}


MODELS = [(stack, model) for stack in SHRINKING for model in document(stack)["config"][PLATFORM]["models"]]


@pytest.mark.parametrize(("stack", "model"), MODELS)
def test_removing_a_model_only_removes_what_is_its_own(stack: str, model: str) -> None:
    before, after = planned(stack), changed(stack, lambda platform: platform["models"].pop(model))
    found = differences(before.recording, after.recording)
    assert found["added"] == set()
    assert any(urn.endswith(f"::{model}-deployment") for urn in found["removed"])
    assert not_its_own(model, found["removed"], larger=before, smaller=after) == []
    assert of_others(found) == {}
