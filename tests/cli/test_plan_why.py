"""`plan --why KEY`: given, chosen or default; what follows; which rows of the bill."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.cli.document.marked import plain
from infra.cli.files import charts
from infra.cli.report import report
from infra.cli.report.why import why_data, why_document
from infra.cli.why import UnknownKey, why
from infra.offline import Planned
from infra.project import PROJECT
from infra.recording import Recorded
from tests.cli.running import plan as run_plan
from tests.example_stacks import plan_text, planned, text
from tests.monitoring.everything import SCALERS, planned_everything

PROD = planned("prod")
ALIKE = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm, oneNode: true}}
    gpuPools:
      chat: {existing: {gpu: L40S, gpusPerNode: 8, nodes: 1, selector: {a: b}, usdPerGpuHour: 1}}
    models:
      chat:
        model: Qwen/Qwen3-8B
        pool: chat
        adapters: {support: {model: acme/support}}
        next: {revision: new, replicas: 1}
        rollout: {strategy: canary, weight: 5}
      chat-large: {model: Qwen/Qwen3-14B, pool: chat}
      gateway-helper: {model: Qwen/Qwen3-0.6B, pool: chat}
"""


def of(key: str, stack: Planned = PROD) -> dict[str, Any]:
    return why_data(why(stack, key))


@pytest.mark.parametrize(
    ("key", "path", "value", "origin", "reason"),
    [
        ("models.llama-8b.maxModelLen", "models.llama-8b.maxModelLen", 8192, "given", "it is in the stack file"),
        ("models.llama-8b.replicas.max", "models.llama-8b.replicas.max", 4, "given", "it is in the stack file"),
        ("models.llama-8b.gpus", "models.llama-8b.gpus", 1, "chosen", "the smallest number of L4 that hold"),
        ("models.llama-8b.engine", "models.llama-8b.engine", "vllm", "default", "the model server"),
        ("models.llama-8b.paused", "models.llama-8b.paused", False, "default", ""),
        ("pools.l4.max", "gpuPools.l4.max", 5, "chosen", "5 nodes of 1 GPU"),
        ("gpuPools.l4.min", "gpuPools.l4.min", 0, "default", "minimum number of nodes"),
        ("addons.keda", "addons.keda", "install", "chosen", "a new cluster has none"),
        ("keda", "addons.keda", "install", "chosen", "a new cluster has none"),
        ("cache.kind", "cache.kind", "efs", "given", "it is in the stack file"),
        ("protect", "protect", True, "given", "it is in the stack file"),
    ],
)
def test_a_value_is_given_chosen_or_the_default_and_has_a_reason(
    key: str, path: str, value: Any, origin: str, reason: str
) -> None:
    (said,) = of(key)["values"]
    assert (said["path"], said["value"], said["origin"]) == (path, value, origin)
    assert said["reason"].startswith(reason)
    assert said["reason"]


@pytest.mark.parametrize(("key", "typed"), [("budget.usdPerMonth", "30000"), ("models.llama-8b.gpus", "1")])
def test_a_number_is_shown_as_it_was_typed(key: str, typed: str) -> None:
    (section, *_) = why_document(PROD.plan, why(PROD, key)).sections
    assert [row[:2] for row in section.rows] == [(key, typed)]


def test_a_key_without_a_value_is_not_written_and_the_rule_that_it_would_keep_is_shown() -> None:
    one = plan_text("dev", text("dev").replace("capacity: spot}", "capacity: spot, max: 1}"))
    found = why(one, "models.qwen3-8b.rollout")
    (section, *_) = why_document(one.plan, found).sections
    assert [row[:3] for row in section.rows] == [("models.qwen3-8b.rollout", "not written", "default")]
    assert [each.partition(":")[0] for each in found.reasons] == ["a rollout starts the new pod first"]
    assert [note.path for kind, note in found.notes if kind == "broken rule"] == ["gpuPools.l4.max"]


