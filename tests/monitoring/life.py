"""What Prometheus reads of platforms: series in promtool's words, and the alerts that it then fires."""

import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.engines import ENGINES
from infra.plan.plan import Plan
from infra.planning import make_plan
from infra.services.monitoring.alerts.alert import rule
from infra.services.monitoring.alerts.groups import common_of, decide_alerts
from infra.services.monitoring.alerts.kinds import Kind
from infra.settings.file import StackFile
from infra.settings.sections import settings_type
from tests.conftest import HANGS_SECONDS
from tests.planning.stacks import CATALOG

Series = Mapping[str, str]  # a series, and its values in promtool's notation; blank: it isn't there
_BY = ("alertname", "model", "window", "severity", "signal")
BUCKETS = ("0.25", "0.5", "1.0", "2.5", "5.0", "7.5", "10.0", "20.0", "+Inf")
HEARTBEAT = f"{Kind.HEARTBEAT} severity=none"  # where a plan has it, it fires whatever happens
PER_STEP = 60  # requests


def plan_of(stack: Mapping[str, Any]) -> Plan:
    """With the sections of services."""
    settings = settings_type().model_validate_json(json.dumps(stack))
    return make_plan(StackFile("prod", settings, "us-east-1", frozenset(), CATALOG))


def healthy(plan: Plan, steps: int) -> dict[str, str]:
    """Everything answers in time, and nothing is missing."""
    namespace = plan.settings.namespace.name
    of = f'namespace="{namespace}"'
    found = {f'envoy_server_live{{{of},pod="gateway-0"}}': f"1x{steps}"}
    for name, upstream in plan.traffic.upstreams.items():
        if not upstream.paused:
            found[requests(namespace, name, "200")] = f"0+{PER_STEP}x{steps}"
        if upstream.held_seconds:
            found[left(namespace, name)] = f"{plan.traffic.held_requests}x{steps}"
            pods = f'{of},envoy_cluster_name="pods_{name}"'
            found |= {f"envoy_cluster_upstream_rq_{each}{{{pods}}}": f"1x{steps}" for each in ("active", "total")}
    for model in plan.models.values():
        if ENGINES[model.engine].first_token_metric is not None and not model.paused:
            found |= first_tokens(namespace, model.name, steps)
            found |= {engine(namespace, model.sent_as, model.name, each): f"1x{steps}" for each in ("running", "kv")}
            found[engine(namespace, model.sent_as, model.name, "waiting")] = f"0x{steps}"
    return found | _platform(plan, steps)


def _platform(plan: Plan, steps: int) -> dict[str, str]:
    of = f'namespace="{plan.settings.namespace.name}"'
    nodes = {node(pool): f"1x{steps}" for pool in plan.pools}
    return nodes | {
        xid("gpu-1"): f"0x{steps}",
        volume(of, "used"): f"50x{steps}",
        volume(of, "capacity"): f"100x{steps}",
        f"envoy_server_days_until_first_cert_expiring{{{of}}}": f"60x{steps}",
    }


def requests(namespace: str, model: str, status: str) -> str:
    return (
        f'envoy_llm_requests{{namespace="{namespace}",client="shop",team="-",model="{model}",served_by="",'
        f'status="{status}"}}'
    )


def left(namespace: str, model: str) -> str:
    of = f'namespace="{namespace}",envoy_cluster_name="model_{model}",pod="gateway-0"'
    return f"envoy_cluster_circuit_breakers_default_remaining_retries{{{of}}}"


def engine(namespace: str, model: str, server: str, what: str, pod: str = "0") -> str:
    metric = {"running": "num_requests_running", "waiting": "num_requests_waiting", "kv": "kv_cache_usage_perc"}[what]
    return f'vllm:{metric}{{namespace="{namespace}",model_name="{model}",service="{server}",engine="0",pod="{pod}"}}'


