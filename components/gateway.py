"""What applications reach from outside: one Ingress a model, host `<model>.<domain>`, path `/v1` only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_kubernetes as k8s

_ALB = "alb.ingress.kubernetes.io"
_PATH = "/v1"  # the key guards nothing else of a model server
_LONGEST_DEREGISTRATION = 3600  # seconds, the ALB's own limit
# As AWS recommends: TLS 1.3, and 1.2 with forward secrecy. Without one an ALB takes TLS 1.0.
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
_NGINX_BODY = "64m"  # pictures inside a prompt


@dataclass(frozen=True)
class Route:
    """The way to one model."""

    service: k8s.core.v1.Service
    port: int
    health_path: str


class Gateway(pulumi.ComponentResource):
    """`routes` by model name. `address` is what DNS should point at; None where no controller reports one.

    An ALB can be narrowed: to `inbound_cidrs` (none: everybody whom the scheme lets near), and by a web ACL.
    """

    address: pulumi.Output[str | None]

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        domain: str,
        routes: Mapping[str, Route],
        controller: Literal["alb", "nginx", "other"],
        ingress_class: str,
        public: bool,
        timeout_seconds: int,
        group: str,
        subnet_ids: Sequence[pulumi.Input[str]] = (),
        certificate_arn: str | None = None,
        tls_secret: str | None = None,
        inbound_cidrs: Sequence[str] = (),
        waf_acl_arn: str | None = None,
        annotations: Mapping[str, str],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:Gateway", name, None, opts)
        ingresses: list[k8s.networking.v1.Ingress] = []
        for model, route in sorted(routes.items()):
            match controller:
                case "alb":
                    own = _alb(
                        route, public=public, timeout=timeout_seconds, group=group, certificate_arn=certificate_arn
                    )
                    if subnet_ids:
                        own |= {f"{_ALB}/subnets": pulumi.Output.all(*subnet_ids).apply(_comma_separated)}
                    own |= _alb_guard(inbound_cidrs, waf_acl_arn)
                case "nginx":
                    own = _nginx(timeout=timeout_seconds)
                case "other":  # nobody is known to report an address, and Pulumi would wait 10 minutes for it
                    own = {"pulumi.com/skipAwait": "true"}
            ingresses.append(
                k8s.networking.v1.Ingress(
                    f"{name}-{model}",
                    metadata={"name": model, "namespace": namespace, "annotations": {**own, **annotations}},
                    spec=_spec(f"{model}.{domain}", model, route, ingress_class=ingress_class, tls_secret=tls_secret),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, route.service]),
                )
            )
        awaited = ingresses[0].status if ingresses and controller != "other" else pulumi.Output.from_input(None)
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


def _comma_separated(subnet_ids: Sequence[str]) -> str:
    return ",".join(subnet_ids)


def _alb(
    route: Route, *, public: bool, timeout: int, group: str, certificate_arn: str | None
) -> dict[str, pulumi.Input[str]]:
    """One load balancer for the group. Its timeout counts from the last byte, and a model may think that long."""
    deregistration = min(timeout, _LONGEST_DEREGISTRATION)
    annotations: dict[str, pulumi.Input[str]] = {
        f"{_ALB}/group.name": group,
        f"{_ALB}/scheme": "internet-facing" if public else "internal",
        f"{_ALB}/target-type": "ip",
        f"{_ALB}/healthcheck-path": route.health_path,
        f"{_ALB}/load-balancer-attributes": f"idle_timeout.timeout_seconds={timeout}",
        f"{_ALB}/target-group-attributes": f"deregistration_delay.timeout_seconds={deregistration}",
        f"{_ALB}/listen-ports": '[{"HTTP":80}]',
    }
    if certificate_arn is not None:
        annotations |= {
            f"{_ALB}/certificate-arn": certificate_arn,
            f"{_ALB}/listen-ports": '[{"HTTP":80},{"HTTPS":443}]',
            f"{_ALB}/ssl-redirect": "443",
            f"{_ALB}/ssl-policy": _TLS_POLICY,
        }
    return annotations


def _alb_guard(inbound_cidrs: Sequence[str], waf_acl_arn: str | None) -> dict[str, pulumi.Input[str]]:
    guard: dict[str, pulumi.Input[str]] = {}
    if inbound_cidrs:
        guard[f"{_ALB}/inbound-cidrs"] = _comma_separated(inbound_cidrs)
    if waf_acl_arn is not None:
        guard[f"{_ALB}/wafv2-acl-arn"] = waf_acl_arn
    return guard


def _nginx(*, timeout: int) -> dict[str, pulumi.Input[str]]:
    prefix = "nginx.ingress.kubernetes.io"
    return {
        f"{prefix}/proxy-read-timeout": str(timeout),
        f"{prefix}/proxy-send-timeout": str(timeout),
        f"{prefix}/proxy-body-size": _NGINX_BODY,
        f"{prefix}/proxy-buffering": "off",  # tokens reach the reader as they come
    }


def _address(status: Any) -> str | None:
    """The first host name or IP of an Ingress' status, which is empty until a controller fills it."""
    balancer = status.load_balancer if status else None
    first = balancer.ingress[0] if balancer and balancer.ingress else None
    return (first.hostname or first.ip) if first else None
