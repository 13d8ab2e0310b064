"""Edits that look harmless: what a reviewer has to read of them, and what is not true of them."""

from functools import cache
from typing import Any, NamedTuple

import pytest

from infra.cli.diff.figures_table import figures_table
from infra.cli.diff.tables import users
from infra.cli.diff.verdict import headline, mark, reasons
from infra.cli.document.marked import plain
from infra.diff.advice import advice
from infra.diff.difference import Difference, compare
from tests.diff.stacks import base, edited, side

Edit = dict[str, Any]
PAGER = {
    "receivers": {"on-call": {"pagerduty": {"keySecret": "alertKey-pd"}}},
    "route": {"critical": "on-call", "warning": "on-call"},
}
ELSEWHERE = {"existing": {"url": "http://prometheus-operated.metrics:9090", "monitorLabels": {}}}
INSIDE = {"existing": {"url": "http://prometheus-operated.monitoring:9090", "monitorLabels": {}}}
BLUE = {"models.chat.rollout": {"strategy": "blueGreen"}, "models.chat.next": {"maxModelLen": 4096}}
TENTH = {**BLUE, "models.chat.rollout": {"strategy": "canary", "weight": 10}}
ALL = {**BLUE, "models.chat.rollout": {"strategy": "blueGreen", "weight": 100}}
SAME = {"models.chat.next": {"gpuMemoryUtilization": 0.85}}
TWO = {"gateway.clients": {"web": {"models": ["chat"], "namespace": "shop"}}}
HOURS = {"days": "mon-fri", "from": "08:00", "to": "19:00", "timezone": "UTC"}
ADAPTER = {"model": "acme/sql-lora", "rank": 16}


class Case(NamedTuple):
    before: Edit
    after: Edit
    title: str  # its mark and a part of it
    says: tuple[str, ...] = ()  # below it
    silent: tuple[str, ...] = ()  # isn't said
    stack: str = "cloud"


OPEN: Edit = {"gateway.expose": "public", "gateway.clients": {"web": {}}}
ACL = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/llm/5f0c0000-0000-4000-8000-000000000002"

