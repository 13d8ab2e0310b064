"""Cluster-wide software: where it runs, what it may do, and what it waits for."""

import json
import re
from typing import Any

import pytest

from components.aws import load_balancer_controller
from infra.recording import Recording
from infra.services.monitoring.sources import gpu_metrics
from tests.components.aws_examples import NODE_GROUP, RELEASE, addons, site, waits_for

NAMESPACE = "kubernetes:core/v1:Namespace"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
RELEASES = {
    "nvidia-device-plugin": ("nvidia-device-plugin", "kube-system"),
    "dcgm-exporter": ("dcgm-exporter", "kube-system"),
    "fluent-bit": ("fluent-bit", "kube-system"),
    "metrics-server": ("metrics-server", "kube-system"),
    "keda": ("keda", "keda"),
    "prometheus": ("kube-prometheus-stack", "monitoring"),
    "cluster-autoscaler": ("cluster-autoscaler", "kube-system"),
    "load-balancer-controller": ("aws-load-balancer-controller", "kube-system"),
}
ON_GPU_NODES = {"nvidia-device-plugin", "dcgm-exporter", "fluent-bit", "prometheus"}


def values(addon: str, recording: Recording | None = None) -> dict[str, Any]:
    return (recording or site()).one(RELEASE, f"addons-{addon}").inputs["values"]


def tolerations(of: Any) -> list[Any]:
    """Every toleration anywhere in a chart's values."""
    if isinstance(of, list):
        return [found for item in of for found in tolerations(item)]
    if not isinstance(of, dict):
        return []
    return [*of.get("tolerations", []), *(found for item in of.values() for found in tolerations(item))]


@pytest.mark.parametrize("preview", [False, True])
def test_releases_have_fixed_names_and_wait_until_their_pods_are_ready(preview: bool) -> None:
    recording = site(preview=preview)
    made = {r.name.removeprefix("addons-"): r.inputs for r in recording.of(RELEASE)}
    assert {name: (inputs["name"], inputs["namespace"]) for name, inputs in made.items()} == RELEASES
    for inputs in made.values():
        assert inputs["atomic"] is True
        assert "skipAwait" not in inputs
        assert inputs["version"] == "1.2.3"
        assert inputs["chart"] == inputs["name"], "a release is called like its chart"
        assert inputs["createNamespace"] is (inputs["namespace"] != "kube-system")


def test_the_namespaces_that_releases_alone_use_go_with_them() -> None:
    recording = site()
    made = {each.name: each.inputs["metadata"]["name"] for each in recording.of(NAMESPACE)}
    assert made == {"addons-keda-namespace": "keda", "addons-prometheus-namespace": "monitoring"}
    for name in ("keda", "prometheus"):
        assert (NAMESPACE, f"addons-{name}-namespace") in waits_for(recording, recording.one(RELEASE, f"addons-{name}"))


def test_a_namespace_of_somebody_else_stays() -> None:
    recording = site(addons={"namespaces_of_others": {"monitoring"}})
    assert [each.name for each in recording.of(NAMESPACE)] == ["addons-keda-namespace"]
    assert recording.one(RELEASE, "addons-prometheus").inputs["createNamespace"] is True  # if it exists, Helm keeps it


@pytest.mark.parametrize("addon", RELEASES)
def test_what_is_not_wanted_is_not_installed(addon: str) -> None:
    of_the_cloud = addons("vpc-1")["of_the_cloud"]
    others = {name: wanted for name, wanted in of_the_cloud.items() if name != addon}
    recording = site(addons={"of_the_cloud": others} if addon in of_the_cloud else {addon.replace("-", "_"): None})
    assert {r.name for r in recording.of(RELEASE)} == {f"addons-{each}" for each in RELEASES if each != addon}
    assert not [r for r in recording.of(ASSOCIATION) if r.name == f"addons-{addon}"]


