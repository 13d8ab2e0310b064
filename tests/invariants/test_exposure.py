"""Rules 7 to 9 find readable secrets, pods with too many permissions, and paths that shouldn't be reachable."""

import pytest

from tests.invariants.breaking import ABSENT, Break, caught

BREAKS = [
    Break("7 secrets", "prod", "Secret llama-8b-api-key", "inputs stringData api-key", "sesame", "is a credential in"),
    Break(
        "7 secrets",
        "prod",
        "Deployment llama-8b-deployment",
        "container env 0",
        {"name": "HF_TOKEN", "value": "k"},
        "HF_TOKEN is a credential",
    ),
    Break(
        "7 secrets",
        "prod",
        "Deployment llama-8b-deployment",
        "container env 0",
        {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "huggingface-token", "key": "token"}}},
        "a server sees the hub's token",
    ),
    Break(
        "7 secrets",
        "prod",
        "Deployment llama-8b-deployment",
        "pod volumes 0",
        {"name": "home", "secret": {"secretName": "huggingface-token"}},
        "a server sees the hub's token",
    ),
    Break(
        "7 secrets",
        "prod",
        "Release addons-prometheus",
        "inputs values grafana adminPassword",
        "admin",
        "adminPassword",
    ),
    Break(
        "7 secrets", "prod", "Deployment llama-8b-deployment", "container args 0", "--api-key=k", "shows a credential"
    ),
    Break("7 secrets", "prod", "Job llama-8b-prefetch-job", "container image", "hf_abcdefghijklmnop", "in plain text"),
    Break(
        "7 secrets",
        "prod",
        "Deployment llama-8b-deployment",
        "container volumeMounts",
        [],
        "the cache isn't mounted read-only",
    ),
    Break(
        "7 secrets",
        "spot-per-zone",
        "Deployment qwen3-8b-deployment",
        "pod initContainers 0 volumeMounts 0 subPath",
        "hf",
        "the cache isn't mounted read-only",
    ),
    Break("7 secrets", "maintained", "Deployment qwen-7b-deployment", "container env", [], "HF_HUB_OFFLINE isn't 1"),
    Break(
        "7 secrets",
        "prod",
        "NetworkPolicy helper-policy",
        "inputs spec egress",
        [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}],
        "helper: may send to port any",
    ),
    Break(
        "7 secrets",
        "local",
        "NetworkPolicy llama-1b-policy",
        "inputs spec podSelector matchLabels",
        {"app": "other"},
        "no NetworkPolicy keeps it from the internet",
    ),
    Break("8 pod security", "prod", "Deployment llama-8b-deployment", "pod securityContext", {}, "may run as root"),
    Break(
        "8 pod security",
        "prod",
        "Deployment llama-8b-deployment",
        "pod securityContext seccompProfile",
        ABSENT,
        "no seccomp profile",
    ),
    Break(
        "8 pod security", "prod", "Job helper-prefetch-job", "pod automountServiceAccountToken", ABSENT, "token that it"
    ),
    Break("8 pod security", "prod", "Deployment llama-8b-deployment", "pod hostNetwork", True, "hostNetwork is on"),
    Break(
        "8 pod security",
        "prod",
        "Deployment llama-8b-deployment",
        "pod volumes 0",
        {"name": "home", "hostPath": {"path": "/"}},
        "of the node",
    ),
    Break(
        "8 pod security",
        "prod",
        "Deployment llama-8b-deployment",
        "container securityContext capabilities",
        ABSENT,
        "keeps capabilities",
    ),
    Break(
        "8 pod security",
        "prod",
        "Deployment llama-8b-deployment",
        "container securityContext privileged",
        True,
        "may gain privileges",
    ),
    Break(
        "8 pod security",
        "prod",
        "Deployment llama-8b-deployment",
        "container resources limits memory",
        ABSENT,
        "no limits.memory",
    ),
    Break(
        "8 pod security",
        "prod",
        "Deployment llama-8b-deployment",
        "container image",
        "registry:5000/vllm",
        "isn't pinned",
    ),
    Break(
        "8 pod security",
        "local",
        "Deployment llama-1b-deployment",
        "container image",
        "ollama/ollama:latest",
        "isn't pinned",
    ),
    Break("8 pod security", "prod", "Release addons-keda", "inputs version", ABSENT, "the chart has no version"),
    Break(
        "8 pod security",
        "prod",
        "Deployment gateway-proxy-deployment",
        "container securityContext readOnlyRootFilesystem",
        ABSENT,
        "gateway/envoy: writes to its own image",
    ),
    Break(
        "9 paths",
        "prod",
        "Ingress gateway-ingress",
        "inputs spec rules 0 http paths 0 backend service name",
        "llama-8b-pods",
        "llama-8b-pods isn't the gateway",
    ),
    Break(
        "9 paths",
        "prod",
        "Service gateway-proxy-service",
        "inputs spec selector",
        {"app.kubernetes.io/name": "llama-8b"},
        "gateway isn't the gateway",
    ),
    Break("9 paths", "prod", "Ingress gateway-ingress", "inputs spec rules 0 host", ABSENT, "every host"),
    Break(
        "9 paths",
        "prod",
        "Ingress gateway-ingress",
        "inputs spec defaultBackend",
        {"service": {}},
        "a default backend",
    ),
    Break(
        "9 paths",
        "guide",
        "Ingress gateway-ingress",
        "inputs metadata annotations nginx.ingress.kubernetes.io/rewrite-target",
        "/",
        "goes round the gateway",
    ),
    Break("9 paths", "prod", "Service llama-8b-service", "inputs spec type", "LoadBalancer", "opens every path"),
    Break(
        "9 paths", "direct", "Service gateway-outside-service", "inputs spec ports 0 targetPort", "http", "opens every"
    ),
    Break(
        "9 paths",
        "open",
        "NetworkPolicy qwen3-8b-policy",
        "inputs spec ingress 0 from",
        [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
        "qwen3-8b: lets in {'ipBlock'",
    ),
    Break(
        "9 paths",
        "open",
        "NetworkPolicy qwen3-8b-policy",
        "inputs spec ingress 0 from",
        [{"namespaceSelector": {"matchLabels": {"llm-platform/client": "true"}}}],
        "beside the gateway",
    ),
    Break(
        "9 paths",
        "prod",
        "NetworkPolicy helper-policy",
        "inputs spec podSelector matchLabels",
        {"app": "other"},
        "helper: no NetworkPolicy keeps others from it",
    ),
]


@pytest.mark.parametrize("each", BREAKS, ids=str)
def test_a_broken_recording_is_caught(each: Break) -> None:
    caught(each)
