"""The Grafana that a stack installs: its login, its rights, its pods and its price."""

from components.addons import grafana
from components.addons.grafana import grafana_values
from infra.services.monitoring.dashboards.plan import SECRET
from infra.services.monitoring.dashboards.pods import GRAFANA
from tests.example_stacks import planned
from tests.invariants.reading import RELEASE, quantity
from tests.invariants.reading import SECRET as SECRET_TYPE

WITH, WITHOUT = "fromzero", "prod"


def test_its_password_is_made_at_random_and_is_there_before_it() -> None:
    recording = planned(WITH).recording
    (made,) = [each for each in recording.of(SECRET_TYPE) if each.inputs["metadata"]["name"] == SECRET]
    (release,) = [each for each in recording.of(RELEASE) if each.name == "addons-prometheus"]
    assert release.inputs["values"]["grafana"]["admin"] == {"existingSecret": grafana.SECRET}
    assert (SECRET, made.inputs["metadata"]["namespace"]) == (grafana.SECRET, release.inputs["namespace"])
    assert made.urn in release.options["depends_on"]
    assert recording.of("random:index/randomPassword:RandomPassword")


def test_it_reads_one_namespace_and_asks_nothing_of_the_internet() -> None:
    values = grafana_values("monitoring")
    assert values["rbac"] == {"namespaced": True}
    assert values["sidecar"]["dashboards"]["searchNamespace"] == "monitoring"
    settings = values["grafana.ini"]
    assert not any(settings["analytics"].values())
    assert not settings["news"]["news_feed_enabled"]
    assert settings["plugins"]["preinstall_disabled"]


def test_its_pod_is_counted_as_its_chart_gets_it() -> None:
    values = grafana_values("monitoring")
    asked = [values["resources"]["requests"], *[values["sidecar"]["resources"]["requests"]] * 2]
    (pod,) = GRAFANA
    assert pod.cpu == round(sum(quantity(each["cpu"]) for each in asked), 3)
    assert pod.memory_gib == sum(quantity(each["memory"]) for each in asked) / 2**30


def test_it_is_a_row_of_the_bill_and_a_thing_to_do_afterwards() -> None:
    plan = planned(WITH).plan
    items = {each.name: each for each in plan.cost.items}
    assert items["Grafana"].min > 0
    assert f"get secret {SECRET}" in " ".join(each.message for each in plan.to_do if each.path == "monitoring.grafana")
    assert plan.chosen["monitoring.dashboards.kind"].value == "sidecar"


def test_who_does_not_ask_for_it_gets_nothing_of_it() -> None:
    found = planned(WITHOUT)
    (release,) = [each for each in found.recording.of(RELEASE) if each.name == "addons-prometheus"]
    assert release.inputs["values"]["grafana"] == {"enabled": False}
    assert not [each for each in found.recording.resources if "grafana" in each.name or "dashboard" in each.name]
    assert "Grafana" not in {each.name for each in found.plan.cost.items}
