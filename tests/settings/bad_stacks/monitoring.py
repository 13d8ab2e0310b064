"""Bad values of `monitoring`."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, CPU, LAPTOP, MODEL, Bad, model, stack

_SLACK = "https://hooks.slack.com/services/T0/B0/X"


def _webhook(path: str, line: int, name: str) -> Mistake:
    return Mistake(
        f"monitoring.alerts.{path}",
        line,
        "a credential in plain text (value not shown). Revoke it, then:",
        f"pulumi config set --secret alertKey-{name} -s dev, and as a receiver"
        f' {{slack: {{channel: "#CHANNEL", keySecret: alertKey-{name}}}}}',
    )


def _hidden(path: str, line: int, allowed: str, write: str) -> Mistake:
    return Mistake(f"monitoring.{path}", line, f"got what may be a key (not shown); allowed: {allowed}", write)


MONITORING = (
    Bad(
        "logs to a cloud in which the cluster isn't, kept for a number of days that isn't offered",
        stack(
            LAPTOP,
            "models: {a: {model: 'llama3.2:3b', engine: ollama, gpus: 0}}",
            "monitoring: {logs: {to: cloudwatch, retentionDays: 31}}",
        ),
        (
            Mistake(
                "monitoring.logs.retentionDays",
                6,
                "got the number 31; allowed: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365",
                "write retentionDays: 30",
            ),
            Mistake(
                "monitoring.logs.to",
                6,
                "cloudwatch, and the cluster is a kubeconfig context",
                "leave logs out: what collects logs there reads those of the models' namespace too",
            ),
        ),
    ),
    Bad(
        "a label that each alert has by itself, and what no Prometheus reads",
        stack(
            CLUSTER, MODEL, "monitoring: {sources: [kubelet, gpu, dcgm], alerts: {labels: {severity: high, team: ml}}}"
        ),
        (
            Mistake(
                "monitoring.alerts.labels.severity",
                6,
                "a label that each alert has by itself, and by which it is known",
                "write another name, such as platform_severity",
            ),
            Mistake(
                "monitoring.sources[1]",
                6,
                'got "gpu"; allowed: kubeStateMetrics, kubelet, certManager',
                "write, for example, kubeStateMetrics",
            ),
            Mistake(
                "monitoring.sources[2]",
                6,
                'got "dcgm"; allowed: kubeStateMetrics, kubelet, certManager',
                "write addons: {dcgmExporter: install}, or existing on a cluster that has it, and leave it out here",
            ),
        ),
    ),
    Bad(
        "Grafana without the Prometheus that it comes with, and a place where it doesn't look",
        stack(
            CLUSTER,
            MODEL,
            "addons: {prometheus: disabled, keda: disabled}",
            "monitoring: {grafana: true, dashboards: {kind: sidecar, namespace: grafana}}",
        ),
        (
            Mistake(
                "monitoring.dashboards.kind",
                7,
                "sidecar, and addons.prometheus is disabled: no panel would have data",
                "write kind: none, or addons: {prometheus: install}",
            ),
            Mistake(
                "monitoring.dashboards.namespace",
                7,
                "read only by the sidecar of a Grafana that exists",
                "leave it out: the Grafana that the stack installs finds its own",
            ),
            Mistake(
                "monitoring.grafana",
                7,
                "true, and the stack installs no Prometheus: Grafana comes with its chart",
                "write addons: {prometheus: install}, or leave grafana out and write dashboards: {kind: sidecar} for a"
                " Grafana that exists",
            ),
        ),
    ),
    Bad(
        "a route to a receiver that doesn't exist, Grafana without Prometheus, traces that leave without TLS",
        stack(
            CLUSTER,
            MODEL,
            "addons: {prometheus: disabled, keda: disabled}",
            "monitoring:",
            "  grafana: true",
            "  alerts: {receivers: {team: {webhook: {keySecret: alertKey-team}}}, route: {critical: on-call}}",
            "  traces: {otlp: {endpoint: 'http://otlp.example.com'}}",
        ),
        (
            Mistake(
                "monitoring.grafana",
                8,
                "true, and the stack installs no Prometheus: Grafana comes with its chart",
                "write addons: {prometheus: install}, or leave grafana out and write dashboards: {kind: sidecar} for a"
                " Grafana that exists",
            ),
            Mistake(
                "monitoring.alerts.receivers",
                9,
                "addons.prometheus is disabled: there is no alert that they could get",
                "write addons: {prometheus: install}",
            ),
            Mistake("monitoring.alerts.route.critical", 9, "no receiver on-call; there are team", "write team"),
            Mistake(
                "monitoring.traces.otlp.endpoint",
                10,
                "http://: spans would leave the cluster unencrypted; otlp.example.com is no Service of it",
                "write https://otlp.example.com, or http://NAME.NAMESPACE.svc:4318 for a Service",
            ),
        ),
    ),
    Bad(
        "receivers that nobody is behind, and pages that no browser should open",
        stack(
            CLUSTER,
            MODEL,
            "addons: {prometheus: {existing: {url: 'http://prometheus.monitoring:70000', monitorLabels: {}}}}",
            "monitoring:",
            "  alerts:",
            "    runbooks: 'javascript:alert(1)'",
            "    receivers:",
            "      a: {email: {to: ops@example, from: a@b@llm.org, server: 'smtp.llm.org:70000', user: a, keySecret:"
            " alertKey-a}}",
            "      b: {slack: {channel: '#llm on call', keySecret: alertKey-b}}",
            "    route: {critical: a, warning: b}",
        ),
        (
            Mistake(
                "addons.prometheus.existing.url",
                6,
                'got "http://prometheus.monitoring:70000"; allowed: a URL',
                "write, for example, url: http://prometheus-operated.monitoring:9090",
            ),
            Mistake(
                "monitoring.alerts.runbooks",
                9,
                'got "javascript:alert(1)"; allowed: a URL with http:// or https://, or a path in the repository',
                "write, for example, runbooks: https://git.example.com/ml/llm-platform/docs/runbooks",
            ),
            Mistake(
                "monitoring.alerts.receivers.a.email.from",
                11,
                'got "a@b@llm.org"; allowed: a mail address with a dot in its domain of at most 200 characters',
                'write, for example, from: "alerts@example.com"',
            ),
            Mistake(
                "monitoring.alerts.receivers.a.email.server",
                11,
                'got "smtp.llm.org:70000"; allowed: a HOST:PORT with a port up to 65535 of at most 200 characters',
                "write, for example, server: smtp.example.com:587",
            ),
            Mistake(
                "monitoring.alerts.receivers.a.email.to",
                11,
                'got "ops@example"; allowed: a mail address with a dot in its domain of at most 200 characters',
                'write, for example, to: "llm-on-call@example.com"',
            ),
            Mistake(
                "monitoring.alerts.receivers.b.slack.channel",
                12,
                'got "#llm on call"; allowed: a name of a channel without spaces of at most 80 characters',
                'write channel: "#llm-on-call"',
            ),
        ),
    ),
    Bad(
        "a heartbeat that nothing calls, and its URL, which is a secret, in place of the secret's name",
        stack(
            CLUSTER,
            MODEL,
            "addons: {prometheus: disabled, keda: disabled}",
            "monitoring:",
            "  alerts:",
            "    heartbeat: {keySecret: 'https://hc-ping.com/hunter2-hunter2-hunter2'}",
        ),
        (
            Mistake(
                "monitoring.alerts.heartbeat",
                9,
                "addons.prometheus is disabled: nothing would call it",
                "write addons: {prometheus: install}",
            ),
            _hidden(
                "alerts.heartbeat.keySecret",
                9,
                "a name of a secret, alertKey-NAME of at most 60 characters",
                "write keySecret: alertKey-heartbeat",
            ),
        ),
    ),
    *(
        Bad(
            f"the URL of a heartbeat as {where}",
            stack(CLUSTER, MODEL, f"monitoring: {{alerts: {{heartbeat: {written}}}}}"),
            (mistake,),
        )
        for where, written, mistake in (
            (
                "its value",
                "'https://hc-ping.com/hunter2-hunter2-hunter2'",
                _hidden(
                    "alerts.heartbeat",
                    6,
                    "a mapping with keySecret",
                    "write heartbeat: {keySecret: alertKey-heartbeat}",
                ),
            ),
            (
                "url",
                "{keySecret: alertKey-heartbeat, url: 'https://hc-ping.com/hunter2-hunter2-hunter2'}",
                Mistake(
                    "monitoring.alerts.heartbeat.url",
                    6,
                    "unknown key; write keySecret: alertKey-NAME, a secret of the stack that has it (`pulumi config set"
                    " --secret alertKey-NAME`)",
                ),
            ),
        )
    ),
    Bad(
        "labels of dashboards that nothing reads, and a kind that doesn't exist",
        stack(CLUSTER, MODEL, "monitoring: {dashboards: {kind: files, labels: {grafana: yes}}}"),
        (
            Mistake(
                "monitoring.dashboards.labels",
                6,
                "read only by the sidecar of a Grafana that exists",
                "write kind: sidecar beside it",
            ),
        ),
    ),
    Bad(
        "Slack's URL, which is a secret, wherever people write it",
        stack(
            CLUSTER,
            MODEL,
            "monitoring:",
            "  alerts:",
            "    receivers:",
            f"      team: {{slack: {_SLACK}}}",
            f'      ops: {{slack: {{channel: "#llm", keySecret: alertKey-ops, url: {_SLACK}}}}}',
            "      hook: {webhook: {url: https://hooks.example.com/1, keySecret: alertKey-hook}}",
            f"    route: {{critical: {_SLACK}, warning: ops}}",
        ),
        (
            _webhook("receivers.team.slack", 9, "team"),
            _webhook("receivers.ops.slack.url", 10, "ops"),
            Mistake(
                "monitoring.alerts.receivers.hook.webhook.url",
                11,
                "unknown key; write keySecret: alertKey-NAME, a secret of the stack that has it (`pulumi config set"
                " --secret alertKey-NAME`)",
            ),
            _webhook("route.critical", 12, "slack"),
        ),
    ),
    Bad(
        "receivers with their keys in plain text, and a route to nobody",
        stack(
            CLUSTER,
            MODEL,
            "monitoring:",
            "  alerts:",
            "    receivers:",
            "      on-call: {pagerduty: {keySecret: 0123456789abcdef0123456789abcdef}}",
            '      team: {slack: {channel: "#llm", keySecret: "https://hooks.slack.com/services/T0/B0/X"}}',
            "    route: {critical: on-cal, warning: team}",
        ),
        (
            Mistake(
                "monitoring.alerts.receivers.on-call.pagerduty.keySecret",
                9,
                "got what may be a key (not shown); allowed: a name of a secret, alertKey-NAME of at most 60"
                " characters",
                "write keySecret: alertKey-on-call",
            ),
            _webhook("receivers.team.slack.keySecret", 10, "team"),
            Mistake(
                "monitoring.alerts.route.critical", 11, "no receiver on-cal; there are on-call, team", "write on-call"
            ),
        ),
    ),
    Bad(
        "keys of no known form where their secret's name belongs",
        stack(
            CLUSTER,
            MODEL,
            "monitoring:",
            "  alerts:",
            "    receivers:",
            "      a: {webhook: 'https://hooks.example.com/hunter2hunter2'}",
            "      b: {pagerduty: hunter2hunter2hunter2hunter2abcd}",
            "      c: {email: {to: a@llm.org, from: b@llm.org, server: 'me:hunter2@smtp.llm.org:587', user: me,"
            " keySecret: alertKey-c}}",
            "    route: {critical: a, warning: c}",
            "  traces: {otlp: {endpoint: 'https://otlp.llm.org', headers: {x-api-key: hunter2, authorization: Bearer"
            " sk-lf-0123456789abcdef}}}",
        ),
        (
            _hidden(
                "alerts.receivers.a.webhook", 9, "a mapping with keySecret", "write webhook: {keySecret: alertKey-a}"
            ),
            Mistake(
                "monitoring.alerts.receivers.b",
                10,
                "no route leads to it, so it gets nothing",
                "write route: {critical: b} beside receivers, or warning",
            ),
            _hidden(
                "alerts.receivers.b.pagerduty",
                10,
                "a mapping with keySecret",
                "write pagerduty: {keySecret: alertKey-b}",
            ),
            _hidden(
                "alerts.receivers.c.email.server",
                11,
                "a HOST:PORT with a port up to 65535 of at most 200 characters",
                "write, for example, server: smtp.example.com:587",
            ),
            Mistake(
                "monitoring.traces.otlp.headers.authorization",
                13,
                "a credential in plain text (value not shown). Revoke it, then:",
                "pulumi config set --secret traceKey-authorization -s dev, and as the header {keySecret:"
                " traceKey-authorization}",
            ),
            _hidden(
                "traces.otlp.headers.x-api-key",
                13,
                "a mapping with keySecret",
                "write x-api-key: {keySecret: traceKey-x-api-key}",
            ),
        ),
    ),
    *(
        Bad(
            f"an address of a receiver of traces with {what} in it, in the place of its section",
            stack(CLUSTER, MODEL, f"monitoring: {{traces: {{otlp: '{url}'}}}}"),
            (
                _hidden(
                    "traces.otlp",
                    6,
                    "a mapping with endpoint, headers, cidrs",
                    "write, for example, otlp: {endpoint: https://otlp.example.com}",
                ),
            ),
        )
        for what, url in (
            ("a login", "https://me:hunter2@otlp.llm.org"),
            ("a key", "https://otlp.llm.org/otel?key=hunter2"),
        )
    ),
    Bad(
        "receivers on a cluster that exists, whose Prometheus nobody named",
        stack(
            LAPTOP,
            CPU,
            "monitoring: {alerts: {receivers: {a: {webhook: {keySecret: alertKey-a}}}, route: {critical: a}}}",
            region=None,
        ),
        (
            Mistake(
                "monitoring.alerts.receivers",
                5,
                "the stack installs no Prometheus, and doesn't say where one is: there is no alert that they could get",
                "write addons: {prometheus: {existing: {url: http://prometheus-operated.monitoring:9090}}}, or install",
            ),
        ),
    ),
    Bad(
        "receivers beside Amazon's Prometheus, which reads no rules of the cluster",
        stack(
            CLUSTER,
            MODEL,
            "addons: {prometheus: {existing: {url: 'https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1',"
            " auth: {sigv4: {}}}}}",
            "monitoring: {alerts: {receivers: {a: {webhook: {keySecret: alertKey-a}}}, route: {critical: a}}}",
        ),
        (
            Mistake(
                "monitoring.alerts.receivers",
                7,
                "Amazon Managed Prometheus reads no rules from the cluster: there is no alert that they could get",
                "leave receivers, route and heartbeat out, and let the workspace's own rules notify",
            ),
        ),
    ),
    Bad(
        "receivers of no kind and of two, one that no route names, and none of which there is an alert",
        stack(
            CLUSTER,
            model("replicas: 1"),
            "addons: {prometheus: disabled, keda: disabled}",
            "monitoring:",
            "  alerts:",
            "    receivers:",
            "      a: {}",
            "      b: {pagerduty: {keySecret: alertKey-b}, webhook: {keySecret: alertKey-b}}",
            "      c: {webhook: {keySecret: alertKey-c}}",
            "    route: {critical: a, warning: b}",
        ),
        (
            Mistake(
                "monitoring.alerts.receivers",
                9,
                "addons.prometheus is disabled: there is no alert that they could get",
                "write addons: {prometheus: install}",
            ),
            Mistake(
                "monitoring.alerts.receivers.a",
                10,
                "got none; a receiver is exactly one of slack, pagerduty, webhook, email",
                "write pagerduty: {keySecret: alertKey-pagerduty}",
            ),
            Mistake(
                "monitoring.alerts.receivers.b",
                11,
                "got pagerduty and webhook; a receiver is exactly one of slack, pagerduty, webhook, email",
                "write pagerduty: {keySecret: alertKey-pagerduty}",
            ),
            Mistake(
                "monitoring.alerts.receivers.c",
                12,
                "no route leads to it, so it gets nothing",
                "write route: {critical: c} beside receivers, or warning",
            ),
        ),
    ),
    Bad(
        "a receiver's URL in plain text, and one that nobody reads",
        stack(
            CLUSTER,
            MODEL,
            "monitoring: {alerts: {receivers: {a: {webhook: {keySecret: alertKey-a}}}, route: {critical: a}}}",
        )
        + "  llm-platform:alertKey-a: https://hooks.example.com/token\n  llm-platform:alertKey-old: {secure: v1:abc}\n",
        (
            Mistake(
                "alertKey-a",
                7,
                "a secret in plain text (value not shown). Revoke it, then:",
                "pulumi config set --secret alertKey-a -s dev",
            ),
            Mistake(
                "alertKey-old",
                8,
                "no receiver has this keySecret; did you mean alertKey-a?",
                "pulumi config rm alertKey-old -s dev",
            ),
        ),
    ),
    Bad(
        "traces: an address without TLS that isn't in the cluster, a key in plain text, more than all requests",
        stack(
            CLUSTER,
            MODEL,
            "monitoring: {traces: {sample: 10, otlp: {endpoint: 'http://otlp.example.com', headers: {authorization:"
            " {keySecret: Bearer abcdefghijklmnopqrstuvw}}}}}",
        ),
        (
            Mistake(
                "monitoring.traces.otlp.endpoint",
                6,
                "http://: spans would leave the cluster unencrypted; otlp.example.com is no Service of it",
                "write https://otlp.example.com, or http://NAME.NAMESPACE.svc:4318 for a Service",
            ),
            Mistake(
                "monitoring.traces.otlp.headers.authorization.keySecret",
                6,
                "got what may be a key (not shown); allowed: a name of a secret, traceKey-NAME of at most 60"
                " characters",
                "write keySecret: traceKey-authorization",
            ),
            Mistake(
                "monitoring.traces.sample",
                6,
                "got the number 10; allowed: a number over 0, at most 1",
                "write sample: 0.1",
            ),
        ),
    ),
    *(
        Bad(
            f"traces: {what}",
            stack(CLUSTER, MODEL, f"monitoring: {{traces: {{otlp: {{endpoint: '{url}'}}}}}}"),
            (Mistake("monitoring.traces.otlp.endpoint", 6, got, write),),
        )
        for what, url, got, write in (
            (
                "a login in the address",
                "https://me:secret@otlp.example.com",
                "has a user or a password in it, readable to everybody (not shown): revoke it",
                "write the URL without, and headers: {authorization: {keySecret: traceKey-NAME}}",
            ),
            (
                "a key behind the address",
                "https://otlp.example.com/otel?key=abc",
                "has a part behind ? or #, which may be a key (not shown), and which no request would have",
                "write https://otlp.example.com/otel, and what it was for in headers",
            ),
            (
                "the whole path",
                "https://otlp.example.com:4318/v1/traces",
                "ends with /v1/traces, which is added",
                "write https://otlp.example.com:4318",
            ),
            (
                "another protocol",
                "grpc://otlp.example.com:4317",
                "grpc://: spans are sent as OTLP over HTTP",
                "write https://otlp.example.com",
            ),
        )
    ),
    Bad(
        "traces: addresses that are no network",
        stack(
            CLUSTER,
            MODEL,
            "monitoring: {traces: {otlp: {endpoint: 'https://otlp.llm.org', cidrs: [10.0.0.0/40, 10.0.0.1/16]}}}",
        ),
        (
            Mistake(
                "monitoring.traces.otlp.cidrs[0]",
                6,
                "10.0.0.0/40 isn't an IPv4 network",
                "write one such as 10.0.0.0/16",
            ),
            Mistake(
                "monitoring.traces.otlp.cidrs[1]", 6, "10.0.0.1/16 has bits set after its /16", "write 10.0.0.0/16"
            ),
        ),
    ),
    Bad(
        "traces: addresses of a Service of the cluster, and a header that nobody has",
        stack(
            CLUSTER,
            MODEL,
            "monitoring: {traces: {otlp: {endpoint: 'http://tempo.monitoring.svc:4318', cidrs: [10.0.0.0/16]}}}",
        )
        + "  llm-platform:traceKey-old: {secure: v1:abc}\n",
        (
            Mistake(
                "monitoring.traces.otlp.cidrs",
                6,
                "the URL names a Service of this cluster, whose pods are let through by their namespace",
                "leave it out",
            ),
            Mistake(
                "traceKey-old",
                7,
                "no header of monitoring.traces has this keySecret",
                "pulumi config rm traceKey-old -s dev",
            ),
        ),
    ),
)
