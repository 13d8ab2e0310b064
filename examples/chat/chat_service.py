"""The web service on Kubernetes: a namespace that may call models, its own copy of the key, pods and a Service."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

_PORT = 8000
_USER_ID = 10001  # as in the Dockerfile
_REPLICAS = 2
_KEY = "api-key"
_PRE_STOP_SECONDS = 5  # until nothing sends requests to a pod that ends
_NAMESPACE_LABELS = {
    "llm-platform/client": "true",  # the platform's NetworkPolicies allow this label
    "pod-security.kubernetes.io/enforce": "restricted",
}


class ChatService(pulumi.ComponentResource):
    """`url` answers inside the cluster. For access from outside, add an Ingress with a log-in."""

    url: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        image: str,
        base_url: pulumi.Input[str],
        model: pulumi.Input[str],
        api_key: pulumi.Input[str],
        timeout_seconds: pulumi.Input[int],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("chat:index:ChatService", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels = {"app.kubernetes.io/name": name}
        made = k8s.core.v1.Namespace(
            f"{name}-namespace", metadata={"name": namespace, "labels": _NAMESPACE_LABELS}, opts=child
        )
        inside = pulumi.ResourceOptions(parent=self, depends_on=[made])
        # Pulumi adds a random suffix to its name: a changed key creates another Secret, and the pods are rolled out.
        secret = k8s.core.v1.Secret(
            f"{name}-api-key", metadata={"namespace": namespace}, string_data={_KEY: api_key}, opts=inside
        )
        variables = {
            "OPENAI_BASE_URL": base_url,
            "MODEL": model,
            "TIMEOUT_SECONDS": pulumi.Output.from_input(timeout_seconds).apply(str),
        }
        environment: list[Any] = [{"name": key, "value": value} for key, value in variables.items()]
        environment.append(
            {"name": "OPENAI_API_KEY", "valueFrom": {"secretKeyRef": {"name": secret.metadata.name, "key": _KEY}}}
        )
        k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata={"name": name, "namespace": namespace, "labels": labels},
            spec=_deployment_spec(labels, _pod_spec(image, environment, timeout_seconds)),
            opts=inside,
        )
        k8s.core.v1.Service(
            f"{name}-service",
            metadata={"name": name, "namespace": namespace},
            spec=_service_spec(labels),
            opts=inside,
        )
        self.url = pulumi.Output.from_input(f"http://{name}.{namespace}.svc.cluster.local")
        self.register_outputs({"url": self.url})


def _service_spec(labels: dict[str, str]) -> Any:
    return {"selector": labels, "ports": [{"port": 80, "targetPort": "http"}]}


def _deployment_spec(labels: dict[str, str], pod_spec: Any) -> Any:
    return {
        "replicas": _REPLICAS,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod_spec},
    }


def _pod_spec(image: str, environment: list[Any], timeout_seconds: pulumi.Input[int]) -> Any:
    """Passes Pod Security `restricted`. A pod ends only after the answers that it has started."""
    probe = {"httpGet": {"path": "/healthz", "port": "http"}}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": pulumi.Output.from_input(timeout_seconds).apply(
            lambda seconds: seconds + 2 * _PRE_STOP_SECONDS
        ),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER_ID,
            "runAsGroup": _USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "chat",
                "image": image,
                "env": environment,
                "ports": [{"name": "http", "containerPort": _PORT}],
                "readinessProbe": {**probe, "periodSeconds": 5},
                "livenessProbe": {**probe, "periodSeconds": 20, "timeoutSeconds": 5},
                "lifecycle": {"preStop": {"sleep": {"seconds": _PRE_STOP_SECONDS}}},
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
            }
        ],
    }
