"""More or fewer replicas never recreate the pods that run: their template depends on no number of replicas."""

from typing import Any

import pytest

from tests.example_stacks import plan_text, text

DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def template(stack: str, model: str, replicas: str, *, was: str) -> Any:
    edited = text(stack)
    assert edited.count(was) == 1
    recording = plan_text(stack, edited.replace(was, replicas)).recording
    return next(
        each.inputs["spec"]["template"] for each in recording.of(DEPLOYMENT) if each.inputs["metadata"]["name"] == model
    )


@pytest.mark.parametrize(
    ("stack", "model", "was", "changed"),
    [
        ("many", "llama-8b", "replicas: {min: 2, max: 5}", ["{min: 1, max: 5}", "{min: 3, max: 5}", "2"]),
        ("shared", "qwen3-8b", "replicas: {min: 1, max: 4}", ["{min: 2, max: 4}", "{min: 4, max: 4}", "1"]),
        ("patient", "qwen3-8b", "replicas: {min: 1, max: 2}", ["{min: 2, max: 2}", "1", "3"]),
    ],
)  # fmt: skip
def test_a_number_of_replicas_changes_no_template(stack: str, model: str, was: str, changed: list[str]) -> None:
    now = template(stack, model, was, was=was)
    for replicas in changed:
        assert template(stack, model, f"replicas: {replicas}", was=was) == now, replicas
