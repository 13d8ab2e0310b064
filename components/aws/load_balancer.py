"""The annotations of an ingress that configure its Application Load Balancer."""

from collections.abc import Sequence

import pulumi

_PREFIX = "alb.ingress.kubernetes.io"
_LONGEST_IDLE = 4000  # seconds, the ALB's own limit
# As AWS recommends: TLS 1.3, and 1.2 with forward secrecy. Without a policy an ALB accepts TLS 1.0.
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"


def alb_annotations(
    health_path: str,
    *,
    public: bool,
    timeout_seconds: int,
    leave_seconds: int,
    group: str,
    subnet_ids: Sequence[pulumi.Input[str]] = (),
    certificate_arn: str | None = None,
    inbound_cidrs: Sequence[str] = (),
    waf_acl_arn: str | None = None,
) -> dict[str, pulumi.Input[str]]:
    """One load balancer for the group. Its idle timeout counts from the last byte: a model may take that long.
    `leave_seconds`: how long it keeps the requests of a pod that ends.

    Access can be limited to `inbound_cidrs` (none: everybody who can reach the load balancer), and by a web ACL.
    """
    own: dict[str, pulumi.Input[str]] = {
        "group.name": group,
        "scheme": "internet-facing" if public else "internal",
        "target-type": "ip",
        "group.order": "-1",  # before the routes of single models, which stacks of version 1 still have meanwhile
        "healthcheck-path": health_path,
        "healthcheck-interval-seconds": "5",  # so soon does a new pod get requests
        "healthcheck-timeout-seconds": "3",
        "load-balancer-attributes": f"idle_timeout.timeout_seconds={min(timeout_seconds, _LONGEST_IDLE)}",
        "target-group-attributes": f"deregistration_delay.timeout_seconds={leave_seconds}",
        "listen-ports": '[{"HTTP":80}]',
    }
    if certificate_arn is not None:
        own |= _tls(certificate_arn)
    if subnet_ids:
        own["subnets"] = pulumi.Output.all(*subnet_ids).apply(_comma_separated)
    if inbound_cidrs:
        own["inbound-cidrs"] = _comma_separated(inbound_cidrs)
    if waf_acl_arn is not None:
        own["wafv2-acl-arn"] = waf_acl_arn
    return {f"{_PREFIX}/{key}": value for key, value in own.items()}


def _tls(certificate_arn: str) -> dict[str, str]:
    return {
        "certificate-arn": certificate_arn,
        "listen-ports": '[{"HTTP":80},{"HTTPS":443}]',
        "ssl-redirect": "443",
        "ssl-policy": _TLS_POLICY,
    }


def _comma_separated(values: Sequence[str]) -> str:
    return ",".join(values)
