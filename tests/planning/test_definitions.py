"""Kinds of objects that no chart of the plan brings are asked for, exactly those that the plan makes."""

import pytest

from infra.offline import Planned
from infra.plan.definitions import Definitions
from tests.example_stacks import plan_text

POOL = "    gpuPools: {l40s: {existing: {gpu: L40S, gpusPerNode: 2, nodes: 4, selector: {gpu: l40s}}}}\n"
STACK = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: gpu-servers}}
    cache: {kind: storageClass, storageClass: nfs, size: 200Gi}
    addons: ADDONS
    models: {chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: REPLICAS}}
"""
SCALED, FIXED = "{min: 1, max: 2}", "1"
AT = "{existing: {url: https://prometheus.acme.io, namespace: watch, monitorLabels: {}LOGIN}}"
AT_URL = AT.replace("LOGIN", "")
WITH_LOGIN = AT.replace("LOGIN", ", auth: {basicSecret: {name: p}}")
AMAZON = WITH_LOGIN.replace("prometheus.acme.io", "aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1").replace(
    "basicSecret: {name: p}", "sigv4: {}"
)
OBJECT, LOGIN = "scaledobjects.keda.sh", "triggerauthentications.keda.sh"
MONITORS = "servicemonitors.monitoring.coreos.com podmonitors.monitoring.coreos.com"
READ = f"{MONITORS} prometheusrules.monitoring.coreos.com"
BROUGHT = {"keda.sh": "keda: install", "monitoring.coreos.com": "prometheus: install"}
BUILT_IN = {"networking.k8s.io", "rbac.authorization.k8s.io", "storage.k8s.io"}
SIZES = "verticalpodautoscalers.autoscaling.k8s.io"


def planned(addons: str, replicas: str = SCALED, more: str = "") -> Planned:
    return plan_text("own", STACK.replace("ADDONS", addons).replace("REPLICAS", replicas) + POOL + more)


def made(of: Planned) -> set[str]:
    """The kinds that no Kubernetes has by itself, of the objects as the engine would be asked to make them."""
    objects = [each.inputs for each in of.recording.resources if "apiVersion" in each.inputs]
    by_group = [(each["apiVersion"].split("/")[0], each["kind"].lower()) for each in objects]
    return {f"{kind}s.{group}" for group, kind in by_group if "." in group and group not in BUILT_IN}


@pytest.mark.parametrize(
    ("addons", "replicas", "asked"),
    [
        ("{prometheus: install}", SCALED, {"keda": OBJECT}),
        ("{keda: existing, prometheus: install}", SCALED, {"keda": OBJECT}),
        ("{keda: install, prometheus: install}", SCALED, {}),
        ("{prometheus: install}", FIXED, {}),
        (f"{{keda: install, prometheus: {AT_URL}}}", SCALED, {"prometheus": READ}),
        (f"{{prometheus: {WITH_LOGIN}}}", SCALED, {"keda": f"{OBJECT} {LOGIN}", "prometheus": READ}),
        (f"{{prometheus: {AMAZON}}}", SCALED, {"keda": f"{OBJECT} {LOGIN}", "prometheus": MONITORS}),
        (f"{{prometheus: {WITH_LOGIN}}}", FIXED, {"prometheus": READ}),
        ("{prometheus: disabled}", FIXED, {}),
    ],
)
def test_what_nobody_installs_is_asked_for(addons: str, replicas: str, asked: dict[str, str]) -> None:
    found = planned(addons, replicas)
    to_do = {note.path: note.message for note in found.plan.to_do}
    for addon in ("keda", "prometheus"):
        command = f"`kubectl --context gpu-servers get crd {asked.get(addon)}` has to list"
        assert (command in to_do.get(f"addons.{addon}", "")) is (addon in asked)
    if "keda" in asked:
        assert to_do["addons.keda"].endswith("Where it doesn't: addons: {keda: install}")
    lacking = {name for each in found.plan.kinds_of_others for name in each.names}
    assert {name for name in made(found) if BROUGHT[name.split(".", 1)[1]] not in addons} == lacking


def test_a_size_by_use_is_of_a_kind_too() -> None:
    vertical = "    gateway: {verticalScaling: Initial}\n"
    found = planned("{prometheus: disabled}", FIXED, vertical)
    assert found.plan.kinds_of_others == (Definitions("verticalPodAutoscaler", (SIZES,)),)
    assert made(found) == {SIZES}
    installed = planned("{prometheus: disabled, verticalPodAutoscaler: install}", FIXED, vertical)
    assert installed.plan.kinds_of_others == ()


def test_whom_alerts_reach_is_of_a_kind_too() -> None:
    alerts = "{receivers: {team: {webhook: {keySecret: alertKey-hook}}}, route: {warning: team}}"
    found = planned(f"{{prometheus: {AT_URL}}}", FIXED, f"    monitoring: {{alerts: {alerts}}}\n")
    [lacking] = found.plan.kinds_of_others
    assert "alertmanagerconfigs.monitoring.coreos.com" in lacking.names
    assert made(found) == {*lacking.names}


def test_what_something_else_installs_in_a_new_cluster_is_to_do() -> None:
    """Nothing is there at the first `pulumi up`, so a word alone is bad input (tests/settings/bad_stacks/addons.py)."""
    names = ("keda", "nvidiaDevicePlugin", "clusterAutoscaler", "metricsServer")
    addons = ", ".join(f"{name}: {{existing: {{namespace: tools}}}}" for name in names)
    made_here = STACK.replace("{existing: {context: gpu-servers}}", '{create: {version: "1.35", zones: 2}}')
    text = made_here.replace("    cache: {kind: storageClass, storageClass: nfs, size: 200Gi}\n", "")
    text = text.replace("  llm-platform:platform:", "  aws:region: us-east-1\n  llm-platform:platform:")
    found = plan_text("own", text.replace("ADDONS", f"{{{addons}}}").replace("REPLICAS", SCALED)).plan
    to_do = {note.path: note.message for note in found.to_do if note.path.startswith("addons.")}
    assert to_do.keys() == {f"addons.{name}" for name in names}
    assert "the first one makes the cluster" in to_do["addons.keda"]
    assert "refuses before" not in to_do["addons.keda"]
    assert "pods of models stay pending" in to_do["addons.nvidiaDevicePlugin"]
