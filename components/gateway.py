"""The way in from outside the cluster: one Ingress that sends every path of its hosts to the gateway's pods."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.balancer_address import balancer_address

_NGINX_BODY = "64m"  # more than the gateway takes, so that it is the gateway that answers


class Gateway(pulumi.ComponentResource):
    """`address` is where DNS must point; None if no controller reports an address.

    Every path: the gateway knows which ones there are, and answers the others. `annotations` come from the stack file
    and override those `of_controller`.
    """

    address: pulumi.Output[str | None]
    entrance: k8s.networking.v1.Ingress

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        hosts: Sequence[str],
        service: str,
        port: int,
        ingress_class: str,
        reports_address: bool,
        tls_secret: str | None = None,
        of_controller: Mapping[str, pulumi.Input[str]],
        annotations: Mapping[str, str],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:Gateway", name, None, opts)
        # If no controller is known to report an address, Pulumi would wait 10 minutes for it.
        own = {} if reports_address else {"pulumi.com/skipAwait": "true"}
        backend = {"service": {"name": service, "port": {"number": port}}}
        paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
        spec: Any = {
            "ingressClassName": ingress_class,
            "rules": [{"host": host, "http": {"paths": paths}} for host in hosts],
        }
        if tls_secret is not None:
            spec["tls"] = [{"hosts": list(hosts), "secretName": tls_secret}]
        self.entrance = k8s.networking.v1.Ingress(
            f"{name}-ingress",
            metadata={
                "name": name,
                "namespace": namespace,
                "annotations": {**own, **of_controller, **annotations},
            },
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        awaited = self.entrance.status if reports_address else pulumi.Output.from_input(None)
        self.address = awaited.apply(balancer_address)
        self.register_outputs({"address": self.address})


def nginx_annotations(timeout_seconds: int) -> dict[str, pulumi.Input[str]]:
    """The annotations of an Ingress for ingress-nginx."""
    prefix = "nginx.ingress.kubernetes.io"
    return {
        f"{prefix}/proxy-read-timeout": str(timeout_seconds),
        f"{prefix}/proxy-send-timeout": str(timeout_seconds),
        f"{prefix}/proxy-body-size": _NGINX_BODY,
        f"{prefix}/proxy-buffering": "off",  # sends each token at once
    }


def router_annotations(timeout_seconds: int, *, encrypted: bool) -> dict[str, pulumi.Input[str]]:
    """The annotations of an Ingress for OpenShift's router, which makes Routes of it and copies these."""
    timeout = {"haproxy.router.openshift.io/timeout": f"{timeout_seconds}s"}  # 30 s without it
    return {**timeout, **({"route.openshift.io/termination": "edge"} if encrypted else {})}
