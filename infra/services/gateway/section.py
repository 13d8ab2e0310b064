"""`gateway`: the way in from outside the cluster."""

from typing import Literal

from pydantic import Field

from infra.clouds.aws.types import CertificateArn, WebAclArn
from infra.settings.types import Cidr, Domain, NamespaceName, ObjectName, Section


class Gateway(Section):
    """One host per model, `<model>.<domain>`. Without this section there is no Ingress."""

    domain: Domain = Field(description="a model is at https://<model>.<domain>/v1", examples=["llm.example.com"])
    visibility: Literal["internal", "public"] = Field(default="internal", description="public: from the internet")
    certificate_arn: CertificateArn | None = Field(default=None, description="ACM certificate for *.<domain>; ALB only")
    tls_secret: ObjectName | None = Field(
        default=None, description="Secret with the certificate for *.<domain>; not with ALB", examples=["llm-tls"]
    )
    ingress_class: ObjectName | None = Field(default=None, description="alb on EKS when absent", examples=["nginx"])
    namespace: NamespaceName | None = Field(
        default=None,
        description="where the Ingress controller runs, for the NetworkPolicies; nginx: ingress-nginx when absent",
        examples=["ingress-nginx"],
    )
    inbound_cidrs: tuple[Cidr, ...] = Field(
        default=(),
        description="who may call; everybody whom the visibility lets near when absent; ALB only",
        examples=[["10.0.0.0/8"]],
    )
    waf_acl_arn: WebAclArn | None = Field(
        default=None, description="web ACL of AWS WAF that filters requests; ALB only, and in its region"
    )
    annotations: dict[str, str] = Field(
        default={},
        description="more annotations of each Ingress",
        examples=[{"alb.ingress.kubernetes.io/tags": "team=ml"}],
    )
    timeout_seconds: int = Field(default=300, ge=1, le=4000, description="how long an answer may take", examples=[300])
