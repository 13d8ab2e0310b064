"""A Prometheus that exists: its login reaches every scaler, and what it lacks is asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.plan.cluster import PrometheusLogin
from infra.planning import Plan
from tests.cli.running import plan as plan_command
from tests.cli.running import write_stack
from tests.planning.stacks import SHARED, changed, plan

URL = "http://prometheus-operated.watch:9090"
AMAZON = "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1f0c"


def prometheus(url: str = URL, **existing: Any) -> Plan:
    return plan(changed(SHARED, addons={"prometheus": {"existing": {"url": url, **existing}}}))


def asked(result: Plan) -> dict[str, str]:
    return {note.path.removeprefix("addons.prometheus.existing."): note.message for note in result.to_do}


@pytest.mark.parametrize(
    ("url", "auth", "login"),
    [
        (URL, None, None),
        (URL, {"bearerSecret": {"name": "p"}}, PrometheusLogin("bearer", "p", {"bearerToken": "token"}, None, None)),
        (
            URL,
            {"basicSecret": {"name": "p", "usernameKey": "u"}},
            PrometheusLogin("basic", "p", {"username": "u", "password": "password"}, None, None),
        ),
        (AMAZON, {"sigv4": {}}, PrometheusLogin("sigv4", None, {}, "eu-west-1", None)),
    ],
)
def test_the_plan_has_the_login(url: str, auth: Any, login: PrometheusLogin | None) -> None:
    monitoring = prometheus(url, auth=auth, monitorLabels={}).monitoring
    assert monitoring is not None
    assert monitoring.login == login


def test_labels_that_nobody_gave_are_asked_for_and_none_at_all_can_be_said() -> None:
    message = asked(prometheus())["monitorLabels"]
    assert "qwen3-8b would stay at the fewest replicas" in message
    assert "serviceMonitorSelector" in message
    assert "monitorLabels" not in asked(prometheus(monitorLabels={}))
    assert "monitorLabels" not in asked(prometheus(monitorLabels={"release": "kube-prom"}))


@pytest.mark.parametrize(
    ("url", "auth", "path", "words"),
    [
        (
            URL,
            {"bearerSecret": {"name": "p"}},
            "auth",
            "kubectl -n llm create secret generic p --from-literal=token=...",
        ),
        (AMAZON, {"sigv4": {}}, "auth.sigv4", "aps:QueryMetrics"),
        (AMAZON, {"sigv4": {}}, "url", "scrapes nothing by itself"),
    ],
)
def test_what_the_login_needs_is_asked_for(url: str, auth: Any, path: str, words: str) -> None:
    assert words in asked(prometheus(url, auth=auth, monitorLabels={}))[path]


@pytest.mark.parametrize(("auth", "needed"), [({"sigv4": {}}, True), ({"bearerSecret": {"name": "p"}}, False)])
def test_rights_of_kedas_operator_need_the_pod_identity_agent(auth: Any, needed: bool) -> None:
    url = AMAZON if needed else URL
    message = asked(prometheus(url, auth=auth, monitorLabels={})).get("cluster.existing.eks", "")
    assert ("keda: AWS rights come from the EKS Pod Identity agent" in message) == needed


STACK = """\
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {existing: {eks: shared-cluster}}
    gpuPools: {gpu: {existing: {gpu: L4, gpusPerNode: 1, selector: {pool: gpu}}, max: 4}}
    addons: {prometheus: {existing: {url: "https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-0a1b", AUTH}}}
    models:
      chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192, concurrency: 4, replicas: {min: 1, max: 3}}
      coder: {model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: REPLICAS}
    cache: {kind: storageClass, storageClass: efs-sc, size: 50Gi}
"""


def test_amazons_prometheus_without_a_login_is_refused(tmp_path: Path) -> None:
    write_stack(tmp_path, STACK.replace("AUTH", "namespace: monitoring").replace("REPLICAS", "1"))
    result = plan_command("dev", stacks=tmp_path)
    assert result.exit_code == 2
    assert "addons.prometheus.existing.auth" in result.stderr
    assert "write auth: {sigv4: {}} beside url" in result.stderr


@pytest.mark.parametrize("replicas", ["1", "{min: 1, max: 2}"])
def test_one_login_serves_every_scaler_of_the_namespace(replicas: str, tmp_path: Path) -> None:
    write_stack(tmp_path, STACK.replace("AUTH", "auth: {sigv4: {}}").replace("REPLICAS", replicas))
    resources = json.loads(plan_command("dev", "--format", "json", stacks=tmp_path).stdout)["resources"]
    of = {
        kind: [r for r in resources if r["type"].endswith(f":{kind}")]
        for kind in ("TriggerAuthentication", "ScaledObject")
    }
    (login,) = of["TriggerAuthentication"]
    assert login["inputs"]["spec"] == {"podIdentity": {"provider": "aws"}}
    assert len(of["ScaledObject"]) == (1 if replicas == "1" else 2)
    for scaled in of["ScaledObject"]:
        assert any("PrometheusLogin" in urn for urn in scaled["options"]["depends_on"])
        assert {t["metadata"]["awsRegion"] for t in scaled["inputs"]["spec"]["triggers"]} == {"us-east-1"}
