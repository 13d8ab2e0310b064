"""A model server's objects: what keeps them safe, reachable, and replaceable."""

from dataclasses import replace
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from components.container import HOME
from components.model_pod import PodPlace, PodSize
from components.model_server import Callers, PodReplacement
from infra.engines import ENGINES
from infra.recording import UNKNOWN, Recording
from tests.components.examples import CHAT, GATEWAY, GPU_TAINT, OLLAMA, environment, pod, run, server, server_of

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE_MONITOR = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_the_pod_passes_pod_security_restricted_and_writes_only_where_it_has_room(engine):
    spec = pod(server(engine=engine))
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 2000
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {HOME, "/tmp", "/dev/shm"}
    bounded = [volume["emptyDir"] for volume in spec["volumes"] if "emptyDir" in volume]
    assert len(bounded) == 3
    assert all("sizeLimit" in empty_dir for empty_dir in bounded)
    assert environment(spec)["HOME"] == HOME


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_weights_are_read_only_and_the_hub_token_is_nowhere(engine):
    recording = server(engine=engine)
    (container,) = pod(recording)["containers"]
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert mounts["/models"]["readOnly"] is True
    assert "huggingface-token" not in str(recording.resources)
    assert "HF_TOKEN" not in environment(pod(recording))


@pytest.mark.parametrize(("set_group", "group"), [(True, 2000), (False, None)])
def test_the_claim_is_given_to_the_pods_group_only_where_the_file_system_wants_it(set_group, group):
    context = pod(server(set_group=set_group))["securityContext"]
    assert context.get("fsGroup") == group
    assert context.get("fsGroupChangePolicy") == ("OnRootMismatch" if set_group else None)


def test_resources_are_whole_gpus_with_memory_and_disk_bounded_and_cpu_free():
    resources = pod(server(served=replace(CHAT, gpus=4)))["containers"][0]["resources"]
    fixed = {"memory": "12288Mi", "ephemeral-storage": "20Gi", "nvidia.com/gpu": "4"}
    assert resources == {"requests": {"cpu": "3000m", **fixed}, "limits": fixed}


def test_a_cpu_model_asks_for_no_gpu():
    place = PodPlace(node_selector={}, tolerations=[])
    spec = pod(server(engine="ollama", served=OLLAMA, place=place))
    assert "nvidia.com/gpu" not in str(spec)


def test_the_pod_selects_and_tolerates_what_is_passed():
    spec = pod(server())
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux", "llm-platform/pool": "l4"}
    assert spec["tolerations"] == [GPU_TAINT]


def test_replicas_prefer_different_zones_and_nodes_but_never_wait_for_them():
    constraints = pod(server())["topologySpreadConstraints"]
    assert [c["topologyKey"] for c in constraints] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert {c["whenUnsatisfiable"] for c in constraints} == {"ScheduleAnyway"}


def secrets(recording: Recording) -> dict[str, str]:
    """Name -> URN."""
    return {made.inputs["metadata"]["name"]: made.urn for made in recording.of("kubernetes:core/v1:Secret")}


def test_the_keys_come_from_their_secret_and_another_number_replaces_the_pods():
    """One that accepts several reads a file, so that no pod restarts when the gateway sends the other one."""
    recording = server()
    spec = pod(recording)
    (container,) = spec["containers"]
    assert container["args"][-2:] == ["--config", "/etc/engine-keys/vllm.yaml"]
    (volume,) = [each for each in spec["volumes"] if each["name"] == "keys"]
    assert volume["secret"] == {"secretName": "engine-keys", "items": [{"key": "vllm.yaml", "path": "vllm.yaml"}]}
    assert secrets(recording)["engine-keys"] in recording.of(DEPLOYMENT)[0].options["depends_on"]
    assert template(numbers=(1,)) != template(numbers=(1, 2)) == template(numbers=(2, 1)) != template(numbers=(2,))


def test_an_engine_that_accepts_one_key_has_the_key_of_the_gateway():
    spec = pod(server(engine="tgi"))
    assert environment(spec)["API_KEY"] == {"secretKeyRef": {"name": "engine-keys", "key": "api-key"}}
    of_tgi = {numbers: template(engine="tgi", numbers=numbers) for numbers in ((1,), (1, 2), (2, 1), (2,))}
    assert of_tgi[(1,)] == of_tgi[(1, 2)] != of_tgi[(2, 1)] == of_tgi[(2,)]


@pytest.mark.parametrize("engine", ["vllm", "tgi"])
def test_the_key_of_callers_restarts_nothing(engine: str):
    assert template(engine=engine, callers_key="other") == template(engine=engine, callers_key=None)
    assert "llama-8b-api-key" in secrets(server(engine=engine))
    assert "llama-8b-api-key" not in secrets(server(engine=engine, callers_key=None))


