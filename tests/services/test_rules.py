"""The rules of tests/invariants apply to the pods of a service too, except the rules about models."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from infra.recording import Recording
from tests.invariants import RULES
from tests.services.test_added_service import with_service

Edit = Callable[[dict[str, Any]], object]  # of a pod
BAD: dict[str, tuple[str, Edit, str]] = {
    "root": ("8 pod security", lambda pod: pod["securityContext"].update(runAsUser=0), "search: may run as root"),
    "no resources": ("8 pod security", lambda pod: pod["containers"][0].pop("resources"), "search/search: no limits"),
    "latest": ("8 pod security", lambda pod: pod["containers"][0].update(image="qdrant:latest"), "isn't pinned"),
    "a token": ("8 pod security", lambda pod: pod.pop("automountServiceAccountToken"), "service-account token"),
    "a key": (
        "7 secrets",
        lambda pod: pod["containers"][0].update(env=[{"name": "API_KEY", "value": "sesame"}]),
        "search: variable API_KEY is a credential in plain text",
    ),
    "every toleration": (
        "1 tolerations",
        lambda pod: pod.update(tolerations=[{"operator": "Exists"}]),
        "search: tolerates every taint",
    ),
    "no such node": (
        "2 scale from zero",
        lambda pod: pod.update(nodeSelector={"disk": "fast"}),
        "search: no pool takes it",
    ),
}


@pytest.fixture(scope="module")
def whole() -> Any:
    return with_service()


@pytest.mark.parametrize("rule", RULES)
def test_a_good_service_keeps_every_rule(whole: Any, rule: str) -> None:
    assert RULES[rule](whole) == []


@pytest.mark.parametrize(("rule", "edit", "says"), BAD.values(), ids=BAD)
def test_a_bad_pod_of_a_service_is_found(whole: Any, rule: str, edit: Edit, says: str) -> None:
    resources = []
    for made in whole.recording.resources:
        if made.name == "search-deployment":
            inputs = deepcopy(made.inputs)
            edit(inputs["spec"]["template"]["spec"])
            made = replace(made, inputs=inputs)
        resources.append(made)
    broken = RULES[rule](replace(whole, recording=Recording(resources, whole.recording.outputs)))
    assert [each for each in broken if says in each] != [], broken
