"""KEDA's login to a Prometheus: an object that KEDA accepts, and triggers that refer to it."""

from typing import Any

import pytest

from components.aws.signed_requests import pod_identity, trigger_metadata
from components.model_scaler import ModelScaler
from components.prometheus_login import PrometheusLogin
from infra.engines import ENGINES
from infra.recording import Recording
from tests.components.examples import run
from tests.kubernetes_schema import check

AUTHENTICATION = "kubernetes:keda.sh/v1alpha1:TriggerAuthentication"
SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
ROLE = "arn:aws:iam::123456789012:role/prometheus"


def login(**arguments: Any) -> dict[str, Any]:
    arguments = {"namespace": "llm", "secret": None, "keys": {}, **arguments}
    recording: Recording = run(lambda opts: PrometheusLogin("prometheus-login", opts=opts, **arguments))
    (made,) = recording.of(AUTHENTICATION)
    check(made.inputs, "1.35")
    assert made.inputs["metadata"] == {"name": "prometheus-login", "namespace": "llm"}
    return made.inputs["spec"]


@pytest.mark.parametrize(
    ("keys", "parameters"),
    [({"bearerToken": "token"}, ["bearerToken"]), ({"username": "user", "password": "pass"}, ["username", "password"])],
)
def test_a_secret_is_referred_to_and_never_read(keys: dict[str, str], parameters: list[str]) -> None:
    references = login(secret="grafana", keys=keys)["secretTargetRef"]
    assert [each["parameter"] for each in references] == parameters
    assert [each["key"] for each in references] == list(keys.values())
    assert {each["name"] for each in references} == {"grafana"}


def test_the_certificate_of_a_ca_is_one_more_reference_that_keda_accepts() -> None:
    """KEDA's parameter is `ca`, in any Secret."""
    references = login(secret="grafana", keys={"bearerToken": "token"}, ca=("internal-ca", "ca.crt"))["secretTargetRef"]
    assert references[-1] == {"parameter": "ca", "name": "internal-ca", "key": "ca.crt"}
    assert [each["parameter"] for each in references] == ["bearerToken", "ca"]


def test_a_ca_alone_comes_with_a_header_that_is_no_secret() -> None:
    """KEDA has a mode for each login and none for a CA; its parameters may come from a ConfigMap."""
    arguments: dict[str, Any] = {"namespace": "llm", "secret": None, "keys": {}, "ca": ("ca", "ca.crt")}
    recording = run(lambda opts: PrometheusLogin("prometheus-login", header=("X-A", "b"), opts=opts, **arguments))
    (made,) = recording.of(AUTHENTICATION)
    (config,) = recording.of("kubernetes:core/v1:ConfigMap")
    check(made.inputs, "1.35")
    spec = made.inputs["spec"]
    assert spec["secretTargetRef"] == [{"parameter": "ca", "name": "ca", "key": "ca.crt"}]
    from_config = {each["parameter"]: config.inputs["data"][each["key"]] for each in spec["configMapTargetRef"]}
    assert from_config == {"customAuthHeader": "X-A", "customAuthValue": "b"}
    assert {each["name"] for each in spec["configMapTargetRef"]} == {config.inputs["metadata"]["name"]}


@pytest.mark.parametrize(("role", "more"), [(None, {}), (ROLE, {"roleArn": ROLE})])
def test_signed_requests_are_the_operators_own_or_those_of_a_role(role: str | None, more: dict[str, str]) -> None:
    assert login(pod_identity=pod_identity(role)) == {"podIdentity": {"provider": "aws"} | more}


@pytest.mark.parametrize(
    ("given", "metadata"),
    [
        ({"authModes": "bearer"}, {"authModes": "bearer"}),
        ({"authModes": "basic"}, {"authModes": "basic"}),
        ({"authModes": "custom"}, {"authModes": "custom"}),
        (trigger_metadata("eu-west-1"), {"awsRegion": "eu-west-1"}),  # KEDA signs only where no other mode is named
        (None, {}),
    ],
)
def test_every_trigger_logs_in(given: dict[str, str] | None, metadata: dict[str, str]) -> None:
    arguments: dict[str, Any] = {
        "namespace": "llm",
        "target": "chat",
        "queries": ENGINES["vllm"].queries("llm", "chat"),
        "thresholds": {"waiting": 5, "running": 16},
        "min_replicas": 1,
        "max_replicas": 2,
        "fallback_replicas": 1,
        "polling_seconds": 15,
        "cooldown_seconds": 300,
        "prometheus_url": "https://prometheus.example.com",
        "login": given,
    }
    (made,) = run(lambda opts: ModelScaler("chat-scaler", opts=opts, **arguments)).of(SCALED_OBJECT)
    check(made.inputs, "1.35")
    triggers = made.inputs["spec"]["triggers"]
    assert len(triggers) == 2
    for trigger in triggers:
        auth = {key: trigger["metadata"].get(key) for key in ("authModes", "awsRegion") if key in trigger["metadata"]}
        assert auth == metadata
        assert trigger.get("authenticationRef") == ({"name": "prometheus-login"} if given else None)
