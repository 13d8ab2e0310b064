"""The line of the report that says how applications reach the models from outside."""

from infra.plan.cluster import GatewayPlan
from infra.services.gateway.section import Gateway
from infra.services.service import Table


def gateway_table(gateway: GatewayPlan, wanted: Gateway) -> Table:
    scheme = "https" if wanted.certificate_arn or wanted.tls_secret else "http"
    facts = "; ".join(_facts(gateway, wanted))
    return Table("GATEWAY", ("",), ((f"{scheme}://MODEL.{gateway.domain}/v1", facts),))


def _facts(gateway: GatewayPlan, wanted: Gateway) -> list[str]:
    title = gateway.controller.title
    facts = [f"{gateway.visibility} {title}" if title else f"{gateway.visibility}, class {gateway.ingress_class}"]
    if wanted.inbound_cidrs:
        facts.append(f"open to {', '.join(wanted.inbound_cidrs)}")
    if wanted.waf_acl_arn:
        facts.append(f"web ACL {wanted.waf_acl_arn.split('/')[-2]}")
    if wanted.certificate_arn:
        facts.append("TLS 1.2 and 1.3")
    facts.append(f"an answer may take {gateway.timeout_seconds} s")
    return facts