CASES = {
    "callers from everywhere": Case(
        {**OPEN, "gateway.inboundCidrs": ["192.0.2.0/24"]},
        OPEN,
        "⚠️ the models are called from every address, and no longer from 192.0.2.0/24 alone",
    ),
    "no filter of requests": Case({**OPEN, "gateway.wafAclArn": ACL}, OPEN, "⚠️ no web ACL filters requests any more"),
    "no kubectl from the office": Case(
        {"cluster.create.access": {"apiFrom": ["203.0.113.0/24"]}},
        {},
        "⚠️ kubectl and pulumi up no longer reach the cluster's API from 203.0.113.0/24",
    ),
    "kubectl from more addresses": Case(
        {"cluster.create.access": {"apiFrom": ["203.0.113.0/24"]}},
        {"cluster.create.access": {"apiFrom": ["203.0.112.0/23"]}},
        "✅ the bill stays",
    ),
    "a filter of requests": Case(OPEN, {**OPEN, "gateway.wafAclArn": ACL}, "✅ the bill stays"),
    "nobody hears of alerts": Case(
        {"monitoring.alerts": PAGER},
        {},
        "⚠️ nobody is notified of critical and warning alerts any more",
        ("the stack notifies nobody of critical and warning alerts any more; they went to on-call (PagerDuty)",),
    ),
    "nobody hears of warnings": Case(
        {"monitoring.alerts": PAGER},
        {"monitoring.alerts": {**PAGER, "route": {"critical": "on-call"}}},
        "⚠️ nobody is notified of warning alerts any more",
    ),
    "somebody hears of alerts": Case(
        {},
        {"monitoring.alerts": PAGER},
        "✅ the bill stays",
        ("critical and warning alerts go to on-call (PagerDuty)",),
    ),
    "another channel": Case(
        {"monitoring.alerts": PAGER},
        {
            "monitoring.alerts": {
                **PAGER,
                "receivers": {"on-call": {"slack": {"channel": "#llm", "keySecret": "alertKey-slack"}}},
            }
        },
        "✅ the bill stays",
        ("alerts go to on-call (Slack, #llm), were for on-call (PagerDuty)",),
    ),
    "nobody hears any more when Prometheus is away": Case(
        {"monitoring.alerts": {**PAGER, "heartbeat": {"keySecret": "alertKey-beat"}}},
        {"monitoring.alerts": PAGER},
        "⚠️ nobody hears any more when Prometheus itself is away",
        ("no longer checked: LlmHeartbeat",),
        ("none alerts",),
    ),
    "another Prometheus, which may lack figures": Case(
        {},
        {"addons": {"prometheus": ELSEWHERE}},
        "⚠️ Chart kube-prometheus-stack ends",
        ("no longer checked: LlmBudgetNearlySpent, LlmBudgetPace, LlmPodHasNoNode",),
    ),
    "a Prometheus that the same change removes": Case(
        {},
        {"addons": {"prometheus": INSIDE}},
        "❌ 1 rule broken",
        ("the change deletes the namespace monitoring, and with it the Prometheus of",),
    ),
    "another Prometheus": Case(
        {},
        {"addons": {"prometheus": ELSEWHERE}},
        "⚠️",
        ("ask http://prometheus-operated.metrics:9090, were asking the Prometheus of this stack: what that one",),
    ),
    "alerts without the label that leads to a team": Case(
        {"monitoring.alerts": {"labels": {"team": "ml"}}},
        {},
        "✅",
        ("alerts no longer have the label team: ml, by which an Alertmanager of the cluster may know whom to notify",),
    ),
    "another ingress controller": Case(
        {},
        {"gateway.ingressClass": "traefik"},
        "⚠️ 2 models down for a while",
        ("unreachable from outside until DNS follows",),
        (),
        "own",
    ),
    "no budget": Case(
        {}, {"budget": None}, "⚠️ no budget limits the bill any more", ("no longer checked: LlmBudgetNearlySpent",)
    ),
    "a budget of a smaller bill": Case(
        {},
        {"budget.of": "expected"},
        "⚠️ the budget limits the expected bill, and no longer the maximum",
        ("20,000 (maximum)", "20,000 (expected)"),
    ),
    "a key that old pods don't know": Case(
        {},
        {"gateway.engineKeys": [2]},
        "⚠️ 2 models down for a while",
        (
            "its old pods answer 401, as the gateway sends key 2 at once, and they accept 1",
            "`gateway.engineKeys` is `[1, 2]` in a first change, `[2, 1]` in the next one, and `[2]` at last",
        ),
        ("without a gap",),
    ),
    "one key more": Case({}, {"gateway.engineKeys": [1, 2]}, "✅", ("a rollout without a gap",), ("401",)),
    "the other of two keys": Case({"gateway.engineKeys": [1, 2]}, {"gateway.engineKeys": [2, 1]}, "✅", (), ("401",)),
    "a tenth with a shorter context": Case(
        BLUE,
        TENTH,
        "⚠️ a next version answers a part of the requests to chat",
        ("a request that its next version answers has up to 4,096 tokens; a longer one is refused",),
    ),
    "all with a shorter context": Case(BLUE, ALL, "⚠️ chat refuses requests over 4,096 tokens"),
    "all of the same model": Case(BLUE | SAME, ALL | SAME, "⚠️ a next version answers all requests to chat"),
    "a next version ends in the midst": Case(TENTH, {}, "⚠️ a next version ends that answers requests to chat"),
    "an idle next version ends": Case(BLUE, {}, "✅ expected", (), ("no longer checked",)),
    "the first clients": Case({}, {"gateway.clients": {"web": {}}}, "⚠️ client default has lower limits"),
    "a Secret elsewhere": Case(
        TWO,
        {"gateway.clients": {"web": {"models": ["chat"], "namespace": "store"}}},
        "⚠️ client web no longer has its Secret where it was",
    ),
    "a window with more replicas": Case(
        {"models.chat.schedule": [{**HOURS, "min": 2}]},
        {"models.chat.schedule": [{**HOURS, "min": 3}]},
        "✅ expected",
        ("at least 3 replicas mon-fri 08:00 to 19:00 UTC, was 2 replicas",),
    ),
    "replicas that start later": Case(
        {},
        {"models.chat.scaling": {"requestsPerReplica": 60}},
        "✅ the bill stays",
        ("another replica starts when each has more than 60 requests, was ",),
    ),
    "a promise": Case(
        {},
        {"models.chat.scaling": {"ttftP95Seconds": 2}},
        "✅ the bill stays",
        ("promised: 95 of 100 first tokens within 2 s",),
    ),
    "no promise": Case(
        {"models.chat.scaling": {"ttftP95Seconds": 2}},
        {},
        "✅ the bill stays",
        ("no promise of first tokens any more; it was 2 s for 95 of 100",),
    ),
    "reached by the network": Case(
        {"gateway": {"expose": "cluster"}}, {}, "✅ 2 models reached from inside the VPC too", (), ("the VPC alone",)
    ),
    "a branch is pinned": Case(
        {"models.chat.revision": "main"},
        {},
        "⚠️ perhaps other weights answer as chat",
        ("perhaps other weights: b968826d9c46, was main",),
    ),
    "an older AMI": Case(
        {},
        {"cluster.create.amiRelease": "1.35.1-20260101"},
        "❌ 1 rule broken",
        ("EKS doesn't move a node group back to an older AMI: 1.35.1-20260101, was",),
    ),
    "an older AMI of a pool": Case(
        {"gpuPools.l4.amiRelease": "1.35.6-20260714"},
        {"gpuPools.l4.amiRelease": "1.35.1-20260101"},
        "❌ 1 rule broken",
        ("gpuPools.l4.amiRelease: EKS doesn't move a node group back to an older AMI: 1.35.1-20260101, was",),
    ),
    "a new pool of an older version": Case(
        {},
        {"gpuPools.l4b": {"instanceTypes": ["g6.4xlarge"], "amiRelease": "1.34.9-20260714"}},
        "❌ 1 rule broken",
        ("gpuPools.l4b.amiRelease: EKS makes a node group of its cluster's version 1.35 alone, and here one of 1.34",),
    ),
    "a pool of an older version whose node group is replaced": Case(
        {"gpuPools.l4.amiRelease": "1.34.9-20260714"},
        {"gpuPools.l4.amiRelease": "1.34.9-20260714", "gpuPools.l4.instanceTypes": ["g6.4xlarge"]},
        "❌",
        ("gpuPools.l4.amiRelease: EKS makes a node group of its cluster's version 1.35 alone, and here one of 1.34",),
    ),
    "a pool that is left": Case(
        {"gpuPools.l4b": {"instanceTypes": ["g6.4xlarge"]}},
        {"gpuPools.l4b": {"instanceTypes": ["g6.4xlarge"]}, "models.chat.pool": "l4b"},
        "✅ expected",
        ("if more than 1 of `l4` may run when this is merged, keep `gpuPools.l4.max: 3` in this change",),
    ),
    "fewer nodes of a pool with a group per zone": Case(
        {"gpuPools.l4.nodeGroups": "perZone", "models.chat.replicas.max": 5},
        {"gpuPools.l4.nodeGroups": "perZone"},
        "⚠️ expected",
        ("if more than 2 of `l4-nodes-use1-az1` or 2 of `l4-nodes-use1-az2` may run", "keep `gpuPools.l4.max: 6`"),
    ),
    "another namespace, and the same file system": Case(
        {},
        {"namespace": {"name": "models"}},
        "❌ replaces the claim of the weights",
        ("down until its pods run again; the weights stay in the file system",),
        ("downloaded again",),
    ),
    "the last adapter ends, and the server restarts": Case(
        {"models.chat.adapters": {"sql": ADAPTER}},
        {},
        "⚠️",
        ("adapter sql is removed: its files stay on the claim",),
        ("may still answer",),
        "own",
    ),
    "an adapter of a higher rank": Case(
        {"models.chat.adapters": {"sql": ADAPTER}},
        {"models.chat.adapters": {"sql": {"model": "acme/sql2-lora", "rank": 32}}},
        "⚠️",
        ("adapter sql has other weights",),
        ("until they restart",),
        "own",
    ),
}


