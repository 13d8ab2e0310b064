"""The way in from outside the cluster without an Ingress: a load balancer that passes TLS on to the gateway's pods."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.balancer_address import balancer_address
from components.gateway_pod import HTTPS

_PORT = 443


class GatewayLoadBalancer(pulumi.ComponentResource):
    """A Service of the type LoadBalancer. `address` is where DNS must point. `cidrs`: who may call; none: everybody
    whom the load balancer lets in. The pods see the addresses of callers: connections go only to nodes with a pod."""

    address: pulumi.Output[str | None]
    entrance: k8s.core.v1.Service

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        object_name: str,
        pods: Mapping[str, str],
        cidrs: Sequence[str],
        annotations: Mapping[str, str],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:GatewayLoadBalancer", name, None, opts)
        spec: Any = {
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "selector": dict(pods),
            "ports": [{"name": HTTPS, "port": _PORT, "targetPort": HTTPS, "protocol": "TCP"}],
        }
        if cidrs:
            spec["loadBalancerSourceRanges"] = list(cidrs)
        self.entrance = k8s.core.v1.Service(
            f"{name}-service",
            metadata={
                "name": object_name,
                "namespace": namespace,
                "labels": dict(pods),
                "annotations": dict(annotations),
            },
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        self.address = self.entrance.status.apply(balancer_address)
        self.register_outputs({"address": self.address})
