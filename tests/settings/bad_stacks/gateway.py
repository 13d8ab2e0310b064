"""`gateway`."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CERTIFICATE, CLUSTER, CPU, LAPTOP, MODEL, Bad, create, stack

WEB_ACL = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/llm/5f0c"

GATEWAY = (
    Bad(
        "public Ollama, without TLS and clients, by the old name",
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
                "public without clients: everybody would have the same key, which nobody can revoke for one alone",
                "write clients: {web-shop: {models: [a]}}",
            ),
        ),
    ),
    Bad(
        "too few pods of the gateway",
        stack(LAPTOP, CPU, "gateway: {replicas: 1}", region=None),
        (
            Mistake(
                "gateway.replicas",
                5,
                "got the number 1; allowed: a whole number from 2 to 20, or a mapping with min, max",
                "write, for example, replicas: {min: 2, max: 6}",
            ),
        ),
    ),
    Bad(
        "a minimum of the gateway's pods above the default maximum",
        stack(LAPTOP, CPU, "gateway: {replicas: {min: 3}}", region=None),
        (
            Mistake(
                "gateway.replicas",
                5,
                "min 3 is more than max 2, which is the default",
                "write 3, or {min: 2, max: 3}",
            ),
        ),
    ),
    Bad(
        "a load balancer Service with what only Ingresses have, and without a certificate",
        stack(
            LAPTOP,
            CPU,
            "gateway:",
            "  domain: llm.example.com",
            "  loadBalancer: true",
            "  ingressClass: nginx",
            "  namespace: ingress",
            f"  wafAclArn: {WEB_ACL}",
            f"  certificateArn: {CERTIFICATE}",
        ),
        (
            Mistake(
                "gateway.tlsSecret",
                6,
                "missing; with loadBalancer it is Envoy that has the certificate",
                "write tlsSecret: llm-tls",
            ),
            Mistake(
                "gateway.ingressClass",
                9,
                "a load balancer Service has no Ingress",
                "leave ingressClass out, or leave loadBalancer out",
            ),
            Mistake(
                "gateway.namespace",
                10,
                "a load balancer is in no namespace",
                "leave namespace out, or leave loadBalancer out",
            ),
            Mistake(
                "gateway.wafAclArn",
                11,
                "only an ALB reads it",
                "leave wafAclArn out, or leave ingressClass out on EKS",
            ),
            Mistake(
                "gateway.certificateArn",
                12,
                "only an ALB takes an ACM certificate",
                "write tlsSecret: NAME, or leave ingressClass out on EKS",
            ),
        ),
    ),
    Bad(
        "a load balancer Service on EKS, public without a certificate",
        stack(
            CLUSTER,
            MODEL,
            "gateway: {domain: llm.example.com, expose: public, loadBalancer: true, clients: {web: {}}}",
        ),
        (
            Mistake(
                "gateway.loadBalancer",
                6,
                "a cluster of this cloud has a load balancer for Ingresses, of class alb",
                "leave loadBalancer out, and write certificateArn",
            ),
        ),
    ),
    Bad(
        "a load balancer Service, and nothing outside reaches the gateway",
        stack(LAPTOP, CPU, "gateway: {loadBalancer: true, contact: me}"),
        (
            Mistake(
                "gateway.loadBalancer",
                6,
                "without a domain: nothing outside the cluster reaches the gateway",
                "write domain: llm.example.com, or leave loadBalancer out",
            ),
        ),
    ),
    Bad(
        "a line end in what becomes the value of a header",
        stack(CLUSTER, MODEL, r'gateway: {clients: {app: {team: "check\nout"}}}'),
        (
            Mistake(
                "gateway.clients.app.team",
                6,
                r'got "check\nout"; allowed: a line of text without tabs of at most 60 characters',
                "write team: checkout",
            ),
        ),
    ),
    Bad(
        "one key of the engines twice",
        stack(CLUSTER, "models: {chat: {model: Qwen/Qwen3-8B}}", "gateway: {engineKeys: [2, 2]}"),
        (Mistake("gateway.engineKeys", 6, "got [2, 2]: one number twice", "write engineKeys: [2]"),),
    ),
    Bad(
        "names in place of the numbers of keys",
        stack(CLUSTER, "models: {chat: {model: Qwen/Qwen3-8B}}", "gateway: {engineKeys: [3, k1, k2]}"),
        tuple(
            Mistake(
                f"gateway.engineKeys[{at}]",
                6,
                f'got "k{at}"; allowed: a whole number from 1 to 1000000',
                f"write {3 + at}",
            )
            for at in (1, 2)
        ),
    ),
    Bad(
        "more keys than a Secret holds",
        stack(
            CLUSTER,
            "models: {chat: {model: Qwen/Qwen3-8B}}",
            f"gateway: {{clients: {{{', '.join(f'c{number}: {{models: all}}' for number in range(1000, 1800))}}}}}",
        ),
        (
            Mistake(
                "gateway.clients",
                6,
                "800 keys, whose routes take about 1,106,994 bytes; the one Secret that has them holds about 1,000,000",
                "write clients with about 722 keys in all: one client per team, and one key for each",
            ),
        ),
    ),
    Bad(
        "own servers with every mistake",
        stack(
            CLUSTER,
            "models: {chat: {model: Qwen/Qwen3-8B}}",
            "gateway:",
            "  clients:",
            "    web: {custom: [rank, rank, wisper, comfy]}",
            "  custom:",
            "    chat: {service: chatter}",
            "    whisper: {service: dns, namespace: kube-system}",
            "    api: {service: kubernetes, namespace: default}",
            "    loop: {service: gateway}",
            "    pods: {service: chat-pods, namespace: llm}",
            "    rank: {service: Ranker, port: 0, tls: true}",
            "    none: {}",
        ),
        (
            Mistake("gateway.clients.web.custom[1]", 8, "rank twice", "leave one of them out"),
            Mistake(
                "gateway.clients.web.custom[2]",
                8,
                "no server wisper; there are api, chat, loop, none, pods, rank, whisper",
                "write whisper",
            ),
            Mistake(
                "gateway.clients.web.custom[3]",
                8,
                "no server comfy; there are api, chat, loop, none, pods, rank, whisper",
                "write gateway.custom: {comfy: {service: comfy, port: 80}}",
            ),
            Mistake(
                "gateway.custom.chat",
                10,
                "chat is a model, adapter or external, too: the header x-llm-model would mean two servers",
                "give the server another name, such as chat-server",
            ),
            *(
                Mistake(f"gateway.custom.{name}.service", line, got, "write a Service with a server of yours")
                for name, line, got in (
                    ("whisper", 11, "dns of kube-system is Kubernetes' own"),
                    ("api", 12, "kubernetes of default is Kubernetes' own"),
                    ("loop", 13, "gateway of llm is the platform's: its paths are those under /v1"),
                    ("pods", 14, "chat-pods of llm is the platform's: its paths are those under /v1"),
                )
            ),
            Mistake(
                "gateway.custom.rank.port",
                15,
                "got the number 0; allowed: a whole number from 1 to 65535",
                "write the port that `kubectl get service` lists for it",
            ),
            Mistake(
                "gateway.custom.rank.service",
                15,
                'got "Ranker"; allowed: a name of a Service',
                "write service: ranker",
            ),
            Mistake("gateway.custom.rank.tls", 15, "unknown key; known here: service, namespace, port, audio", ""),
            Mistake(
                "gateway.custom.none.service",
                16,
                "missing; needs a name of a Service",
                "write, for example, service: rerank",
            ),
        ),
    ),
    Bad(
        "clients with every mistake",
        stack(
            CLUSTER,
            "models: {chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192, adapters: {sql: {model: acme/sql}}}}",
            "gateway:",
            "  domain: llm.example.com",
            "  clients:",
            "    typo: {models: [chatt, sql, sql]}",
            "    unknown: {models: [gpt]}",
            "    every: {models: everything}",
            "    nothing: {models: []}",
            "    few: {concurrentRequests: 0, requestsPerMinute: -1}",
            "    back: {keys: [2, 1]}",
            "    twice: {keys: [1, 1]}",
            "    none: {keys: []}",
            "    three: {keys: [1, 2, 3]}",
            "    here: {namespace: llm}",
            "    Web_Shop: {}",
            "    system: {namespace: kube-system, tokensPerMinute: 0}",
        ),
        (
            Mistake(
                "gateway.clients.typo.models[0]", 9, "no model or adapter chatt; there are chat, sql", "write chat"
            ),
            Mistake("gateway.clients.typo.models[2]", 9, "sql twice", "leave one of them out"),
            Mistake(
                "gateway.clients.unknown.models[0]",
                10,
                "no model or adapter gpt; there are chat, sql",
                "write chat, or models: all, or leave the client out",
            ),
            Mistake(
                "gateway.clients.every.models",
                11,
                'got "everything"; allowed: all, or a list, each a model name',
                "write models: [everything]",
            ),
            Mistake(
                "gateway.clients.nothing.models",
                12,
                "empty: this client could call nothing",
                "write models: [chat], or custom with a server of yours",
            ),
            Mistake(
                "gateway.clients.few.concurrentRequests",
                13,
                "got the number 0; allowed: a whole number from 1 to 100000",
                "to stop a client: llm-platform client revoke",
            ),
            Mistake(
                "gateway.clients.few.requestsPerMinute",
                13,
                "got the number -1; allowed: a whole number from 1 to 1000000",
                "leave requestsPerMinute out, or write a value such as requestsPerMinute: 600",
            ),
            Mistake(
                "gateway.clients.back.keys",
                14,
                "got [2, 1]; allowed: rising numbers, the newest key last",
                "write keys: [1, 2]",
            ),
            Mistake(
                "gateway.clients.twice.keys",
                15,
                "got [1, 1]; allowed: rising numbers, the newest key last",
                "write keys: [1]",
            ),
            Mistake(
                "gateway.clients.none.keys",
                16,
                "got an empty list; allowed: a list of 1 to 2, each a whole number from 1 to 1000000",
                "write keys: [1], or leave keys out",
            ),
            Mistake(
                "gateway.clients.three.keys",
                17,
                "got 3; allowed: a list of 1 to 2, each a whole number from 1 to 1000000",
                "write, for example, keys: [1, 2]",
            ),
            Mistake(
                "gateway.clients.here.namespace",
                18,
                "the namespace of the models, which has every client's Secret",
                "leave namespace out",
            ),
            Mistake(
                "gateway.clients.Web_Shop",
                19,
                "bad name; at most 30 lower-case letters, digits and hyphens, beginning with a letter",
                "write web-shop",
            ),
            Mistake(
                "gateway.clients.system.namespace",
                20,
                "kube-system is Kubernetes' own: its pods are no application",
                "write the namespace of the client's pods, or leave it out",
            ),
            Mistake(
                "gateway.clients.system.tokensPerMinute",
                20,
                "got the number 0; allowed: a whole number from 1 to 1000000000",
                "to stop a client: llm-platform client revoke",
            ),
        ),
    ),
    Bad(
        "public with the one key alone, under its name",
        stack(
            CLUSTER,
            MODEL,
            f"gateway: {{domain: x.example.com, expose: public, certificateArn: {CERTIFICATE},"
            " clients: {default: {}}}",
        ),
        (
            Mistake(
                "gateway.expose",
                6,
                "public without clients: everybody would have the same key, which nobody can revoke for one alone",
                "write clients: {web-shop: {models: [a]}}",
            ),
        ),
    ),
    Bad(
        "a name of a model and of an adapter is said once",
        stack(
            CLUSTER,
            "models: {sql: {model: Qwen/Qwen3-8B, maxModelLen: 8192, adapters: {sql: {model: acme/sql}}}}",
            "gateway: {clients: {app: {models: [gpt]}}}",
        ),
        (
            Mistake("models.sql.adapters.sql", 5, "the name of model sql", "write a name that no model has"),
            Mistake(
                "gateway.clients.app.models[0]",
                6,
                "no model or adapter gpt; there are sql",
                "write sql, or models: all, or leave the client out",
            ),
        ),
    ),
    Bad(
        "two names for the exposure",
        stack(CLUSTER, MODEL, "gateway: {domain: llm.example.com, expose: internal, visibility: internal}"),
        (Mistake("gateway.visibility", 6, "expose and its old name both", "leave visibility out"),),
    ),
    Bad(
        "what a gateway in the cluster has no use for",
        stack(CLUSTER, MODEL, f"gateway: {{domain: llm.example.com, expose: cluster, certificateArn: {CERTIFICATE}}}"),
        tuple(
            Mistake(
                f"gateway.{key}",
                6,
                "expose is cluster: nothing outside the cluster reaches the gateway",
                f"write expose: internal, or leave {key} out",
            )
            for key in ("certificateArn", "domain")
        ),
    ),
    Bad(
        "a certificate without a domain",
        stack(CLUSTER, MODEL, f"gateway: {{certificateArn: {CERTIFICATE}}}"),
        (
            Mistake(
                "gateway.certificateArn",
                6,
                "without a domain: nothing outside the cluster reaches the gateway",
                "write domain: llm.example.com, or leave certificateArn out",
            ),
        ),
    ),
    Bad(
        "internal without a domain",
        stack(CLUSTER, MODEL, "gateway: {expose: internal}"),
        (
            Mistake(
                "gateway.domain",
                6,
                "missing; internal needs the host under which applications reach it",
                "write domain: llm.example.com",
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
                'got "https://llm.example.com"; allowed: a domain with a dot of at most 200 characters',
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
                "write ingressClass: nginx, or the class that the cluster has; or loadBalancer: true",
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
                "a global web ACL, which is for CloudFront; a load balancer takes a regional one",
                "create a regional web ACL in us-east-1, and write its ARN",
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
                "write gateway.expose",
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
            f"gateway: {{domain: x.example.com, expose: public, certificateArn: {CERTIFICATE}, clients: {{a: {{}}}}}}",
        ),
        (
            Mistake(
                "gateway.expose",
                6,
                "public, and the VPC has no public subnets here",
                "write cluster.create.network.publicSubnetIds",
            ),
        ),
    ),
)
