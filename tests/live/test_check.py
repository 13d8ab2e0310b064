"""Obstacles to an `up` are found first, and each message says what to write."""

from typing import Any

import pulumi
import pytest

from infra import program
from infra.clouds.existing.cloud import EXISTING
from infra.live import look
from infra.plan.plan import Plan
from infra.registry import cloud_of
from tests.example_stacks import plan_text
from tests.live.machine import Machine, held, record, storage_class

pytestmark = pytest.mark.programs

NAMESPACE = "kubernetes:core/v1:Namespace"
RELEASE = "kubernetes:helm.sh/v3:Release"
VOLUME = "kubernetes:core/v1:PersistentVolume"
JOB = "kubernetes:batch/v1:Job"
PROVIDER = "pulumi:providers:kubernetes"
LOCAL = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: CONTEXT}}
    namespace: {name: llm, create: CREATE}
    cache: {kind: storageClass, size: 20Gi}
    addons: {keda: install, prometheus: install}
    models: {llama-1b: {model: "llama3.2:1b", engine: ollama, gpus: 0}}
"""
EKS = """\
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: {name: llm-dev}}
    models: {chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192}}
"""


def plan(context: str = "kind-llm", *, create: bool = True, storage: str | None = None) -> Plan:
    text = LOCAL.replace("CONTEXT", context).replace("CREATE", str(create).lower())
    if storage:
        text = text.replace("kind: storageClass", f"kind: storageClass, storageClass: {storage}")
    return plan_text("local", text).plan


def obstacles(of: Plan) -> list[tuple[str, str, str]]:
    there = look(of, cloud_of(of.settings), "organization/llm-platform/local")
    assert there.not_checked == []
    return [(each.path, each.message, each.fix) for each in there.obstacles]


def test_nothing_stands_in_the_way_of_a_first_up(machine: Machine) -> None:
    assert obstacles(plan()) == []
    assert any("kubectl" in call[0] for call in machine.calls)


def test_a_cluster_behind_a_context_is_asked_by_it(machine: Machine) -> None:
    """The SDK writes the path of KUBECONFIG into the provider's inputs: it is no kubeconfig."""
    machine.state(held(PROVIDER, "cluster-kubernetes", context="kind-llm", kubeconfig="/home/me/kubeconfig"))
    assert obstacles(plan()) == []
    asked = [call for call in machine.calls if call[0].endswith("kubectl")]
    assert asked
    assert all(call[call.index("--context") + 1] == "kind-llm" and "--kubeconfig" not in call for call in asked)


@pytest.mark.parametrize(
    ("wanted", "write"),
    [
        ("kind-lm", "cluster: {existing: {context: kind-llm}}"),  # mistyped
        ("zzz", "cluster: {existing: {context: NAME}}"),
    ],
)
def test_a_context_that_the_kubeconfig_lacks(machine: Machine, wanted: str, write: str) -> None:
    [(path, message, fix)] = obstacles(plan(wanted))
    assert path == "cluster.existing.context"
    assert f"no context {wanted} in {machine.folder / 'kubeconfig'}; there: kind-llm, prod" in message
    assert fix == f"{write}, or point KUBECONFIG at the file that has {wanted}"


def test_a_namespace_of_somebody_else(machine: Machine) -> None:
    machine.answer(["get", "namespace", "llm"], {"metadata": {"name": "llm"}})
    [(path, message, fix)] = obstacles(plan())
    assert path == "namespace"
    assert message == "the namespace llm exists already, and this stack didn't make it"
    assert fix == "namespace: {name: llm, create: false}, or another name"


def test_a_namespace_that_the_stack_made(machine: Machine) -> None:
    machine.answer(["get", "namespace", "llm"], {"metadata": {"name": "llm"}})
    machine.state(held(NAMESPACE, "model-cache-namespace", metadata={"name": "llm"}))
    assert obstacles(plan()) == []


def test_a_namespace_that_the_stack_gave_away_is_not_taken_back(machine: Machine) -> None:
    machine.answer(["get", "namespace", "llm"], {"metadata": {"name": "llm"}})
    machine.state(held(NAMESPACE, "model-cache-namespace", metadata={"name": "llm"}) | {"external": True})
    [(path, message, _)] = obstacles(plan())
    assert (path, message) == ("namespace", "the namespace llm exists already, and this stack didn't make it")
    assert obstacles(plan(create=False)) == []


def test_a_namespace_that_nobody_made(machine: Machine) -> None:
    [(path, message, _)] = obstacles(plan(create=False))
    assert (path, message) == ("namespace.create", "false, and there is no namespace llm")