@pytest.mark.parametrize(
    ("model", "key", "words"),
    [
        ("notes", "schedule", ["mon-fri 08:00", "before a window", "of the 168 hours"]),
        ("chat", "scaling", ["another replica for"]),
    ],
)
def test_a_section_of_a_model_has_its_own_reasons_and_no_others(model: str, key: str, words: list[str]) -> None:
    reasons = why(planned("fromzero"), f"models.{model}.{key}").reasons
    assert {each.partition(":")[0] for each in reasons} == {key}
    assert [each for each in words if each in "\n".join(reasons)] == words


def test_every_chosen_value_has_its_reason() -> None:
    for path, choice in PROD.plan.chosen.items():
        assert [(each["value"], each["reason"]) for each in of(path)["values"] if each["path"] == path] == [
            (choice.value, choice.whole_reason)
        ]


def names(found: dict[str, Any]) -> set[str]:
    return {each["urn"].rpartition("::")[2] for each in found["resources"]}


@pytest.mark.parametrize(
    ("key", "has", "lacks"),
    [
        (
            "models.llama-8b.gpus",
            {"llama-8b-deployment", "llama-8b-prefetch-job"},
            {"llama-70b-deployment", "l4-nodes"},
        ),
        ("llama-8b", {"llama-8b-deployment"}, {"helper-deployment"}),
        ("l4", {"l4-nodes", "l4-template"}, {"l40s-nodes", "llama-8b-deployment"}),
        ("cache", {"model-cache-claim", "weights-efs"}, {"llama-8b-prefetch-job"}),
        ("gateway", {"gateway-ingress", "client-default-secret"}, {"llama-8b-service"}),
        ("default", {"client-default-secret"}, {"gateway-ingress"}),
        ("addons.metricsServer", {"addons-metrics-server"}, {"addons-keda"}),
        ("models", {"llama-8b-deployment", "helper-deployment"}, {"gateway-ingress"}),
    ],
)
def test_what_follows_from_a_key(key: str, has: set[str], lacks: set[str]) -> None:
    found = names(of(key))
    assert has <= found
    assert not lacks & found


def test_names_that_begin_alike_are_different_things() -> None:
    stack = plan_text("dev", ALIKE)
    large, helper, coming = (names(of(key, stack)) for key in ("chat-large", "gateway-helper", "models.chat.next"))
    assert {each for each in large if not each.startswith("chat-large")} == set()
    assert {each for each in helper if not each.startswith("gateway-helper")} == set()
    assert "gateway-helper-deployment" in helper
    assert {"chat-next-deployment", "chat-deployment", "support-prefetch-job"} <= names(of("models.chat", stack))
    assert "chat-next-deployment" in coming
    assert not {each for each in names(of("models.chat", stack)) if each.startswith("chat-large")}
    assert of("chat", stack)["from"] == ["models.chat", "gpuPools.chat"]


@pytest.mark.parametrize(
    ("key", "of_path"),
    [
        ("l4-nodes", "gpuPools.l4"),
        ("llama-8b-deployment", "models.llama-8b"),
        ("model-cache-claim", "cache"),
        ("gateway-ingress", "gateway"),
    ],
)
def test_a_resource_says_from_what_it_follows(key: str, of_path: str) -> None:
    found = of(key)
    assert found["from"] == [of_path]
    assert [each["from"] for each in found["resources"]] == [of_path]
    (urn,) = [each["urn"] for each in found["resources"]]
    assert of(urn)["resources"] == found["resources"]


@pytest.mark.parametrize("key", ["ScaledObject", "kubernetes:keda.sh/v1alpha1:ScaledObject"])
def test_a_type_lists_all_resources_of_it(key: str) -> None:
    assert of(key)["from"] == ["models.llama-70b", "models.llama-8b"]
    assert len(of(key)["resources"]) == 2


def test_every_resource_can_be_asked_for() -> None:
    asked: list[Recorded] = [each for each in PROD.recording.resources if not each.type.startswith("pulumi:pulumi")]
    for each in asked:
        assert each.urn in {one["urn"] for one in of(each.urn)["resources"]}


