"""The gateway's pods: who reaches them, what they reach, and which change restarts them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from components.gateway_pod import ProxyPod
from components.gateway_proxy import GatewayProxy, Reach
from infra.recording import SECRET, UNKNOWN, Recording
from tests.components.examples import CLIENT_LABEL, pod, run

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SERVICE = "kubernetes:core/v1:Service"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
MONITOR = "kubernetes:monitoring.coreos.com/v1:PodMonitor"
MODELS = {"app.kubernetes.io/component": "model-server"}
POD = ProxyPod(
    image="docker.io/envoyproxy/envoy:distroless-v1.40.0",
    arguments=("-c", "/etc/envoy/bootstrap.json"),
    folder="/etc/envoy",
    port=8080,
    metrics_port=9902,
    metrics_path="/stats/prometheus",
    health_path="/healthz",
    cpu=0.5,
    memory_mib=1024,
    pre_stop_seconds=660,
    grace_seconds=675,
)
REACH = Reach(
    CLIENT_LABEL,
    models=MODELS,
    model_ports=[8000, 11434],
    outside_cidrs=["10.0.0.0/20"],
    outside_namespace="ingress-nginx",
    monitoring_namespace="monitoring",
)


def proxy(*, preview: bool = False, **changes: Any) -> Recording:
    arguments: dict[str, Any] = {
        "namespace": "llm",
        "bootstrap": '{"admin": 1}',
        "parts": {"files-a": {"clusters.json": "{}", "models.json": "{}"}},
        "possible": ["files-a", "files-b"],
        "secret_files": {"clients.json": "{}"},
        "pod": POD,
        "replicas": 2,
        "reach": REACH,
        "monitor_labels": {"release": "prometheus"},
        **changes,
    }
    return run(lambda opts: GatewayProxy("gateway-proxy", opts=opts, **arguments), preview=preview)


def template(recording: Recording) -> Mapping[str, Any]:
    (deployment,) = recording.of(DEPLOYMENT)
    return deployment.inputs["spec"]["template"]


def test_the_pod_passes_pod_security_restricted_and_writes_nowhere() -> None:
    spec = pod(proxy())
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert spec["automountServiceAccountToken"] is False
    assert [mount.get("readOnly") for mount in container["volumeMounts"]] == [True]
    memory = {"memory": "1024Mi"}
    assert container["resources"] == {"requests": {"cpu": "500m", **memory}, "limits": memory}


def test_a_pod_that_refuses_requests_gets_none_and_is_not_ended() -> None:
    """Envoy refuses all while its memory is full; what is under way goes on."""
    (container,) = pod(proxy())["containers"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": "metrics"}
    assert container["startupProbe"]["httpGet"] == container["readinessProbe"]["httpGet"]
    assert container["livenessProbe"]["tcpSocket"] == {"port": "http"}
    assert "httpGet" not in container["livenessProbe"]


def test_its_files_are_one_folder_and_those_that_may_come_are_mounted_already() -> None:
    (volume,) = pod(proxy())["volumes"]
    assert volume["projected"]["sources"] == [
        {"configMap": {"name": "gateway-bootstrap"}},
        {"secret": {"name": "gateway-clients"}},
        {"configMap": {"name": "gateway-files-a", "optional": True}},
        {"configMap": {"name": "gateway-files-b", "optional": True}},
    ]
    (container,) = pod(proxy())["containers"]
    assert container["args"][:2] == ["-c", "/etc/envoy/bootstrap.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"parts": {"files-a": {"clusters.json": "{1}"}, "files-b": {"models.json": "{2}"}}},
        {"parts": {}},
        {"secret_files": {"clients.json": "{3}"}},
        {"replicas": 3},
        {"reach": replace(REACH, model_ports=[1])},
    ],
)
def test_models_clients_and_replicas_restart_no_pod(change: Mapping[str, Any]) -> None:
    assert template(proxy(**change)) == template(proxy())


def test_a_changed_bootstrap_restarts_the_pods_one_at_a_time_and_a_new_one_starts_first() -> None:
    assert template(proxy(bootstrap='{"admin": 2}')) != template(proxy())
    (deployment,) = proxy().of(DEPLOYMENT)
    assert deployment.inputs["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_the_keys_are_secret_and_in_no_config_map() -> None:
    recording = proxy(secret_files={"clients.json": "Bearer sesame"})
    (secret,) = recording.of("kubernetes:core/v1:Secret")
    assert secret.inputs["stringData"] == {"clients.json": SECRET}
    assert "sesame" not in str(recording.resources)
    assert {r.inputs["metadata"]["name"]: sorted(r.inputs["data"]) for r in recording.of(CONFIG_MAP)} == {
        "gateway-bootstrap": ["bootstrap.json"],
        "gateway-files-a": ["clusters.json", "models.json"],
    }


def test_load_balancer_controller_and_marked_namespaces_call_it_and_monitoring_reads_metrics_alone() -> None:
    (policy,) = proxy().of(POLICY)
    calls, scrapes = policy.inputs["spec"]["ingress"]
    assert calls["ports"] == [{"protocol": "TCP", "port": 8080}]
    assert calls["from"] == [
        {"ipBlock": {"cidr": "10.0.0.0/20"}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}},
        {"namespaceSelector": {"matchLabels": {CLIENT_LABEL: "true"}}},
    ]
    assert scrapes == {
        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        "ports": [{"protocol": "TCP", "port": 9902}],
    }
    (alone,) = proxy(reach=Reach(CLIENT_LABEL, MODELS, [8000])).of(POLICY)
    (calls,) = alone.inputs["spec"]["ingress"]
    assert calls["from"] == [{"namespaceSelector": {"matchLabels": {CLIENT_LABEL: "true"}}}]


def test_it_reaches_dns_and_the_models_pods_and_nothing_else() -> None:
    (policy,) = proxy().of(POLICY)
    spec = policy.inputs["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    dns, models = spec["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    assert models == {
        "to": [{"podSelector": {"matchLabels": MODELS}}],
        "ports": [{"protocol": "TCP", "port": 8000}, {"protocol": "TCP", "port": 11434}],
    }


def test_elsewhere_it_reaches_only_the_ports_that_are_named_and_no_private_address() -> None:
    (policy,) = proxy(reach=replace(REACH, elsewhere=[(443, ()), (8443, ("198.51.100.0/24",))])).of(POLICY)
    _, _, public, known = policy.inputs["spec"]["egress"]
    (peer,) = public["to"]
    assert peer["ipBlock"]["cidr"] == "0.0.0.0/0"
    assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"} <= set(peer["ipBlock"]["except"])
    assert public["ports"] == [{"protocol": "TCP", "port": 443}]
    assert known == {
        "to": [{"ipBlock": {"cidr": "198.51.100.0/24"}}],
        "ports": [{"protocol": "TCP", "port": 8443}],
    }


def test_of_a_namespace_with_own_servers_it_reaches_every_pod() -> None:
    """A policy sees the port of a pod, which only the Service knows."""
    (policy,) = proxy(reach=replace(REACH, custom_namespaces=["tools"])).of(POLICY)
    *_, tools = policy.inputs["spec"]["egress"]
    assert tools == {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "tools"}}}]}


def test_the_admin_port_is_offered_by_no_pod_and_no_service() -> None:
    recording = proxy()
    (container,) = pod(recording)["containers"]
    assert {port["containerPort"] for port in container["ports"]} == {8080, 9902}
    ports = {made.inputs["metadata"]["name"]: made.inputs["spec"]["ports"] for made in recording.of(SERVICE)}
    assert {name: [(each["port"], each["targetPort"]) for each in found] for name, found in ports.items()} == {
        "gateway": [(80, "http")],
        "gateway-pods": [(9902, "metrics")],
    }


def test_every_pod_is_scraped_also_while_it_ends() -> None:
    """By its own labels: an address of a Service is gone while it still answers, and with it what it counts."""
    recording = proxy()
    (monitor,) = recording.of(MONITOR)
    assert monitor.inputs["metadata"]["labels"]["release"] == "prometheus"
    selected = monitor.inputs["spec"]["selector"]["matchLabels"].items()
    (deployment,) = recording.of("kubernetes:apps/v1:Deployment")
    assert selected <= deployment.inputs["spec"]["template"]["metadata"]["labels"].items()
    (endpoint,) = monitor.inputs["spec"]["podMetricsEndpoints"]
    ports = {port["name"]: port["containerPort"] for port in pod(recording)["containers"][0]["ports"]}
    assert (ports[endpoint["port"]], endpoint["path"]) == (9902, "/stats/prometheus")
    assert proxy(monitor_labels=None).of(MONITOR) == []


def test_a_pod_sleeps_until_callers_have_left_it_and_one_is_always_there() -> None:
    recording = proxy()
    spec = pod(recording)
    assert spec["containers"][0]["lifecycle"]["preStop"] == {"sleep": {"seconds": 660}}
    assert spec["terminationGracePeriodSeconds"] == 675
    zones, nodes = spec["topologySpreadConstraints"]
    assert (zones["topologyKey"], nodes["topologyKey"]) == ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    (budget,) = recording.of("kubernetes:policy/v1:PodDisruptionBudget")
    assert (budget.inputs["spec"]["maxUnavailable"], budget.inputs["spec"]["unhealthyPodEvictionPolicy"]) == (
        1,
        "AlwaysAllow",
    )


def test_whole_names_are_asked_for_once() -> None:
    assert pod(proxy())["dnsConfig"] == {"options": [{"name": "ndots", "value": "1"}]}


def test_a_first_preview_knows_every_object() -> None:
    assert UNKNOWN not in str([made.inputs for made in proxy(preview=True).resources])


def test_it_reaches_what_counts_tokens_where_that_is_there() -> None:
    labels = {"app.kubernetes.io/name": "gateway-tokens"}
    (policy,) = proxy(reach=replace(REACH, counter=(labels, 8081))).of(POLICY)
    (without,) = proxy().of(POLICY)
    more = {"to": [{"podSelector": {"matchLabels": labels}}], "ports": [{"protocol": "TCP", "port": 8081}]}
    assert policy.inputs["spec"]["egress"] == [*without.inputs["spec"]["egress"], more]
