"""`gateway`: who may call the models, and from where."""

from typing import Annotated, Literal

from pydantic import Field

from infra.clouds.aws.types import CertificateArn, WebAclArn
from infra.services.serving.vertical_section import MODES, Mode
from infra.settings.types import (
    Cidr,
    ClientName,
    Domain,
    ModelName,
    NamespaceName,
    ObjectName,
    OneNumber,
    SecretName,
    Section,
    Short,
    pattern,
)

MAX_PODS = 20  # of the gateway
Exposure = Literal["cluster", "internal", "public"]
# It is the value of a header: no line ends, no tabs.
TeamName = Annotated[str, pattern(r"^[^\x00-\x1f\x7f]+$", "checkout", "line of text without tabs", max_length=60)]


# They are parts of a path, and of a host.
CustomName = Annotated[str, pattern(r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$", "rerank", "server name")]
ServiceName = Annotated[str, pattern(r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$", "rerank", "name of a Service")]
_KeyNumbers = Annotated[tuple[Annotated[int, Field(ge=1, le=1_000_000)], ...], Field(min_length=1, max_length=2)]


class Client(Section):
    """An application with keys and limits that no other one shares; its key in the file is its name."""

    team: TeamName | None = Field(default=None, description="who answers for it: usage is summed by team")
    models: Literal["all"] | tuple[ModelName, ...] = Field(
        default="all",
        description="what it may call: names of models, adapters and externals; all: every model of the platform, with"
        " those that come later, but no external",
        examples=[["qwen3-8b"]],
    )
    custom: tuple[CustomName, ...] = Field(
        default=(),
        description="servers of gateway.custom that it may call: `models: all` has none of them",
        examples=[["rerank"]],
    )
    namespace: NamespaceName | None = Field(
        default=None,
        description="where its pods run: a Secret with its newest key is there too, beside the one in the models'"
        " namespace",
        examples=["shop"],
    )
    requests_per_minute: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="maximum of requests that begin per minute; more are answered with 429; chosen when absent",
        examples=[600],
    )
    concurrent_requests: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="maximum of requests at once; more are answered with 429; chosen when absent, from what its models"
        " take at once",
        examples=[32],
    )
    tokens_per_minute: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000_000,
        description="tokens of prompts and answers per minute, counted once an answer has ended: the request that"
        " passes it still succeeds, and more are answered with 429 until the next minute begins; not limited when"
        " absent",
        examples=[200_000],
    )
    keys: _KeyNumbers = Field(
        default=(1,),
        description="numbers of its valid keys, the newest last; two while it is rotated",
        examples=[[1, 2]],
    )


class Custom(Section):
    """A server of yours that speaks HTTP in the cluster; its key in the file is its name in the path: a client asks
    for /custom/NAME/x, and the Service for /x."""

    service: ServiceName = Field(description="the Service that is asked", examples=["rerank"])
    namespace: NamespaceName | None = Field(
        default=None, description="of the Service; when absent, the models'", examples=["tools"]
    )
    port: int = Field(
        default=80, ge=1, le=65535, description="of the Service; it speaks HTTP, not HTTPS", examples=[8080]
    )
    audio: bool = Field(
        default=False,
        description="whether it answers OpenAI's /v1/audio/transcriptions and /v1/audio/translations too, where the"
        " header x-llm-model has its name",
        examples=[True],
    )


class GatewayReplicas(Section):
    """How many pods of the gateway: `N`, or `{min, max}` for an autoscaler between them.

    At least two: one answers while another is replaced.
    """

    min: int = Field(default=2, ge=2, le=MAX_PODS, description="minimum of pods", examples=[2])
    max: int = Field(
        default=2,
        ge=2,
        le=MAX_PODS,
        description="maximum of pods; above min, an autoscaler adds them by CPU and memory, which metrics-server"
        " measures",
        examples=[6],
    )


class Gateway(Section):
    """One URL for all models. Without this section it is in the cluster only, and has one client."""

    domain: Domain | None = Field(
        default=None,
        description="host of the URL, https://<domain>/v1, for calls from outside the cluster",
        examples=["llm.example.com"],
    )
    expose: Exposure | None = Field(
        default=None,
        description="from where the models are reached. cluster: its pods only; internal: the network of the cluster;"
        " public: the internet. When absent: internal with a domain, cluster without one",
        examples=["internal"],
    )
    visibility: Literal["internal", "public"] | None = Field(
        default=None, description="the old name of expose, read in this release only", examples=["internal"]
    )
    contact: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="whom callers ask: it is in every error that the gateway answers",
        examples=["#llm-platform, or llm@example.com"],
    )
    clients: dict[ClientName, Client] = Field(
        default={},
        description="who may call, by a name that you choose; when absent, everybody has the same key",
        examples=[{"web-shop": {"models": ["qwen3-8b"], "namespace": "shop"}}],
    )
    custom: dict[CustomName, Custom] = Field(
        default={},
        description="your own servers behind the gateway, with its keys and limits, at /custom/NAME/: a reranker,"
        " Whisper, ComfyUI. Only clients that name one may call it",
        examples=[{"rerank": {"service": "rerank", "namespace": "tools", "port": 8080}}],
    )
    default_client: bool = Field(
        default=True,
        description="in this release only: whether the client `default`, with the key that every caller had, stays"
        " beside `clients`",
        examples=[False],
    )
    engine_keys: _KeyNumbers = Field(
        default=(1,),
        description="numbers of the random keys that engines accept, which only the gateway knows; it sends the first",
        examples=[[1, 2]],
    )
    certificate_arn: CertificateArn | None = Field(
        default=None, description="ACM certificate for <domain> and, in this release, *.<domain>; with class alb only"
    )
    tls_secret: SecretName | None = Field(
        default=None,
        description="Secret with the certificate for <domain> and, in this release, *.<domain>; not with class alb",
        examples=["llm-tls"],
    )
    ingress_class: ObjectName | None = Field(
        default=None, description="class of the Ingress; when absent, alb on EKS", examples=["nginx"]
    )
    load_balancer: bool = Field(
        default=False,
        description="a Service of the type LoadBalancer with TLS in Envoy, by the certificate of tlsSecret, instead of"
        " an Ingress; not on EKS",
        examples=[True],
    )
    namespace: NamespaceName | None = Field(
        default=None,
        description="where the Ingress controller runs: the models' NetworkPolicies let this namespace in; when"
        " absent, ingress-nginx for class nginx",
        examples=["ingress-nginx"],
    )
    inbound_cidrs: tuple[Cidr, ...] = Field(
        default=(),
        description="addresses that may call the models; when absent, every address that `expose` allows; with"
        " class alb, or loadBalancer",
        examples=[["10.0.0.0/8"]],
    )
    waf_acl_arn: WebAclArn | None = Field(
        default=None,
        description="web ACL of AWS WAF that filters requests; with class alb only, and in the stack's region",
    )
    annotations: dict[str, str] = Field(
        default={},
        description="additional annotations for each Ingress, or for the Service of loadBalancer",
        examples=[{"alb.ingress.kubernetes.io/tags": "team=ml"}],
    )
    replicas: Annotated[GatewayReplicas, OneNumber, Short({"type": "integer", "minimum": 2, "maximum": MAX_PODS})] = (
        Field(
            default=GatewayReplicas(),
            description="number of the gateway's pods, or {min, max} for an autoscaler between them",
            examples=[{"min": 2, "max": 6}],
        )
    )
    vertical_scaling: Mode | None = Field(
        default=None,
        description=f"of its pods' CPU, by a VerticalPodAutoscaler. {MODES}; when absent, it stays as it is",
        examples=["Initial"],
    )
    timeout_seconds: int = Field(
        default=300,
        ge=1,
        le=4000,
        description="seconds that an answer may take from its first byte on, and that may pass without a byte, the"
        " wait for the first one included; the gateway ends one that takes longer",
        examples=[300],
    )

    @property
    def exposure(self) -> Exposure:
        return self.expose or self.visibility or ("cluster" if self.domain is None else "internal")