_NO_NAMES = ("", "none", "sum", "per hour", "the rest")  # first cells of rows that are about no one thing
_OF_NAMED = ("MODELS", "POOLS", "CLIENTS", "ALERTS", "NO ALERT", "COLD START", "BILL", "CHOSEN")


def printed(stack: Planned) -> Iterator[str]:
    """The names by which a plan calls what it has."""
    plan = stack.plan
    tables = [each for each in report(stack).sections if each.title in _OF_NAMED]
    assert len(tables) > len(_OF_NAMED) / 2
    cells = (name.strip() for table in tables for row in table.rows for name in row[0].split(", "))
    yield from (each for each in map(plain, cells) if each not in _NO_NAMES)
    yield from (item.name for item in plan.cost.items)
    notes = [*plan.to_do, *plan.warnings, *plan.assumptions]
    yield from (note.path for note in notes if note.path)
    yield from (name for note in notes for name in re.findall(r"config set --secret ([\w-]+)", note.message))
    yield from (Path(each["chart"]).name for each in charts(stack.recording))


@pytest.mark.parametrize("stack", ["everything", "elsewhere"])
def test_every_name_that_a_plan_prints_can_be_asked_for(stack: str) -> None:
    found = planned_everything(SCALERS[0]) if stack == "everything" else planned(stack)
    names = {*printed(found)}
    assert len(names) > len(_OF_NAMED)
    for name in sorted(names):
        why(found, name)


@pytest.mark.parametrize(
    ("key", "path", "says"),
    [
        ("grafana", "monitoring.grafana", "Grafana"),
        ("alertKey-a", "monitoring.alerts.receivers.a.webhook", "alert-receivers"),
        ("kube-prometheus-stack", "addons.prometheus", "kube-prometheus-stack"),
        ("EFS", "cache", "weights-efs"),
        ("GPU nodes l4", "gpuPools.l4", "l4-nodes"),
        ("system nodes", "cluster", "system nodes"),
        ("LlmCertificateEnds", "monitoring.alerts", "left out: ACM renews"),
        ("LlmGpuError", "monitoring.alerts", "fires when: a GPU reported an error"),
        ("llm-client-default", "gateway.clients.default", "client-default-secret"),
        ("models.*.rollout", "models.llama-8b.rollout", "a node that only a rollout needs"),
        ("huggingFaceToken", "huggingFaceToken", "pulumi config set --secret huggingFaceToken"),
        # What is written or decided there.
        ("meta-llama/Llama-3.1-8B-Instruct", "models.llama-8b.model", "llama-8b-deployment"),
        ("huggingface.co/meta-llama/Llama-3.1-8B-Instruct", "models.llama-8b.model", "llama-8b-deployment"),
        ("llm.example.com", "gateway.domain", "gateway-ingress"),
        ("https://llm.example.com/v1", "gateway.domain", "gateway-ingress"),
        ("http://gateway.llm.svc.cluster.local/v1", "gateway", "gateway-proxy-deployment"),
        ("g6.2xlarge", "gpuPools.l4.instanceTypes", "l4-nodes"),
        ("L4", "gpuPools.l4", "l4-nodes"),
        ("llm-everything", "cluster.create.name", "llm- and the stack's name"),
        # Titles of the plan's sections.
        ("GATEWAY", "gateway", "gateway-ingress"),
        ("POOLS", "gpuPools", "GPU nodes l4"),
        ("BILL", "budget", "GPU nodes l4"),
        ("NO ALERT", "monitoring.alerts", "alerts"),
        # Words of its sentences.
        ("g7e.12xlarge", "models.llama-70b", "lower bill"),
        ("L-DB2E81BA", "gpuPools", "quota"),
    ],
)
def test_a_name_means_what_it_is_made_for(key: str, path: str, says: str) -> None:
    found = of(key, planned_everything(SCALERS[0]))
    assert path in found["from"]
    assert says in json.dumps(found)