def template(**changes: Any) -> Any:
    return server(**changes).of(DEPLOYMENT)[0].inputs["spec"]["template"]


def test_an_engine_that_checks_no_key_gets_none():
    recording = server(engine="ollama", served=OLLAMA)
    assert set(secrets(recording)) == {"engine-keys"}
    assert "engine-keys" not in str(recording.of(DEPLOYMENT)[0].inputs)


@pytest.mark.parametrize(
    ("engine", "sleep"),
    [
        ("vllm", 15),  # SIGTERM comes then, and vLLM itself lets requests end for 300 s
        ("tgi", 315),  # after SIGTERM requests have only 90 s
        ("ollama", 315),  # SIGTERM ends requests at once
    ],
)
def test_requests_in_flight_may_end_within_the_grace_period(engine, sleep):
    spec = pod(server(engine=engine))
    assert spec["containers"][0]["lifecycle"]["preStop"] == {"sleep": {"seconds": sleep}}
    assert spec["terminationGracePeriodSeconds"] == 330
    assert sleep <= spec["terminationGracePeriodSeconds"]


def test_an_engine_that_closes_idle_connections_keeps_them_for_as_long_as_it_is_asked_to():
    assert environment(pod(server()))["VLLM_HTTP_TIMEOUT_KEEP_ALIVE"] == str(CHAT.timeouts.keep_alive)
    for engine in ("ollama", "tgi"):  # they never close one, and have no variable for it
        assert ENGINES[engine].keep_alive_env is None


@pytest.mark.parametrize(("seconds", "failures"), [(600, 60), (601, 61)])
def test_the_startup_probe_waits_for_the_whole_load(seconds, failures):
    probe = pod(server(served=replace(CHAT, timeouts=replace(CHAT.timeouts, startup_probe=seconds))))["containers"][0][
        "startupProbe"
    ]
    assert probe["httpGet"] == {"path": "/health", "port": "http"}
    assert (probe["periodSeconds"], probe["failureThreshold"]) == (10, failures)


@pytest.mark.parametrize(("engine", "path"), [("vllm", "/health"), ("tgi", "/health"), ("ollama", "/")])
def test_readiness_and_liveness_ask_the_engines_own_path(engine, path):
    container = pod(server(engine=engine))["containers"][0]
    assert container["readinessProbe"]["httpGet"] == {"path": path, "port": "http"}
    assert container["livenessProbe"]["httpGet"] == {"path": path, "port": "http"}
    assert container["livenessProbe"]["failureThreshold"] > container["readinessProbe"]["failureThreshold"]


def test_shared_memory_is_bounded():
    size = PodSize(cpu=3, memory_gib=12, disk_gib=20, shm_gib=15)
    volumes = {volume["name"]: volume for volume in pod(server(size=size))["volumes"]}
    assert volumes["shm"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "15Gi"}