@pytest.mark.parametrize(
    ("classes", "wanted", "message"),
    [
        ([storage_class("slow")], None, "the cluster has no default storage class; it has: slow"),
        ([], None, "the cluster has no default storage class; it has: none"),
        (
            [storage_class("b"), storage_class("a", default=True)],
            "nfs",
            "the cluster has no storage class nfs; it has: a, b",
        ),
        ([storage_class("nfs")], "nfs", None),
    ],
)
def test_a_storage_class(machine: Machine, classes: list[Any], wanted: str | None, message: str | None) -> None:
    machine.answer(["storageclass"], {"items": classes})
    found = obstacles(plan(storage=wanted))
    assert [each[:2] for each in found] == ([("cache.storageClass", message)] if message else [])
    assert all("storageClass: NAME" in fix for _, _, fix in found)


@pytest.mark.parametrize("there", [False, True])
def test_what_measures_the_pods_that_scale_by_it(machine: Machine, there: bool) -> None:
    text = f"{LOCAL}    gateway: {{replicas: {{min: 2, max: 4}}}}\n"
    scaled = plan_text("local", text.replace("CONTEXT", "kind-llm").replace("CREATE", "true"))
    if there:
        machine.answer(["get", "apiservice"], {"metadata": {"name": "v1beta1.metrics.k8s.io"}})
    message = "existing, and the cluster has no v1beta1.metrics.k8s.io: the gateway would not scale"
    expected = [] if there else [("addons.metricsServer", message, "addons: {metricsServer: install}")]
    assert obstacles(scaled.plan) == expected


@pytest.mark.parametrize("there", [False, True])
def test_what_a_vertical_scaling_makes(machine: Machine, there: bool) -> None:
    text = f"{LOCAL}    gateway: {{verticalScaling: Initial}}\n"
    scaled = plan_text("local", text.replace("CONTEXT", "kind-llm").replace("CREATE", "true"))
    machine.answer(["get", "apiservice"], {"metadata": {"name": "v1beta1.metrics.k8s.io"}})
    name = "verticalpodautoscalers.autoscaling.k8s.io"
    if there:
        machine.answer(["get", "customresourcedefinition", name], {"metadata": {"name": name}})
    assert [(path, fix) for path, _, fix in obstacles(scaled.plan)] == (
        [] if there else [("addons.verticalPodAutoscaler", "addons: {verticalPodAutoscaler: install}")]
    )


def test_kinds_that_no_chart_of_the_plan_brings(machine: Machine) -> None:
    """KEDA that nobody installs, and a Prometheus at an address: each object of such a kind would end the `up`."""
    at = "{existing: {url: https://prometheus.acme.io, namespace: watch, monitorLabels: {}}}"
    text = LOCAL.replace("{keda: install, prometheus: install}", f"{{prometheus: {at}}}").replace(
        '{llama-1b: {model: "llama3.2:1b", engine: ollama, gpus: 0}}',
        '{llama-1b: {model: "llama3.2:1b", engine: ollama, gpus: 0, replicas: {min: 0, max: 1}}}',
    )
    wanted = plan_text("local", text.replace("CONTEXT", "kind-llm").replace("CREATE", "true")).plan
    scaled, read = "scaledobjects.keda.sh", "prometheusrules.monitoring.coreos.com"
    pods = "podmonitors.monitoring.coreos.com"
    machine.answer(["get", "customresourcedefinition", pods], {"metadata": {"name": pods}})
    keda, prometheus = obstacles(wanted)
    said = "existing, and the cluster has no NAME, of which the plan makes objects"
    assert keda == ("addons.keda", said.replace("NAME", scaled), "addons: {keda: install}")
    assert prometheus[:2] == ("addons.prometheus", said.replace("NAME", read))
    assert "chart prometheus-operator-crds" in prometheus[2]
    for each in (scaled, read):
        machine.answer(["get", "customresourcedefinition", each], {"metadata": {"name": each}})
    assert obstacles(wanted) == []


def test_a_claim_that_is_bound_asks_for_no_class(machine: Machine) -> None:
    machine.answer(["storageclass"], {"items": []})
    claim = held("kubernetes:core/v1:PersistentVolumeClaim", "model-cache-claim", metadata={"name": "model-cache"})
    machine.state(claim)
    assert obstacles(plan()) == []


def keda(status: str, chart: str = "keda") -> dict[str, Any]:
    return {"items": [record("keda", chart, plan().addons["keda"].version, status, {})]}


IN_THE_STATE = held(RELEASE, "addons-keda", name="keda", namespace="keda")


