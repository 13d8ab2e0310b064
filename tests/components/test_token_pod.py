"""The pod that counts tokens: who reaches it, what it reaches, and where its password is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from components.token_limits import LABELS, TokenLimits, TokenPod
from infra.recording import SECRET, Recording
from tests.components.examples import GATEWAY, run

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
POD = TokenPod(
    image="docker.io/envoyproxy/ratelimit:f2fb1577",
    environment={"GRPC_PORT": "8081"},
    password_variable="REDIS_AUTH",
    port=8081,
    folder="/data/tokens",
    memory_mib=128,
    store_image="docker.io/valkey/valkey:8.1.10-alpine",
    store_command=("valkey-server", "/etc/store/store.conf", "--port", "0"),
    store_folder="/etc/store",
    store_memory_mib=64,
    shared_folder="/run/store",
    cpu=0.05,
)


def token_limits(*, limits: str = "{}", pod: TokenPod = POD) -> Recording:
    return run(
        lambda opts: TokenLimits(
            "token-limits", namespace="llm", texts={"limits.yaml": limits}, pod=pod, callers=GATEWAY, opts=opts
        )
    )


def _template(recording: Recording) -> Mapping[str, Any]:
    (deployment,) = recording.of(DEPLOYMENT)
    return deployment.inputs["spec"]["template"]


def test_only_the_gateway_reaches_it_and_it_reaches_nothing() -> None:
    (policy,) = token_limits().of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    spec = policy.inputs["spec"]
    assert spec["podSelector"] == {"matchLabels": LABELS}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["ingress"] == [
        {"from": [{"podSelector": {"matchLabels": GATEWAY}}], "ports": [{"protocol": "TCP", "port": 8081}]}
    ]
    assert spec["egress"] == []


def test_its_store_has_no_port() -> None:
    service, store = _template(token_limits())["spec"]["containers"]
    assert [each["containerPort"] for each in service["ports"]] == [8081]
    assert "ports" not in store
    for each in (service, store):
        assert {"name": "shared", "mountPath": "/run/store"} in each["volumeMounts"]


def test_the_password_is_random_and_only_in_the_secret() -> None:
    recording = token_limits()
    (secret,) = recording.of("kubernetes:core/v1:Secret")
    assert secret.inputs["stringData"] == {"password": SECRET, "store.conf": SECRET}
    (made,) = recording.of("random:index/randomPassword:RandomPassword")
    assert made.inputs["length"] >= 43
    spec = _template(recording)["spec"]
    assert spec["containers"][0]["env"][-1] == {
        "name": "REDIS_AUTH",
        "valueFrom": {"secretKeyRef": {"name": "gateway-tokens", "key": "password"}},
    }
    (password,) = [each["secret"] for each in spec["volumes"] if "secret" in each]
    assert password == {"secretName": "gateway-tokens", "items": [{"key": "store.conf", "path": "store.conf"}]}


def test_another_limit_restarts_nothing() -> None:
    assert _template(token_limits(limits="a")) == _template(token_limits(limits="b"))
    assert _template(token_limits()) != _template(token_limits(pod=replace(POD, store_command=("valkey-server",))))


def test_one_pod_counts_and_keeps_no_node_from_being_drained() -> None:
    recording = token_limits()
    (deployment,) = recording.of(DEPLOYMENT)
    assert deployment.inputs["spec"]["replicas"] == 1
    assert recording.of("kubernetes:policy/v1:PodDisruptionBudget") == []
    annotations = _template(recording)["metadata"]["annotations"]
    assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "true"