def test_a_rollout_surges_and_waits_as_passed():
    rollout = PodReplacement(
        max_surge=1,
        max_unavailable=0,
        progress_deadline_seconds=1500,
        wait_seconds=1600,
        pre_stop_seconds=5,
        grace_seconds=400,
    )
    (deployment,) = server(rollout=rollout).of(DEPLOYMENT)
    assert deployment.inputs["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }
    assert deployment.inputs["spec"]["progressDeadlineSeconds"] == 1500
    assert deployment.options["custom_timeouts"] == {"create": "1600s", "update": "1600s"}


@pytest.mark.parametrize(("scaled", "ignored"), [(True, ["spec.replicas"]), (False, None)])
def test_the_number_of_replicas_is_the_scalers_where_there_is_one(scaled, ignored):
    (deployment,) = server(scaled=scaled, replicas=2).of(DEPLOYMENT)
    assert deployment.inputs["spec"]["replicas"] == 2
    assert deployment.options.get("ignore_changes") == ignored


def test_a_paused_model_has_no_pod_and_keeps_its_address():
    recording = server(replicas=0)
    (deployment,) = recording.of(DEPLOYMENT)
    assert deployment.inputs["spec"]["replicas"] == 0
    assert recording.of("kubernetes:core/v1:Service") != []


def services(recording: Recording) -> dict[str, Any]:
    return {made.inputs["metadata"]["name"]: made.inputs for made in recording.of("kubernetes:core/v1:Service")}


def test_its_pods_have_a_name_with_all_their_addresses_and_are_not_awaited():
    recording = server()
    found = services(recording)["llama-8b-pods"]
    assert found["spec"]["clusterIP"] == "None"
    assert found["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
    (deployment,) = recording.of(DEPLOYMENT)
    labels = deployment.inputs["spec"]["template"]["metadata"]["labels"]
    assert found["spec"]["selector"] == deployment.inputs["spec"]["selector"]["matchLabels"] == labels


def test_the_gateway_answers_at_the_address_that_the_model_has_always_had():
    recording = server()
    found = services(recording)["llama-8b"]
    assert found["spec"]["selector"] == GATEWAY
    (port,) = found["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (80, "http")
    (address,) = [made for made in recording.of("kubernetes:core/v1:Service") if made.inputs is found]
    assert address.name == "llama-8b-server-service"
    assert "ModelServer$" in address.urn
    (deployment,) = recording.of(DEPLOYMENT)
    assert deployment.urn in address.options["depends_on"]


def test_the_disruption_budget_never_blocks_a_drain():
    assert server().of(BUDGET) == []
    (budget,) = server(disruption_budget=True).of(BUDGET)
    assert budget.inputs["spec"]["maxUnavailable"] == 1
    assert budget.inputs["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_a_monitor_carries_the_labels_that_prometheus_looks_for():
    recording = server()
    (monitor,) = recording.of(SERVICE_MONITOR)
    assert monitor.inputs["metadata"]["labels"]["release"] == "prometheus"
    (endpoint,) = monitor.inputs["spec"]["endpoints"]
    assert (endpoint["port"], endpoint["path"], endpoint["interval"]) == ("http", "/metrics", "15s")


def test_the_pods_are_scraped_once_and_their_metrics_carry_the_models_name():
    """The queries of scalers name it, and an address that the gateway answers would be scraped beside them."""
    recording = server()
    (monitor,) = recording.of(SERVICE_MONITOR)
    selected = monitor.inputs["spec"]["selector"]["matchLabels"].items()
    found = [name for name, each in services(recording).items() if selected <= each["metadata"]["labels"].items()]
    assert found == ["llama-8b-pods"]
    (endpoint,) = monitor.inputs["spec"]["endpoints"]
    assert endpoint["relabelings"] == [
        {"targetLabel": "service", "replacement": "llama-8b"},
        {"targetLabel": "job", "replacement": "llama-8b"},
    ]


@pytest.mark.parametrize("change", [{"monitor_labels": None}, {"engine": "ollama", "served": OLLAMA}])
def test_no_monitor_without_a_prometheus_or_without_metrics(change):
    assert server(**change).of(SERVICE_MONITOR) == []


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_only_the_gateway_and_who_reads_its_metrics_come_in_and_only_dns_goes_out(engine):
    (policy,) = server(engine=engine).of(POLICY)
    spec = policy.inputs["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    (rule,) = spec["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": ENGINES[engine].port}]
    reads = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    measured = ENGINES[engine].metrics_path is not None
    assert rule["from"] == [{"podSelector": {"matchLabels": GATEWAY}}, *([reads] if measured else [])]
    (egress,) = spec["egress"]
    assert {port["port"] for port in egress["ports"]} == {53}
    assert egress["to"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}},
        {"ipBlock": {"cidr": "169.254.20.10/32"}},
    ]


def test_without_monitoring_only_the_gateway_comes_in():
    (policy,) = server(callers=Callers(GATEWAY)).of(POLICY)
    (rule,) = policy.inputs["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": GATEWAY}}]


def test_only_the_pods_wait_for_weights_and_nodes():
    recording = run(_server_with_weights)
    (weights,) = recording.of("kubernetes:core/v1:ConfigMap")
    waiting = [r.type for r in recording.resources if weights.urn in r.options.get("depends_on", ())]
    assert waiting == [DEPLOYMENT]


def _server_with_weights(opts: pulumi.ResourceOptions) -> None:
    weights = k8s.core.v1.ConfigMap("weights", metadata={"name": "weights", "namespace": "llm"}, opts=opts)
    server_of(opts, pods_wait_for=[weights])


def test_every_name_begins_with_the_components():
    names = [r.name for r in server(disruption_budget=True).resources if r.type.startswith("kubernetes:")]
    assert len(names) == 8
    assert all(name.startswith("llama-8b-server-") for name in names)


def test_a_first_preview_knows_every_object():
    recording = server(preview=True, disruption_budget=True)
    assert UNKNOWN not in str([r.inputs for r in recording.resources])


def test_our_replicas_win_over_what_a_scaler_left() -> None:
    (deployment,) = server().of("kubernetes:apps/v1:Deployment")
    assert deployment.inputs["metadata"]["annotations"]["pulumi.com/patchForce"] == "true"


@pytest.mark.parametrize("budget", [False, True])
def test_the_autoscaler_leaves_every_replica_where_it_is(budget: bool) -> None:
    (deployment,) = server(disruption_budget=budget).of("kubernetes:apps/v1:Deployment")
    annotations = deployment.inputs["spec"]["template"]["metadata"]["annotations"]
    assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
