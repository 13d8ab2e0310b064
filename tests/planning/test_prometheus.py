"""An existing Prometheus: every scaler gets its login, and the plan lists what is missing."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.plan.monitoring import PrometheusLoginPlan, SecretRef
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
        (
            URL,
            {"bearerSecret": {"name": "p"}},
            PrometheusLoginPlan("bearer", "p", {"bearerToken": "token"}, None, None),
        ),
        (
            URL,
            {"basicSecret": {"name": "p", "usernameKey": "u"}},
            PrometheusLoginPlan("basic", "p", {"username": "u", "password": "password"}, None, None),
        ),
        (AMAZON, {"sigv4": {}}, PrometheusLoginPlan("sigv4", None, {}, "eu-west-1", None)),
        (
            URL,
            {"bearerSecret": {"name": "p"}, "caSecret": {"name": "ca"}},
            PrometheusLoginPlan("bearer", "p", {"bearerToken": "token"}, None, None, SecretRef("ca", "ca.crt")),
        ),
        (
            "https://prometheus.acme.io",
            {"caSecret": {"name": "ca"}},
            PrometheusLoginPlan("custom", None, {}, None, None, SecretRef("ca", "ca.crt")),
        ),
    ],
)
def test_the_plan_has_the_login(url: str, auth: Any, login: PrometheusLoginPlan | None) -> None:
    monitoring = prometheus(url, auth=auth, monitorLabels={}).monitoring
    assert monitoring is not None
    assert monitoring.login == login


def test_labels_that_nobody_gave_are_asked_for_and_none_at_all_can_be_said() -> None:
    message = asked(prometheus())["monitorLabels"]
    assert "qwen3-8b would stay at the minimum of replicas" in message
    for kind in ("serviceMonitor", "podMonitor", "rule", "ruleNamespace"):
        assert f"{{.{kind}Selector}}" in message
    assert "PrometheusRule" in message
    assert "no alert would say so" in message
    assert "monitorLabels" not in asked(prometheus(monitorLabels={}))
    assert "monitorLabels" not in asked(prometheus(monitorLabels={"release": "kube-prom"}))


@pytest.mark.parametrize(
    ("url", "auth", "path", "words"),
    [
        (
            URL,
            {"bearerSecret": {"name": "p"}},
            "auth",
            "qwen3-8b: KEDA reads the login from a Secret in the models' namespace, and scales none until it finds it;"
            " before `pulumi up`, or once it has made the namespace llm where the stack is new: `kubectl -n llm create"
            " secret generic p --from-literal=token=...`",
        ),
        (
            "https://prometheus.acme.io",
            {"bearerSecret": {"name": "p"}, "caSecret": {"name": "ca"}},
            "auth",
            "`kubectl -n llm create secret generic p --from-literal=token=...` and"
            " `kubectl -n llm create secret generic ca --from-file=ca.crt=ca.pem`",
        ),
        (
            "https://prometheus.acme.io",
            {"bearerSecret": {"name": "p"}, "caSecret": {"name": "p", "key": "ca"}},
            "auth",
            "create secret generic p --from-literal=token=... --from-file=ca=ca.pem`",
        ),
        (
            "https://prometheus.acme.io",
            {"caSecret": {"name": "ca"}},
            "auth",
            "KEDA reads the CA's certificate from a Secret in the models' namespace, and scales none until it finds it;"
            " before `pulumi up`, or once it has made the namespace llm where the stack is new:"
            " `kubectl -n llm create secret generic ca --from-file=ca.crt=ca.pem`",
        ),
        (AMAZON, {"sigv4": {}}, "auth.sigv4", "aps:QueryMetrics"),
        (AMAZON, {"sigv4": {}}, "url", "scrapes nothing by itself"),
    ],
)
def test_what_the_login_needs_is_asked_for(url: str, auth: Any, path: str, words: str) -> None:
    assert words in asked(prometheus(url, auth=auth, monitorLabels={}))[path]


def test_a_secret_in_a_namespace_of_others_comes_before_up() -> None:
    """One that `pulumi up` makes isn't there before, and it refuses one that somebody made by hand."""
    existing = {"url": URL, "auth": {"bearerSecret": {"name": "p"}}, "monitorLabels": {}}
    stack = changed(
        SHARED, addons={"prometheus": {"existing": existing}}, namespace={"name": "theirs", "create": False}
    )
    paths = [note.path for note in plan(stack).to_do]
    assert paths.index("namespace.name") < paths.index("addons.prometheus.existing.auth")
    said = asked(plan(stack))["auth"]
    assert "before `pulumi up`: `kubectl" in said
    assert "`kubectl -n theirs create secret generic p" in said


@pytest.mark.parametrize(
    ("url", "existing", "asks"),
    [
        ("https://prometheus.acme.io", {}, True),
        ("http://10.0.0.7:9090", {}, True),
        ("http://prometheus:9090", {}, True),
        ("https://prometheus.acme.io", {"namespace": "cattle-monitoring-system"}, False),
        (URL, {}, False),
        ("http://prometheus-operated.watch.svc.cluster.local:9090", {}, False),
        (AMAZON, {"auth": {"sigv4": {}}}, True),
    ],
)
def test_an_address_that_names_no_namespace_is_asked_about(url: str, existing: dict[str, Any], asks: bool) -> None:
    result = prometheus(url, monitorLabels={}, **existing)
    assert result.monitoring is not None
    assert result.monitoring.namespace == existing.get("namespace", "monitoring" if asks else "watch")
    message = asked(result).get("namespace", "")
    assert ("NetworkPolicies let in monitoring; write the namespace" in message) is asks


def test_where_no_model_scales_nothing_has_to_be_done() -> None:
    existing = {"url": "https://prometheus.acme.io", "auth": {"basicSecret": {"name": "p"}}}
    scales = changed(SHARED, addons={"prometheus": {"existing": existing}})
    assert {"monitorLabels", "namespace", "auth"} <= asked(plan(scales)).keys()
    fixed = plan(changed(scales, models__qwen3_8b__replicas=2))
    assert not [note for note in fixed.to_do if note.path.startswith("addons.prometheus.")]
    assumed = [note.path.rpartition(".")[2] for note in fixed.assumptions if "no model needs" in note.message]
    assert assumed == ["monitorLabels", "namespace"]


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
    assert "write auth: {sigv4: {}} next to url" in result.stderr


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


@pytest.mark.parametrize(
    ("url", "auth", "warns"),
    [
        ("http://prometheus.acme.io:9090", {"basicSecret": {"name": "p"}}, True),
        ("http://10.0.0.7:9090", {"bearerSecret": {"name": "p"}}, True),
        ("https://prometheus.acme.io", {"basicSecret": {"name": "p"}}, False),
        (URL, {"basicSecret": {"name": "p"}}, False),  # inside the cluster
        ("http://prometheus.acme.io:9090", None, False),
    ],
)
def test_a_login_in_plain_text_is_warned_of(url: str, auth: Any, warns: bool) -> None:
    found = prometheus(url, auth=auth, monitorLabels={}, namespace="watch").warnings
    assert any("in plain text" in each.message for each in found) == warns
