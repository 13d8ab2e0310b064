"""The example's Pulumi program, as an application team would run it against this platform's own outputs."""

import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from infra.plan.labels import CLIENT_LABEL
from infra.recording import SECRET, UNKNOWN, Recording, record
from tests.example_stacks import planned
from tests.kubernetes_schema import check, objects

CHAT = Path(__file__).parents[2] / "examples" / "chat"
PLATFORM = "acme/llm-platform/prod"
CONFIG = {"platform": PLATFORM, "model": "llama-8b", "context": "prod", "image": "registry.example.com/chat:1.0.0"}


def chat(stack: str = "prod", *, said: Mapping[str, Any] = {}, preview: bool = False, **changes: str) -> Recording:
    """The program with what that stack of the platform exports, except for `said`."""

    def program() -> None:
        runpy.run_path(str(CHAT))  # as Pulumi runs it, its folder first on the path

    return record(
        program,
        stack="prod",
        config={f"chat:{key}": value for key, value in {**CONFIG, **changes}.items()},
        stacks={PLATFORM: {**planned(stack).recording.outputs, **said}},
        preview=preview,
    )


def pod(recording: Recording) -> dict[str, Any]:
    (deployment,) = recording.of("kubernetes:apps/v1:Deployment")
    return deployment.inputs["spec"]["template"]["spec"]


def environment(recording: Recording) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in pod(recording)["containers"][0]["env"]}


@pytest.mark.parametrize("version", ["1.33", "1.36"])
def test_every_object_is_valid_and_in_the_namespace_that_may_call_models(version: str) -> None:
    recording = chat()
    kinds = {made.inputs["kind"] for made in objects(recording)}
    assert kinds == {"Namespace", "Secret", "Deployment", "Service"}
    for made in objects(recording):
        check(made.inputs, version)
    (namespace,) = recording.of("kubernetes:core/v1:Namespace")
    assert namespace.inputs["metadata"]["labels"][CLIENT_LABEL] == "true"
    for made in objects(recording):
        assert made is namespace or made.inputs["metadata"]["namespace"] == namespace.inputs["metadata"]["name"]


def test_the_service_gets_what_the_platform_promises() -> None:
    promised = planned("prod").recording.outputs["models"]["llama-8b"]
    recording = chat()
    variables = environment(recording)
    assert variables["OPENAI_BASE_URL"] == promised["base_url_in_cluster"]
    assert variables["MODEL"] == promised["model"]
    assert variables["TIMEOUT_SECONDS"] == str(promised["timeout_seconds"])
    assert pod(recording)["terminationGracePeriodSeconds"] > promised["timeout_seconds"]


@pytest.mark.parametrize("preview", [False, True])
def test_the_key_is_a_copy_that_stays_secret(preview: bool) -> None:
    recording = chat(preview=preview)
    (secret,) = recording.of("kubernetes:core/v1:Secret")
    assert secret.inputs["stringData"] == {"api-key": SECRET}
    assert "name" not in secret.inputs["metadata"]  # so another key creates another Secret, and a rollout
    if not preview:
        reference = environment(recording)["OPENAI_API_KEY"]["secretKeyRef"]
        assert reference == {"name": "${chat-api-key.metadata.name}", "key": "api-key"}
    assert recording.outputs["open"].startswith("kubectl")


def test_the_copy_is_of_the_platforms_key() -> None:
    recording = chat(said={"api_key": UNKNOWN}, preview=True)
    (secret,) = recording.of("kubernetes:core/v1:Secret")
    assert secret.inputs["stringData"] == SECRET  # all of it: a key from elsewhere would be known


def test_a_pod_passes_pod_security_restricted() -> None:
    spec = pod(chat())
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert container["readinessProbe"]["httpGet"]["path"] == container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert f"USER {spec['securityContext']['runAsUser']}:" in (CHAT / "Dockerfile").read_text(encoding="utf-8")


def test_a_model_without_a_key_works_too() -> None:
    recording = chat("local", model="llama-1b")
    assert environment(recording)["OPENAI_BASE_URL"].startswith("http://llama-1b.")


@pytest.mark.parametrize("image", ["chat", "chat:latest", "localhost:5000/chat"])
def test_an_image_that_may_be_another_tomorrow_is_refused(image: str) -> None:
    with pytest.raises(pulumi.RunError, match="write a tag or a digest"):
        chat(image=image)


def test_an_image_by_digest_behind_a_port_is_pinned() -> None:
    image = "localhost:5000/chat@sha256:" + "0" * 64
    assert pod(chat(image=image))["containers"][0]["image"] == image


def test_the_stack_file_says_what_the_program_asks_for() -> None:
    text = (CHAT / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    assert {key for key in CONFIG if f"chat:{key}:" in text} == CONFIG.keys()
