"""What a stack with `monitoring.traces` has: who sends spans, what takes them, and what that costs."""

import pytest

from infra.catalog.span_attributes import span_attributes
from infra.engines import ENGINES
from infra.plan.notes import ToDo
from infra.services.access.given_keys import wrong_secrets
from infra.services.tracing.config import WORDS, pod
from infra.services.tracing.plan import headers_to_do
from tests.example_stacks import planned
from tests.invariants.reading import DEPLOYMENT, NETWORK_POLICY, RELEASE, SECRET, quantity

JAEGER, OUTSIDE, WITHOUT = "traced-eks", "traced-own", "prod"
NAME = "gateway-traces"


def _release(stack: str) -> dict:
    (found,) = [each for each in planned(stack).recording.of(RELEASE) if each.name == "traces-collector"]
    return dict(found.inputs)


def _container(stack: str, model: str) -> dict:
    (found,) = [each for each in planned(stack).recording.of(DEPLOYMENT) if each.name == f"{model}-deployment"]
    return found.inputs["spec"]["template"]["spec"]["containers"][0]


def _policy(stack: str, name: str) -> dict:
    found = planned(stack).recording.of(NETWORK_POLICY)
    (policy,) = [each for each in found if each.inputs["metadata"]["name"] == name]
    return policy.inputs["spec"]


def test_who_does_not_ask_for_it_gets_nothing_of_it() -> None:
    found = planned(WITHOUT)
    assert found.plan.traffic.traces is None
    assert "tracing" not in found.plan.parts
    assert not [each.name for each in found.recording.resources if "trace" in each.name]
    assert not [arg for arg in _container(WITHOUT, "llama-8b")["args"] if "otlp" in arg]


def test_an_engine_that_makes_spans_sends_them_there_under_its_models_name() -> None:
    chat, small = _container(JAEGER, "chat"), _container(JAEGER, "small")
    to = f"http://{NAME}.llm.svc.cluster.local:4317"
    assert chat["args"][chat["args"].index("--otlp-traces-endpoint") + 1] == to
    assert {"name": "OTEL_SERVICE_NAME", "value": "chat"} in chat["env"]
    assert not [each for each in small["env"] if each["name"].startswith("OTEL")]
    (said,) = [each.message for each in planned(JAEGER).plan.assumptions if each.path == "monitoring.traces"]
    assert said == "traces of small end at the gateway: Ollama sends no spans"
    assert {name for name, engine in ENGINES.items() if engine.makes_spans} == {"vllm"}


def test_only_those_that_send_spans_reach_what_takes_them() -> None:
    labels = _release(JAEGER)["values"]["nameOverride"]
    there = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": labels}}}
    ports = [{"protocol": "TCP", "port": 4317}]
    for sender, may in (("chat-pods", True), ("small-pods", False), ("gateway", True)):
        assert ({"to": [there], "ports": ports} in _policy(JAEGER, sender)["egress"]) == may, sender
    policy = _policy(JAEGER, NAME)
    assert [rule["ports"] for rule in policy["ingress"]] == [ports], "nobody but a port-forward reaches Jaeger's pages"
    assert policy["egress"] == []
    (dns, out) = _policy(OUTSIDE, NAME)["egress"]
    assert ({port["port"] for port in dns["ports"]}, out["ports"]) == ({53}, [{"protocol": "TCP", "port": 443}])
    assert "10.0.0.0/8" in out["to"][0]["ipBlock"]["except"]
    assert "Egress" in policy["policyTypes"]


def test_jaeger_keeps_traces_itself_and_a_collector_sends_them_on() -> None:
    inside, outside = _release(JAEGER)["values"], _release(OUTSIDE)["values"]
    assert inside["image"]["repository"].endswith("/jaeger")
    assert [*inside["alternateConfig"]["exporters"]] == ["jaeger_storage_exporter"]
    assert inside["alternateConfig"]["extensions"]["jaeger_query"]["enable_tracing"] is False, "nobody takes its own"
    assert outside["image"]["repository"].endswith("/opentelemetry-collector-k8s")
    assert outside["alternateConfig"]["exporters"] == {
        "otlp_http": {
            "endpoint": "https://cloud.langfuse.com/api/public/otel",
            "headers": {"authorization": "${env:HEADER_0}"},
        }
    }


@pytest.mark.parametrize("stack", [JAEGER, OUTSIDE])
def test_a_pipeline_has_what_it_names_and_counts_are_numbers_in_it(stack: str) -> None:
    config = _release(stack)["values"]["alternateConfig"]
    (pipeline,) = config["service"]["pipelines"].values()
    for kind, names in pipeline.items():
        assert {*names} == {*config[kind]}
    assert {*config["service"]["extensions"]} == {*config["extensions"]}
    *numbers, words = config["processors"]["attributes"]["actions"]
    assert {each["key"] for each in numbers} == {each.name for each in span_attributes().values() if each.type == "int"}
    assert words == {"pattern": WORDS, "action": "delete"}
    assert config["service"]["telemetry"] == {"logs": {"encoding": "json"}}


@pytest.mark.parametrize("stack", [JAEGER, OUTSIDE])
def test_its_pod_is_restricted_and_counted_as_its_chart_gets_it(stack: str) -> None:
    values = _release(stack)["values"]
    assert values["podSecurityContext"]["runAsNonRoot"]
    assert values["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not values["serviceAccount"]["automountServiceAccountToken"]
    assert "tolerations" not in values, "it never lands on a GPU node"
    asked = values["resources"]["requests"]
    assert (quantity(asked["cpu"]), quantity(asked["memory"]) / 2**30) == (pod().cpu, pod().memory_gib)


def test_it_is_a_row_of_the_bill() -> None:
    with_it, without = ({each.name for each in planned(stack).plan.cost.items} for stack in (JAEGER, WITHOUT))
    assert "traces" in with_it - without
    (row,) = [each for each in planned(JAEGER).plan.cost.items if each.name == "traces"]
    assert 0 < row.min == row.max < 10


def test_a_header_is_a_secret_of_the_stack_that_the_collector_waits_for() -> None:
    found = planned(OUTSIDE)
    (secret,) = [each for each in found.recording.of(SECRET) if each.inputs["metadata"]["name"] == NAME]
    assert secret.inputs["stringData"] == {"HEADER_0": "[secret]"}
    (release,) = [each for each in found.recording.of(RELEASE) if each.name == "traces-collector"]
    assert secret.urn in release.options["depends_on"]
    (to_do,) = headers_to_do(found.plan.settings, "it", [])
    assert isinstance(to_do, ToDo)
    assert to_do.message == "`pulumi config set --secret traceKey-langfuse -s it`"
    assert not [*headers_to_do(found.plan.settings, "it", ["traceKey-langfuse"])]


def test_the_value_of_a_header_may_have_a_space_and_no_line_break() -> None:
    assert not [*wrong_secrets({"traceKey-a": "Bearer abc"})]
    for value in ("", "Bearer abc\n", "Bearer \u00e4"):
        assert [*wrong_secrets({"traceKey-a": value})]


def test_the_plan_says_what_leaves() -> None:
    said = {each.path: each.message for each in planned(OUTSIDE).plan.warnings}["monitoring.traces.otlp"]
    assert said.startswith("data leaves the cluster, to cloud.langfuse.com: ")
    assert "no prompts" in said
    assert "monitoring.traces.otlp" not in {each.path for each in planned(JAEGER).plan.warnings}
