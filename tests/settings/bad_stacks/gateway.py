"""`gateway`."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CERTIFICATE, CLUSTER, CPU, LAPTOP, MODEL, Bad, create, stack

WEB_ACL = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/llm/5f0c"

GATEWAY = (
    Bad(
        "public Ollama, without TLS",
        stack(
            CLUSTER,
            'models: {a: {model: "llama3.2:3b", engine: ollama}}',
            "gateway: {domain: llm.example.com, visibility: public}",
        ),
        (
            Mistake(
                "gateway.visibility",
                6,
                "public without TLS: keys would cross the internet unencrypted",
                "write certificateArn: arn:aws:acm:us-east-1:111122223333:certificate/5f0c",
            ),
            Mistake(
                "gateway.visibility",
                6,
                "public, and Ollama (a) has no authentication",
                "write visibility: internal, or models.a.engine: vllm",
            ),
        ),
    ),
    Bad(
        "a domain that is none",
        stack(CLUSTER, MODEL, "gateway: {domain: https://llm.example.com}"),
        (
            Mistake(
                "gateway.domain",
                6,
                'got "https://llm.example.com"; allowed: a domain of at most 200 characters',
                "write domain: llm.example.com",
            ),
        ),
    ),
    Bad(
        "a Secret on an ALB",
        stack(CLUSTER, MODEL, "gateway: {domain: llm.example.com, tlsSecret: llm-tls}"),
        (
            Mistake(
                "gateway.tlsSecret",
                6,
                "an ALB can't read a Secret",
                "write certificateArn: arn:aws:acm:us-east-1:111122223333:certificate/5f0c, or ingressClass: nginx",
            ),
        ),
    ),
    Bad(
        "a namespace of an ALB",
        stack(CLUSTER, MODEL, "gateway: {domain: llm.example.com, namespace: ingress}"),
        (
            Mistake(
                "gateway.namespace",
                6,
                "an ALB is outside the cluster, in no namespace",
                "leave namespace out, or write ingressClass: nginx",
            ),
        ),
    ),
    Bad(
        "a certificate on nginx",
        stack(
            CLUSTER, MODEL, f"gateway: {{domain: x.example.com, ingressClass: nginx, certificateArn: {CERTIFICATE}}}"
        ),
        (
            Mistake(
                "gateway.certificateArn",
                6,
                "only an ALB takes an ACM certificate",
                "write tlsSecret: NAME, or leave ingressClass out on EKS",
            ),
        ),
    ),
    Bad(
        "a certificate of another region",
        stack(
            CLUSTER,
            MODEL,
            "gateway: {domain: llm.example.com, certificateArn: arn:aws:acm:eu-west-1:111122223333:certificate/5f0c}",
        ),
        (
            Mistake(
                "gateway.certificateArn",
                6,
                "a certificate of eu-west-1; the load balancer is in us-east-1",
                "write one of us-east-1",
            ),
        ),
    ),
    Bad(
        "a gateway of no class on a laptop",
        stack(LAPTOP, CPU, "gateway: {domain: llm.example.com}", region=None),
        (
            Mistake(
                "gateway.ingressClass",
                5,
                "missing; no class is known for a kubeconfig context",
                "write ingressClass: nginx, or the class that the cluster has",
            ),
        ),
    ),
    Bad(
        "what only an ALB reads, on nginx",
        stack(
            CLUSTER,
            MODEL,
            f"gateway: {{domain: x.example.com, ingressClass: nginx, inboundCidrs: [10.0.0.0/8],"
            f" wafAclArn: {WEB_ACL}}}",
        ),
        tuple(
            Mistake(
                f"gateway.{key}",
                6,
                "only an ALB reads it",
                f"leave {key} out, or leave ingressClass out on EKS",
            )
            for key in ("inboundCidrs", "wafAclArn")
        ),
    ),
    Bad(
        "addresses that are none, and are ignored, and a web ACL of another region",
        stack(
            CLUSTER,
            MODEL,
            "gateway:",
            "  domain: llm.example.com",
            "  inboundCidrs: [10.0.0.1/8]",
            f"  wafAclArn: {WEB_ACL.replace('us-east-1', 'eu-west-1')}",
            "  annotations: {alb.ingress.kubernetes.io/security-groups: sg-1}",
        ),
        (
            Mistake(
                "gateway.inboundCidrs",
                8,
                "the annotation security-groups makes the controller ignore it",
                "leave one of them out",
            ),
            Mistake("gateway.inboundCidrs[0]", 8, "10.0.0.1/8 has bits set after its /8", "write 10.0.0.0/8"),
            Mistake(
                "gateway.wafAclArn",
                9,
                "a web ACL of eu-west-1; the load balancer is in us-east-1",
                "write one of us-east-1",
            ),
        ),
    ),
    Bad(
        "a web ACL of CloudFront",
        stack(
            CLUSTER, MODEL, f"gateway: {{domain: x.example.com, wafAclArn: {WEB_ACL.replace('regional', 'global')}}}"
        ),
        (
            Mistake(
                "gateway.wafAclArn",
                6,
                f'got "{WEB_ACL.replace("regional", "global")}"; allowed: a regional web ACL ARN',
                f"write wafAclArn: {WEB_ACL}",
            ),
        ),
    ),
    Bad(
        "an annotation that another key decides",
        stack(
            CLUSTER,
            MODEL,
            "gateway: {domain: llm.example.com, annotations: {alb.ingress.kubernetes.io/scheme: internet-facing}}",
        ),
        (
            Mistake(
                "gateway.annotations.alb.ingress.kubernetes.io/scheme",
                6,
                "another key decides it",
                "write gateway.visibility",
            ),
        ),
    ),
    Bad(
        "a timeout that no load balancer has",
        stack(CLUSTER, MODEL, "gateway: {domain: llm.example.com, timeoutSeconds: 7200}"),
        (
            Mistake(
                "gateway.timeoutSeconds",
                6,
                "got the number 7200; allowed: a whole number from 1 to 4000",
                "write timeoutSeconds: 4000",
            ),
        ),
    ),
    Bad(
        "a certificate and a Secret",
        stack(CLUSTER, MODEL, f"gateway: {{domain: x.example.com, tlsSecret: tls, certificateArn: {CERTIFICATE}}}"),
        (
            Mistake(
                "gateway.tlsSecret",
                6,
                "certificateArn and tlsSecret both",
                "write certificateArn for an ALB, tlsSecret for any other",
            ),
        ),
    ),
    Bad(
        "public without public subnets",
        stack(
            create("network: {vpcId: vpc-1, privateSubnetIds: [subnet-1, subnet-2]}"),
            MODEL,
            f"gateway: {{domain: x.example.com, visibility: public, certificateArn: {CERTIFICATE}}}",
        ),
        (
            Mistake(
                "gateway.visibility",
                6,
                "public, and the VPC has no public subnets here",
                "write cluster.create.network.publicSubnetIds",
            ),
        ),
    ),
)
