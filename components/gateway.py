"""The way in from outside the cluster: one Ingress per model, host `<model>.<domain>`, path `/v1` only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

_PATH = "/v1"  # the API key protects no other path of a model server
_NGINX_BODY = "64m"  # a prompt may contain images


@dataclass(frozen=True)
class Route:
    """The route to one model."""

    service: k8s.core.v1.Service
    port: int
    annotations: Mapping[str, pulumi.Input[str]]  # for the ingress controller


class Gateway(pulumi.ComponentResource):
    """`routes` by model name. `address` is where DNS must point; None if no controller reports an address.

    `annotations` come from the stack file and override all others.
    """

    address: pulumi.Output[str | None]

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        domain: str,
        routes: Mapping[str, Route],
        ingress_class: str,
        reports_address: bool,
        tls_secret: str | None = None,
        annotations: Mapping[str, str],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:Gateway", name, None, opts)
        # If no controller is known to report an address, Pulumi would wait 10 minutes for it.
        own = {} if reports_address else {"pulumi.com/skipAwait": "true"}
        ingresses: list[k8s.networking.v1.Ingress] = []
        for model, route in sorted(routes.items()):
            ingresses.append(
                k8s.networking.v1.Ingress(
                    f"{name}-{model}",
                    metadata={
                        "name": model,
                        "namespace": namespace,
                        "annotations": {**own, **route.annotations, **annotations},
                    },
                    spec=_spec(f"{model}.{domain}", model, route, ingress_class=ingress_class, tls_secret=tls_secret),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, route.service]),
                )
            )
        awaited = ingresses[0].status if ingresses and reports_address else pulumi.Output.from_input(None)
        self.address = awaited.apply(_address)
        self.register_outputs({"address": self.address})


def _spec(host: str, model: str, route: Route, *, ingress_class: str, tls_secret: str | None) -> Any:
    backend = {"service": {"name": model, "port": {"number": route.port}}}
    spec: dict[str, Any] = {
        "ingressClassName": ingress_class,
        "rules": [{"host": host, "http": {"paths": [{"path": _PATH, "pathType": "Prefix", "backend": backend}]}}],
    }
    if tls_secret is not None:
        spec["tls"] = [{"hosts": [host], "secretName": tls_secret}]
    return spec


def nginx_annotations(timeout_seconds: int) -> dict[str, pulumi.Input[str]]:
    """The annotations of an Ingress for ingress-nginx."""
    prefix = "nginx.ingress.kubernetes.io"
    return {
        f"{prefix}/proxy-read-timeout": str(timeout_seconds),
        f"{prefix}/proxy-send-timeout": str(timeout_seconds),
        f"{prefix}/proxy-body-size": _NGINX_BODY,
        f"{prefix}/proxy-buffering": "off",  # sends each token at once
    }


def _address(status: Any) -> str | None:
    """The first host name or IP in an Ingress's status, which is empty until a controller sets it."""
    balancer = status.load_balancer if status else None
    first = balancer.ingress[0] if balancer and balancer.ingress else None
    return (first.hostname or first.ip) if first else None