@pytest.mark.parametrize(
    ("there", "state", "fix"),
    [
        (keda("deployed"), (), "addons: {keda: existing}"),
        (keda("deployed"), (IN_THE_STATE,), None),
        (keda("pending-install"), (), "llm-platform repair local"),
        (keda("failed"), (), "llm-platform repair local"),
        (keda("pending-install", chart="other"), (), "addons: {keda: existing}"),
        (keda("pending-upgrade"), (IN_THE_STATE,), "llm-platform repair local"),
        (keda("failed"), (IN_THE_STATE,), None),  # Helm upgrades over it
    ],
)
def test_a_release_that_is_there(machine: Machine, there: Any, state: Any, fix: str | None) -> None:
    machine.answer(["secrets", "owner=helm,name=keda"], there)
    machine.state(*state)
    found = obstacles(plan())
    assert [path for path, _, _ in found] == (["addons.keda"] if fix else [])
    assert all(fix in each[2] for each in found if fix)


def test_the_last_revision_of_a_release_counts(machine: Machine) -> None:
    revisions = [record("keda", "keda", "2", status, {}, n) for n, status in ((9, "pending-upgrade"), (10, "deployed"))]
    machine.answer(["secrets", "owner=helm,name=keda"], {"items": revisions})
    machine.state(IN_THE_STATE)
    assert obstacles(plan()) == []


def test_an_up_that_was_cut_off(machine: Machine) -> None:
    machine.answer(["get", "namespace", "llm"], {"metadata": {"name": "llm"}})
    machine.state(cut_off=(held(JOB, "llama-1b-prefetch-job", id=""), held(NAMESPACE, "model-cache-namespace", id="")))
    [(_, message, fix)] = obstacles(plan())
    assert "was cut off while it made llama-1b-prefetch-job, model-cache-namespace" in message
    assert "llm-platform repair local" in fix


@pytest.mark.parametrize(
    ("claim", "lost"), [(None, True), ({"metadata": {"uid": "new"}}, True), ({"metadata": {"uid": "old"}}, False)]
)
def test_a_volume_whose_claim_went_with_its_namespace(machine: Machine, claim: Any, lost: bool) -> None:
    bound = {"spec": {"claimRef": {"name": "model-cache", "namespace": "llm", "uid": "old"}}}
    machine.answer(["persistentvolume", "llm-model-cache"], bound)
    if claim:
        machine.answer(["persistentvolumeclaim", "model-cache"], claim)
    machine.state(held(VOLUME, "model-cache-volume", metadata={"name": "llm-model-cache"}))
    found = obstacles(plan())
    assert ["llm-model-cache still belongs to a claim that is gone" in message for _, message, _ in found] == [
        True
    ] * lost


def test_a_cluster_of_the_stack_is_read_by_the_kubeconfig_of_its_state(machine: Machine) -> None:
    machine.state(held(PROVIDER, "cluster-kubernetes", kubeconfig='{"kind": "Config"}'))
    machine.answer(["get", "namespace", "llm"], {"metadata": {"name": "llm"}})
    [(path, _, _)] = obstacles(plan_text("dev", EKS).plan)
    assert path == "namespace"
    assert all("--kubeconfig" in call for call in machine.calls if call[0] == "kubectl")


def test_a_cluster_that_does_not_answer_is_asked_once_and_stops_nothing(machine: Machine) -> None:
    machine.answer(["kubectl"], {"fails": "Unable to connect to the server"})
    there = look(plan(), EXISTING, "local")
    assert there.obstacles == []
    assert [str(each) for each in there.not_checked] == [
        "what is in the cluster: kubectl: Unable to connect to the server"
    ]
    assert sum(call[0] == "kubectl" for call in machine.calls) == 1


def test_what_cannot_be_read_stops_no_other_check(machine: Machine) -> None:
    machine.answer(["storageclass"], {"fails": "storageclasses is forbidden"})
    machine.answer(["secrets", "owner=helm,name=keda"], keda("pending-install"))
    there = look(plan(), EXISTING, "local")
    assert [each.path for each in there.obstacles] == ["addons.keda"]
    assert [str(each) for each in there.not_checked] == [
        "whether there is a storage class: kubectl: storageclasses is forbidden"
    ]


def test_up_and_preview_refuse_it_before_they_make_anything(machine: Machine) -> None:
    machine.answer(["get", "namespace", "llm"], {"metadata": {"name": "llm"}})
    machine.answer(["storageclass"], {"items": []})
    with pytest.raises(pulumi.RunError) as refused:
        program._look(plan())
    assert str(refused.value).splitlines() == [
        "2 thing(s) stand in the way; nothing was made",
        "  namespace: the namespace llm exists already, and this stack didn't make it",
        "    namespace: {name: llm, create: false}, or another name",
        "  cache.storageClass: the cluster has no default storage class; it has: none",
        "    cache: {kind: storageClass, storageClass: NAME}",
    ]