def first_tokens(namespace: str, server: str, steps: int, *, soon: int = PER_STEP, late: int = 0) -> dict[str, str]:
    """Per step, those within a quarter of a second, and those after more than 20 seconds."""
    of = f'namespace="{namespace}",service="{server}",model_name="{server}",engine="0"'
    metric = "vllm:time_to_first_token_seconds"
    buckets = {each: soon + (late if each == "+Inf" else 0) for each in BUCKETS}
    found = {f'{metric}_bucket{{{of},le="{each}"}}': f"0+{number}x{steps}" for each, number in buckets.items()}
    return found | {f"{metric}_count{{{of}}}": f"0+{soon + late}x{steps}"}


def node(pool: str, name: str = "0") -> str:
    return f'kube_node_labels{{node="{pool}-{name}",label_llm_platform_pool="{pool}"}}'


def xid(host: str) -> str:
    return f'DCGM_FI_DEV_XID_ERRORS{{Hostname="{host}",gpu="0",modelName="NVIDIA L4"}}'


def volume(of: str, what: str) -> str:
    return f'kubelet_volume_stats_{what}_bytes{{{of},persistentvolumeclaim="model-cache"}}'


def pod(namespace: str, name: str, metric: str, *labels: str) -> str:
    found = ",".join([f'namespace="{namespace}"', f'pod="{name}"', *labels])
    return f"{metric}{{{found}}}"


@dataclass(frozen=True)
class Case:
    """`series` are in place of the healthy ones of the same names; at each time exactly these alerts fire, and the
    heartbeat."""

    name: str
    series: Series
    fires: Mapping[str, Iterable[str]]  # time of evaluation -> alerts, as `LlmRequestsFail model=a severity=critical`
    steps: int = 70


@dataclass(frozen=True)
class Sheet:
    """Cases that have the same rules, the same steps of their series, and the same time between evaluations."""

    name: str
    rules: Callable[[str], bool]  # by the name of their group
    step: str
    evaluated: str
    cases: Iterable[Case]


def promtool(folder: Path, plans: Iterable[Plan], *sheets: Sheet) -> None:
    """One call for all cases."""
    plans = list(plans)
    for sheet in sheets:
        groups = [group for plan in plans for group in _groups(plan, sheet.rules)]
        (folder / f"rules-{sheet.name}.json").write_text(json.dumps({"groups": groups}))
        always = [HEARTBEAT for each in groups for rule in each["rules"] if rule["alert"] == Kind.HEARTBEAT]
        tests = [_test(plans, case, sheet.step, always) for case in sheet.cases]
        file = {"rule_files": [f"rules-{sheet.name}.json"], "evaluation_interval": sheet.evaluated, "tests": tests}
        (folder / f"{sheet.name}.json").write_text(json.dumps(file))
    command = ["promtool", "test", "rules", *(str(folder / f"{each.name}.json") for each in sheets)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANGS_SECONDS, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


def _groups(plan: Plan, wanted: Callable[[str], bool]) -> Iterator[dict[str, Any]]:
    common = common_of(plan)
    for name, alerts in decide_alerts(plan).by_group.items():
        if wanted(name):
            yield {"name": f"{common.namespace}-{name}", "rules": [rule(each, common) for each in alerts]}


def _test(plans: Iterable[Plan], case: Case, step: str, always: Iterable[str]) -> dict[str, Any]:
    usual = {series: values for plan in plans for series, values in healthy(plan, case.steps).items()}
    series = {name: values for name, values in {**usual, **case.series}.items() if values}
    firing = f'count by ({", ".join(_BY)}) (ALERTS{{alertstate="firing"}}) > 0'
    return {
        "name": case.name,
        "interval": step,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": firing, "eval_time": time, "exp_samples": [_sample(each) for each in sorted([*fires, *always])]}
            for time, fires in case.fires.items()
        ],
    }


def _sample(fired: str) -> dict[str, Any]:
    name, *labels = fired.split()
    pairs = [("alertname", name), *(each.split("=", 1) for each in labels)]
    shown = ",".join(f'{label}="{value}"' for label, value in pairs)
    return {"labels": f"{{{shown}}}", "value": 1}