@cache
def compared(name: str) -> Difference:
    case = CASES[name]
    old = side(case.stack, edited(case.stack, case.before)) if case.before else base(case.stack)
    new = side(case.stack, edited(case.stack, case.after)) if case.after else base(case.stack)
    return compare(case.stack, old, new)


def shown(change: Difference) -> str:
    """Below the first line."""
    ways = advice(change.old, change.new, change.refused, change.notices)
    return "\n".join(
        " | ".join(map(plain, row)) for row in (*figures_table(change), *reasons(change), *users(change))
    ) + ("\n".join(ways))


@pytest.mark.parametrize("name", CASES)
def test_the_reviewer_reads_it(name: str) -> None:
    case, change = CASES[name], compared(name)
    sign, _, title = case.title.partition(" ")
    assert mark(change).startswith(sign)
    assert title in plain(headline(change))
    text = shown(change)
    assert [each for each in case.says if each not in text] == []
    assert [each for each in case.silent if each in f"{headline(change)}\n{text}"] == []


def test_where_spans_and_logs_go_is_egress() -> None:
    """Spans leave by a pod of a chart: what the diff says of the pods of models and gateway lacks that."""
    headers = {"authorization": {"keySecret": "traceKey-a"}, "x-tenant": {"keySecret": "traceKey-b"}}
    otlp = {"endpoint": "https://otlp.llm.org/otel", "headers": headers}
    telemetry = {"traces": {"otlp": otlp}, "logs": {"to": "cloudwatch"}}
    new, old = (side("cloud", edited("cloud", edit)) for edit in ({"monitoring": telemetry}, {}))
    there, back = compare("cloud", old, new).access["egress"], compare("cloud", new, old).access["egress"]
    spans, logs = "https://otlp.llm.org/otel (traces)", "cloudwatch (logs)"
    said = "gets spans of traced requests, without their text, with the secrets traceKey-a and traceKey-b"
    assert there[spans].added == back[spans].removed == (said,)
    assert len(there[logs].added) == len(back[logs].removed) == 1


