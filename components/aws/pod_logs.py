"""Fluent Bit: sends what the pods of one namespace write to CloudWatch."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from components.aws.pod_role import release_with_role
from components.chart import Chart

SERVICE_ACCOUNT = "fluent-bit"
_INPUT = """[INPUT]
    Name tail
    Path /var/log/containers/*_{namespace}_*.log
    Tag pod.<pod>.<container>
    Tag_Regex (?<pod>[^_/]+)_{namespace}_(?<container>[^_]+)-[a-f0-9]{{64}}\\.log$
    multiline.parser cri
    Mem_Buf_Limit 32MB
    Skip_Long_Lines On
"""
# A line of JSON becomes fields. What the kubelet and Prometheus ask every few seconds would be most of an engine's log.
_FILTERS = """[FILTER]
    Name parser
    Match *
    Key_Name log
    Parser line
    Reserve_Data On

[FILTER]
    Name grep
    Match *
    Exclude log GET /(health|metrics) HTTP
"""
_OUTPUT = """[OUTPUT]
    Name cloudwatch_logs
    Match *
    region {region}
    log_group_name {group}
    log_stream_prefix pod.
    log_stream_template $TAG[1].$TAG[2]
    auto_create_group Off
    Retry_Limit 10
"""
_PARSER = """[PARSER]
    Name line
    Format json
"""
_LOGS = "/var/log"


def values(*, namespace: str, region: str, group: str) -> dict[str, Any]:
    """It asks nothing of the Kubernetes API: the name of a log's file says which pod wrote it. Root, as these files are
    root's alone; with no capability, and it can write nothing."""
    return {
        "fullnameOverride": SERVICE_ACCOUNT,
        "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT, "automountServiceAccountToken": False},
        "rbac": {"create": False},
        "testFramework": {"enabled": False},
        "priorityClassName": "system-node-critical",
        "tolerations": [{"operator": "Exists"}],  # GPU nodes too
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "securityContext": {
            "runAsUser": 0,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "daemonSetVolumes": [{"name": "varlog", "hostPath": {"path": _LOGS}}],
        "daemonSetVolumeMounts": [{"name": "varlog", "mountPath": _LOGS, "readOnly": True}],
        "config": {
            "inputs": _INPUT.format(namespace=namespace),
            "filters": _FILTERS,
            "outputs": _OUTPUT.format(region=region, group=group),
            "customParsers": _PARSER,
        },
    }


class PodLogs(NamedTuple):
    chart: Chart
    cluster_name: str
    region: str
    namespace: str  # whose pods' logs are kept
    group: str
    days: int

    def install(
        self, name: str, *, mirror: str | None, parent: pulumi.Resource, depends_on: Sequence[pulumi.Resource]
    ) -> k8s.helm.v3.Release:
        # checkov:skip=CKV_AWS_158: CloudWatch encrypts it with its own key; logs hold no prompt and no key
        # checkov:skip=CKV_AWS_338: the stack file says how long they are kept
        group = aws.cloudwatch.LogGroup(
            f"{name}-group",
            name=self.group,
            retention_in_days=self.days,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        return release_with_role(
            name,
            chart=self.chart,
            mirror=mirror,
            values=values(namespace=self.namespace, region=self.region, group=self.group),
            cluster_name=self.cluster_name,
            service_account=SERVICE_ACCOUNT,
            policy=policy(group.arn),
            parent=parent,
            depends_on=[group, *depends_on],
        )


def policy(group_arn: pulumi.Input[str]) -> dict[str, Any]:
    """Writes to its own group alone, and can't make one: late lines would make a deleted group again, without limit."""
    allow = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"]}
    return {"Version": "2012-10-17", "Statement": [{**allow, "Resource": pulumi.Output.concat(group_arn, ":*")}]}