LOGIN = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm, oneNode: true}}
    gpuPools:
      rack: {existing: {gpu: L40S, gpusPerNode: 8, nodes: 1, selector: {a: b}}}
    addons:
      metricsServer: disabled
      prometheus: {existing: {url: "https://p.acme.test", auth: {bearerSecret: {name: prometheus-login, key: token}}}}
    models:
      chat: {model: Qwen/Qwen3-8B, pool: rack, replicas: {min: 1, max: 3}}
"""


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("prometheus-login", "addons.prometheus"),
        ("PrometheusLogin", "addons.prometheus"),
        ("https://p.acme.test", "addons.prometheus.existing.url"),
        ("metrics-server", "addons.metricsServer"),
    ],
)
def test_a_login_and_an_add_on_that_is_not_installed_are_found_by_their_names(key: str, path: str) -> None:
    assert of(key, plan_text("own", LOGIN))["from"] == [path]


def test_a_revision_is_found_by_what_the_plan_prints_of_it() -> None:
    assert of("0e9e39f249a1")["from"] == ["models.llama-8b.revision"]


def test_what_a_model_would_cost_less_with_is_a_reason_too() -> None:
    assert any(each.startswith("lower bill: ") for each in of("llama-8b")["reasons"])


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ("EFS", ["EFS"]),
        ("llama-8b", ["GPU nodes l4"]),
        ("models", ["GPU nodes l4", "GPU nodes l40s", "GPU nodes t4"]),
        ("gpuPools", ["GPU nodes l4", "GPU nodes l40s", "GPU nodes t4"]),
        ("gpuPools.l40s.max", ["GPU nodes l40s"]),
        ("gateway", ["gateway pods", "load balancer"]),
        ("cache", ["EFS"]),
        ("addons.metricsServer", ["metrics-server"]),
        ("addons.keda", ["keda"]),
        ("addons.nvidiaDevicePlugin", []),
        (
            "cluster",
            ["EKS control plane", "system nodes", "NAT gateways", "KMS key", "node disks", "flow logs"],
        ),
        ("protect", []),
    ],
)
def test_the_rows_of_the_bill(key: str, rows: list[str]) -> None:
    assert of(key)["cost_items"] == rows


@pytest.mark.parametrize(
    ("key", "begin", "rows"),
    [
        ("monitoring.traces.sample", {"traces"}, ["traces"]),
        ("monitoring.alerts.route.critical", {"alerts", "scalers", "alert-receivers"}, ["Alertmanager"]),
        ("monitoring.grafana", {"addons-prometheus-grafana"}, ["Grafana"]),
        ("monitoring.dashboards", {"dashboards"}, []),
        ("monitoring.logs", {"addons-fluent-bit"}, ["logs"]),
        ("fluentBit", {"addons-fluent-bit"}, ["logs"]),
        (
            "monitoring",
            {"traces", "alerts", "scalers", "alert-receivers", "dashboards", "addons-fluent-bit"}
            | {"addons-prometheus-grafana"},
            ["Grafana", "Alertmanager", "traces", "logs"],
        ),
    ],
)
def test_each_part_of_monitoring_has_its_own_resources_and_its_own_row(
    key: str, begin: set[str], rows: list[str]
) -> None:
    found = of(key, planned_everything(SCALERS[0]))
    mine = names(found)
    assert {start for start in begin if any(each.startswith(start) for each in mine)} == begin
    assert all(each.startswith(tuple(begin)) for each in mine)
    assert found["cost_items"] == rows
    assert not {*rows} & {*of("cluster", planned_everything(SCALERS[0]))["cost_items"]}


def test_warnings_and_things_to_do_are_said_with_it() -> None:
    assert {each["kind"] for each in of("llama-8b")["notes"]} >= {"warning", "to do"}
    assert all("llama-70b" not in each["path"] for each in of("llama-8b")["notes"])


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("models.llama-8b.gpu", "models.llama-8b.gpus"),
        ("models.llama-8B", "models.llama-8b"),
        ("llama8b", "llama-8b"),
        ("l4-node", "l4-nodes"),
        ("ScaledObjects", "ScaledObject"),
        ("zzzzzz", "write a path such as models.NAME.gpus"),
        ("", "write a path such as models.NAME.gpus"),
        ("models.", "models.l"),
        ("zones", "did you mean cluster.create.zones?"),
        ("systemNodes", "did you mean cluster.create.systemNodes?"),
        ("usdPerMonth", "did you mean budget.usdPerMonth?"),
        ("--max-num-seqs", "models.llama-8b.maxNumSeqs"),
        ("GiB", "write a path such as models.NAME.gpus"),  # too many sentences have it
    ],
)
def test_an_unknown_key_is_answered_with_near_names(key: str, near: str) -> None:
    with pytest.raises(UnknownKey) as unknown:
        why(PROD, key)
    assert near in unknown.value.args[0]


def test_the_command_says_it_and_the_json_has_the_plan_too(tmp_path: Path) -> None:
    shown = run_plan("prod", "--why", "llama-8b")
    assert shown.exit_code == 0
    assert all(f"\n{title}" in shown.stdout for title in ("VALUE", "WHY", "RESOURCES", "BILL", "LOOK AT"))
    assert "a replica of llama-8b takes $" in shown.stdout
    said = json.loads(run_plan("prod", "--why", "llama-8b", "--format", "json").stdout)
    assert said["stack"] == "prod"
    assert said["why"] == of("llama-8b")
    assert "| llama-8b-deployment |" in run_plan("prod", "--why", "llama-8b", "--format", "markdown").stdout
    wrong = run_plan("prod", "--why", "lama-8b", "--out", str(tmp_path / "out"))
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "did you mean" in wrong.stderr
    assert not (tmp_path / "out").exists()


def test_every_section_of_a_document_has_rows() -> None:
    for key in ("llama-8b", "ScaledObject", "protect", "cluster"):
        assert all(each.rows for each in why_document(PROD.plan, why(PROD, key)).sections)


def test_the_page_shows_what_is_printed() -> None:
    page = (PROJECT / "docs/platform/why.md").read_text(encoding="utf-8")
    shown = run_plan("prod", "--why", "models.llama-8b.maxNumSeqs", environment={"COLUMNS": "110"}).stdout
    assert f"```text\n{shown}```" in page, shown


def _section(stack: Planned, key: str, title: str) -> list[str]:
    found = next((each for each in why_document(stack.plan, why(stack, key)).sections if each.title == title), None)
    return [" ".join(row) for row in found.rows] if found else []


@pytest.mark.parametrize("key", ["budget", "budget.usdPerMonth"])
def test_a_budget_shows_the_bill_and_how_far_it_is(key: str) -> None:
    cost, budget = PROD.plan.cost, PROD.plan.settings.budget
    assert budget is not None
    far, largest = _section(PROD, key, "WHY")
    left = round(budget.usd_per_month) - round(cost.usd_per_month_max)
    assert far.endswith(
        f"the maximum bill is ${cost.usd_per_month_max:,.0f} per month, ${left:,} below the budget of $30,000 per month"
    )
    assert "of that: GPU nodes l40s $15,377 (79%), GPU nodes l4" in largest
    *rows, whole = _section(PROD, key, "BILL")
    assert [row.split()[2] for row in rows[:3]] == ["l40s", "l4", "t4"]
    assert rows[-1].startswith("the rest ")
    bills = (cost.usd_per_month_min, cost.usd_per_month_expected, cost.usd_per_month_max)
    assert whole.split() == ["sum", *(f"{each:,.0f}" for each in bills)]


@pytest.mark.parametrize(
    ("stack", "begins"),
    [
        ("dev", "budget the maximum bill is $860 per month, and no budget limits it"),
        ("guide", "budget nothing is billed: no cloud resource is made, and nodes without a price aren't counted"),
    ],
)
def test_without_a_budget_the_bill_is_shown_too(stack: str, begins: str) -> None:
    assert _section(planned(stack), "budget", "WHY")[0] == begins