@pytest.mark.parametrize("addon", RELEASES)
def test_pods_have_nodes_names_and_volumes_before_they_start_and_until_they_end(addon: str) -> None:
    recording = site()
    before = waits_for(recording, recording.one(RELEASE, f"addons-{addon}"))
    assert (NODE_GROUP, "cluster-system") in before
    assert ("aws:eks/addon:Addon", "cluster-coredns") in before


@pytest.mark.parametrize("addon", RELEASES)
def test_only_what_belongs_on_gpu_nodes_tolerates_their_taint(addon: str) -> None:
    assert bool(tolerations(values(addon))) is (addon in ON_GPU_NODES)


@pytest.mark.parametrize("addon", ["nvidia-device-plugin", "dcgm-exporter"])
def test_what_is_of_gpus_runs_on_every_gpu_node_and_on_no_other(addon: str) -> None:
    of = values(addon)
    assert of["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert of["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_the_device_plugin_installs_no_other_chart() -> None:
    assert values("nvidia-device-plugin")["gfd"] == {"enabled": False}


def test_the_dcgm_exporter_has_no_right_that_only_profiling_needs() -> None:
    of = values("dcgm-exporter")
    security = of["securityContext"]
    assert security["runAsNonRoot"]
    assert security["runAsUser"] > 0
    assert security["capabilities"] == {"add": [], "drop": ["ALL"]}
    assert not security["allowPrivilegeEscalation"]
    assert "--kubernetes=false" in of["arguments"], "else it asks the kubelet, as root alone may, at each read"
    measured = [name for name in gpu_metrics() if name.startswith("DCGM_FI_PROF_")]
    assert measured == []


def test_the_dcgm_exporter_waits_for_the_kinds_of_prometheus() -> None:
    recording = site()
    before = waits_for(recording, recording.one(RELEASE, "addons-dcgm-exporter"))
    assert (RELEASE, "addons-prometheus") in before


@pytest.mark.parametrize("addon", ["cluster-autoscaler", "fluent-bit", "load-balancer-controller"])
def test_a_controller_has_its_credentials_before_its_pod(addon: str) -> None:
    recording = site()
    release = recording.one(RELEASE, f"addons-{addon}")
    association = recording.one(ASSOCIATION, f"addons-{addon}")
    of = release.inputs["values"]
    account = (of if "serviceAccount" in of else of["rbac"])["serviceAccount"]["name"]
    assert association.inputs["serviceAccount"] == account
    assert association.inputs["namespace"] == release.inputs["namespace"]
    before = waits_for(recording, release)
    assert (ASSOCIATION, f"addons-{addon}") in before
    assert ("aws:iam/rolePolicy:RolePolicy", f"addons-{addon}-policy") in before
    assert ("aws:eks/cluster:Cluster", "cluster-eks") in waits_for(recording, association)


def test_the_autoscaler_is_of_the_clusters_version_and_changes_its_groups_only() -> None:
    recording = site()
    of = values("cluster-autoscaler", recording)
    assert of["image"]["tag"] == "v1.35.2"
    assert of["autoDiscovery"] == {"clusterName": "llm-test"}
    assert of["awsRegion"] == "us-east-1"
    assert of["extraArgs"]["skip-nodes-with-local-storage"] == "false", "else a node with a model server never goes"
    policy = json.loads(
        recording.one("aws:iam/rolePolicy:RolePolicy", "addons-cluster-autoscaler-policy").inputs["policy"]
    )
    reads, changes = policy["Statement"]
    assert all(action.split(":")[1].startswith(("Describe", "Get")) for action in reads["Action"])
    assert changes["Condition"] == {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/llm-test": "owned"}}
    group = {r.inputs["tag"]["key"]: r.inputs["tag"]["value"] for r in recording.of("aws:autoscaling/tag:Tag")}
    assert group["k8s.io/cluster-autoscaler/llm-test"] == "owned", "what the policy asks for"


def test_logs_go_to_their_own_group_alone_and_are_kept_as_long_as_the_file_says() -> None:
    recording = site()
    group = recording.one("aws:cloudwatch/logGroup:LogGroup", "addons-fluent-bit-group")
    assert (group.inputs["name"], group.inputs["retentionInDays"]) == ("/llm-platform/test", 30)
    policy = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy", "addons-fluent-bit-policy").inputs["policy"])
    (writes,) = policy["Statement"]
    assert writes["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert writes["Resource"].endswith(":*")
    assert writes["Resource"] != "*"


def test_logs_of_other_namespaces_are_not_read_and_no_api_is_asked() -> None:
    of = values("fluent-bit")
    assert "Path /var/log/containers/*_llm_*.log" in of["config"]["inputs"]
    assert not of["rbac"]["create"]
    assert not of["serviceAccount"]["automountServiceAccountToken"]
    assert "auto_create_group Off" in of["config"]["outputs"], "one that is made late would keep logs without limit"
    mounts = of["daemonSetVolumeMounts"]
    assert [each for each in mounts if not each["readOnly"]] == []


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('INFO:     10.0.1.2:41022 - "GET /health HTTP/1.1" 200 OK', False),
        ('INFO:     10.0.1.2:41022 - "GET /metrics HTTP/1.1" 200 OK', False),
        ('INFO:     10.0.1.2:41022 - "POST /v1/chat/completions HTTP/1.1" 200 OK', True),
        ('INFO:     10.0.1.2:41022 - "GET /v1/models HTTP/1.1" 200 OK', True),
    ],
)
def test_what_is_asked_every_few_seconds_is_not_paid_for(line: str, kept: bool) -> None:
    of = values("fluent-bit")["config"]["filters"]
    (excluded,) = re.findall(r"Exclude log (.*)", of)
    assert (re.search(excluded, line) is None) is kept


def test_the_name_of_a_logs_file_says_whose_it_is() -> None:
    of = values("fluent-bit")["config"]["inputs"]
    (pattern,) = re.findall(r"Tag_Regex (.*)", of)
    name = f"/var/log/containers/chat-7d9f8b6c5-abcde_llm_vllm-{'0f' * 32}.log"
    found = re.search(pattern.replace("(?<", "(?P<"), name)  # Onigmo's way to name a group
    assert found is not None
    assert found.groupdict() == {"pod": "chat-7d9f8b6c5-abcde", "container": "vllm"}


def test_the_load_balancer_controller_needs_no_metadata_and_blocks_no_service() -> None:
    of = values("load-balancer-controller")
    assert (of["clusterName"], of["region"], of["vpcId"]) == ("llm-test", "us-east-1", "${network-vpc.id}")
    assert of["enableServiceMutatorWebhook"] is False
    assert of["defaultTags"] == {"team": "ml"}


def test_the_load_balancer_controller_does_nothing_that_its_policy_leaves_out() -> None:
    allowed = {action for each in load_balancer_controller.policy("aws")["Statement"] for action in each["Action"]}
    assert "elasticloadbalancing:CreateLoadBalancer" in allowed
    of = values("load-balancer-controller")
    for service, switch in (("shield", "enableShield"), ("waf-regional", "enableWaf")):
        assert of[switch] is any(action.startswith(f"{service}:") for action in allowed)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_load_balancer_controllers_rights_are_of_the_regions_partition(partition: str) -> None:
    resources = [each["Resource"] for each in load_balancer_controller.policy(partition)["Statement"]]
    arns = [arn for each in resources for arn in ([each] if isinstance(each, str) else each) if arn != "*"]
    assert {arn.split(":")[1] for arn in arns} == {partition}


def test_prometheus_looks_at_every_monitor_and_at_nothing_that_eks_hides() -> None:
    of = values("prometheus")
    spec = of["prometheus"]["prometheusSpec"]
    switches = [key for key in spec if key.endswith("SelectorNilUsesHelmValues")]
    assert len(switches) == 5
    assert not any(spec[key] for key in switches)
    for hidden in ("kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy", "grafana", "alertmanager"):
        assert of[hidden] == {"enabled": False}
