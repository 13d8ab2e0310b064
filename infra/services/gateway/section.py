"""`gateway`: access to the models from outside the cluster."""

from typing import Literal

from pydantic import Field

from infra.clouds.aws.types import CertificateArn, WebAclArn
from infra.settings.types import Cidr, Domain, NamespaceName, ObjectName, Section


class Gateway(Section):
    """One host per model, `<model>.<domain>`. Without this section there is no Ingress."""

    domain: Domain = Field(
        description="the domain of all models: each is at https://<model>.<domain>/v1", examples=["llm.example.com"]
    )
    visibility: Literal["internal", "public"] = Field(
        default="internal", description="internal: reached from the network of the cluster; public: from the internet"
    )
    certificate_arn: CertificateArn | None = Field(
        default=None, description="ACM certificate for *.<domain>; with class alb only"
    )
    tls_secret: ObjectName | None = Field(
        default=None, description="Secret with the certificate for *.<domain>; not with class alb", examples=["llm-tls"]
    )
    ingress_class: ObjectName | None = Field(
        default=None, description="class of the Ingress; when absent, alb on EKS", examples=["nginx"]
    )
    namespace: NamespaceName | None = Field(
        default=None,
        description="where the Ingress controller runs: the models' NetworkPolicies let this namespace in; when"
        " absent, ingress-nginx for class nginx",
        examples=["ingress-nginx"],
    )
    inbound_cidrs: tuple[Cidr, ...] = Field(
        default=(),
        description="addresses that may call the models; when absent, every address that the visibility allows; with"
        " class alb only",
        examples=[["10.0.0.0/8"]],
    )
    waf_acl_arn: WebAclArn | None = Field(
        default=None,
        description="web ACL of AWS WAF that filters requests; with class alb only, and in the stack's region",
    )
    annotations: dict[str, str] = Field(
        default={},
        description="additional annotations for each Ingress",
        examples=[{"alb.ingress.kubernetes.io/tags": "team=ml"}],
    )
    timeout_seconds: int = Field(
        default=300,
        ge=1,
        le=4000,
        description="maximum of seconds for an answer; the gateway ends one that takes longer",
        examples=[300],
    )
