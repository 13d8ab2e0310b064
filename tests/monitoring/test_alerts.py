"""What every alert has: a page, a row on the page of alerts, words for the plan, and a valid object."""

import re
from typing import Any

import pytest

from infra.recording import Recorded
from infra.services.monitoring.alerts.groups import decide_alerts
from infra.services.monitoring.alerts.kinds import WHEN, Kind
from tests.docs.pages import ROOT
from tests.example_stacks import plan_text, planned, text
from tests.kubernetes_schema import check
from tests.planning.stacks import PROD, changed, plan

RUNBOOKS = ROOT / "docs" / "runbooks"
HEADINGS = ["What users notice", "What to look at", "What to do"]
REACH = (
    "`prod`, `llm` and `llama-8b` stand for the stack, its namespace and the alert's label `model`. [How to reach the"
    " cluster](../platform/status.md#reach-the-cluster) with rights to view; where a command answers `Forbidden`, an"
    " admin has to run it.\n"
)
RULE = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"


def objects(stack: str) -> list[Recorded]:
    return plan_text("prod", stack).recording.of(RULE)


def rules(stack: str) -> list[dict[str, Any]]:
    return [rule for each in objects(stack) for group in each.inputs["spec"]["groups"] for rule in group["rules"]]


def with_section(section: str) -> str:
    return text("prod").replace("    models:\n", f"    monitoring: {section}\n    models:\n", 1)


def test_each_alert_has_a_page_and_each_page_an_alert() -> None:
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == {*Kind}


def test_each_page_says_what_users_notice_what_to_look_at_and_what_to_do() -> None:
    for kind in Kind:
        page = (RUNBOOKS / f"{kind}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# {kind}\n"), kind
        assert re.findall(r"^## (.+)$", page, re.MULTILINE) == HEADINGS, kind
        assert "llm-platform status prod" in page, kind


def test_each_page_says_first_how_the_cluster_is_reached_with_rights_to_view() -> None:
    said = "## What to look at\n\n" + REACH
    assert [kind for kind in Kind if said not in (RUNBOOKS / f"{kind}.md").read_text(encoding="utf-8")] == []
    page = (ROOT / "docs" / "platform" / "status.md").read_text(encoding="utf-8")
    _, _, section = page.partition("## Reach the cluster\n")
    assert "aws eks update-kubeconfig --name llm-prod" in section
    assert planned("prod").plan.cluster.name == "llm-prod"
    assert "llm-platform status prod --context llm-prod" in section


def test_the_page_of_a_full_cache_has_the_command_that_frees_it() -> None:
    page = (RUNBOOKS / f"{Kind.CACHE_NEARLY_FULL}.md").read_text(encoding="utf-8")
    assert "llm-platform weights prod --remove" in page


def test_the_page_of_alerts_lists_each_with_the_words_of_the_plan() -> None:
    page = (ROOT / "docs" / "platform" / "alerts.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[(\w+)\]\(\.\./runbooks/\1\.md\) \| (.+?) \|$", page, re.MULTILINE))
    assert rows == {str(kind): when for kind, when in WHEN.items()}


def test_the_rules_are_objects_that_the_operator_takes() -> None:
    found = objects(text("prod"))
    assert found
    for each in found:
        check(each.inputs, "1.35")


def test_each_rule_says_whose_it_is_how_bad_and_where_its_page_is() -> None:
    found = rules(with_section("{alerts: {labels: {team: ml}, runbooks: https://git.example.com/runbooks/}}"))
    assert found
    for rule in found:
        assert rule["labels"].items() >= {"namespace": "llm", "team": "ml"}.items()
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["runbook_url"] == f"https://git.example.com/runbooks/{rule['alert']}.md"
        assert {"summary", "description"} <= rule["annotations"].keys()


def test_without_a_setting_the_page_is_that_of_the_repository() -> None:
    for rule in rules(text("prod")):
        assert (ROOT / rule["annotations"]["runbook_url"]).exists()


@pytest.mark.parametrize(
    ("signal", "measured", "monitor"),
    [
        ("in-flight", "how many requests its replicas have", "ServiceMonitor"),
        ("waiting", "how many requests wait in its replicas", "ServiceMonitor"),
        ("cache", "how full the cache of its replicas is", "ServiceMonitor"),
        ("held", "how many requests the gateway holds for it", "PodMonitor"),
        ("asked", "how many requests the gateway has sent it", "PodMonitor"),
    ],
)
def test_a_scaler_without_an_answer_names_what_is_missing_and_who_has_it_read(
    signal: str, measured: str, monitor: str
) -> None:
    asleep = changed(PROD, models__llama_8b__replicas={"min": 0, "max": 2}, models__llama_8b__paused=False)
    found = [each for group in decide_alerts(plan(asleep)).by_group.values() for each in group]
    [alert] = [each for each in found if each.labels.get("signal") == signal and each.labels["model"] == "llama-8b"]
    assert alert.summary.startswith(f"llama-8b: Prometheus doesn't know {measured}, so ")
    others = {"ServiceMonitor", "PodMonitor"} - {monitor}
    assert monitor in alert.look
    assert not [each for each in others if each in alert.look]


def test_what_the_rule_of_scalers_cannot_see_is_said_where_it_is_read() -> None:
    page = (RUNBOOKS / f"{Kind.SCALER_HEARS_NOTHING}.md").read_text(encoding="utf-8")
    assert "ruleSelector" in page
    assert "a wrong login" in page
    assert "see status" in WHEN[Kind.SCALER_HEARS_NOTHING]