def test_where_alerts_go_is_egress() -> None:
    said = compared("somebody hears of alerts").access["egress"]
    assert said["PagerDuty (receiver on-call)"].added == (
        "gets critical and warning alerts, with the secret alertKey-pd",
    )


def test_what_a_heartbeat_calls_is_egress() -> None:
    said = compared("nobody hears any more when Prometheus is away").access["egress"]
    assert said["a webhook (heartbeat)"].removed == ("is called every 5 minutes, with the secret alertKey-beat",)


def test_a_part_of_a_chart_is_code_from_elsewhere() -> None:
    said = compare("cloud", base("cloud"), side("cloud", edited("cloud", {"monitoring": {"grafana": True}})))
    ((_, chart),) = said.access["code_from_elsewhere"].items()
    assert chart.added == ("with its grafana",)


def test_a_next_version_of_the_same_repository_needs_no_licence_again() -> None:
    gated = {
        "models.chat.model": "meta-llama/Llama-3.1-8B-Instruct",
        "models.chat.revision": "0e9e39f249a16976918f6564b8830bc894c89659",
    }
    old, new = (side("cloud", edited("cloud", each)) for each in (gated, gated | BLUE))
    asked = [each["path"] for each in compare("cloud", old, new).to_do.introduced]
    assert "huggingFaceToken" not in asked
    assert not any(path.startswith("models.") for path in asked)


def test_the_advice_to_keep_nodes_plans() -> None:
    kept = {
        "gpuPools.l4b": {"instanceTypes": ["g6.4xlarge"]},
        "gpuPools.l4.max": 3,
        "models.chat.pool": "l4b",
    }
    assert side("cloud", edited("cloud", kept)).plan["violations"] == []
