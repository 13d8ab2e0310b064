"""Parts of the queries of panels."""

from collections.abc import Iterable, Mapping

from infra.engines import ENGINES, Engine
from infra.plan.models import ModelPlan
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.plan import Plan
from infra.services.monitoring.dashboards.panel import Asked
from infra.services.monitoring.dollars import of_pools, per_hour

LATELY = "[$__rate_interval]"
SLOW = 0.95  # 95 of 100 requests are at least as quick
FAILED, REFUSED = 'status=~"5.."', 'status=~"4.."'
_STEP_MINUTES = 5  # nodes and pods are counted at steps of this length
_PER_HOUR = 60 // _STEP_MINUTES


def gpus(plan: Plan) -> tuple[str, str]:
    """The labels of requests for GPUs by pods that have a node."""
    return plan.gpus_in_metrics, 'node!=""'


def of(plan: Plan, *more: str) -> str:
    """The labels by which a metric of the platform is selected."""
    return "{" + ",".join([f'namespace="{plan.settings.namespace.name}"', *more]) + "}"


def one_of(names: Iterable[str]) -> str:
    """A pattern; names are letters, digits and hyphens."""
    return "|".join(sorted(names))


def pods_of(server: str) -> str:
    """The pods of a Deployment, and not those of another whose name begins with its name."""
    return f'pod=~"{server}-[a-z0-9]+-[a-z0-9]+"'


def awake(plan: Plan) -> list[ModelPlan]:
    """The servers that aren't paused, by name; all of them where all are."""
    servers = [each for _, each in sorted(plan.models.items())]
    return [each for each in servers if not each.paused] or servers


def engines(plan: Plan) -> list[Engine]:
    used = {model.engine for model in awake(plan)}
    return [engine for name, engine in ENGINES.items() if name in used]


def quantile(share: float, metric: str, labels: str, by: str) -> str:
    return f"histogram_quantile({share:g}, sum by (le, {by}) (rate({metric}_bucket{labels}{LATELY})))"


def slowest(metrics: Iterable[str | None], labels: str, share: float, legend: str) -> list[Asked]:
    """Of the histograms that there are: how long the slowest requests take at most, but for the rest."""
    return [Asked(quantile(share, metric, labels, "service"), legend) for metric in metrics if metric is not None]


def gauges(metrics: Iterable[str | None], labels: str, legend: str, how: str = "sum") -> list[Asked]:
    """Of those that there are."""
    return [Asked(f"{how} by (service) ({metric}{labels})", legend) for metric in metrics if metric is not None]


def of_each(values: Mapping[str, float], label: str) -> str:
    """A figure of the plan for each name."""
    return " or ".join(
        f'label_replace(vector({each:.0f}), "{label}", "{name}", "", "")' for name, each in values.items()
    )


def above_zero(query: str, measured: str, label: str) -> str:
    """Those above 0, or a 0 for "none": nobody would see the two that matter among 200."""
    none = f'label_replace(0 * max({measured}), "{label}", "none", "", "")'
    return f"{query} > 0 or on () {none}"


def failed(labels: str, errors: str, by: str) -> str:
    """The share of requests that were answered with 5xx: 0 where none was, and nothing where nobody asked."""
    every = f"rate(envoy_llm_requests{labels}{LATELY})"
    return f"sum by ({by}) (rate(envoy_llm_requests{errors}{LATELY}) or 0 * {every}) / sum by ({by}) ({every})"


def gpu_hours(plan: Plan, since: str, *more: str) -> str:
    """GPUs that the models' pods have, whether or not anybody asks."""
    held = of(plan, *gpus(plan), *more)
    return f"sum(sum_over_time(kube_pod_container_resource_requests{held}[{since}:{_STEP_MINUTES}m])) / {_PER_HOUR}"


def usd(plan: Plan, since: str) -> str:
    """Dollars since a time."""
    return f"sum_over_time({per_hour(plan)}[{since}:{_STEP_MINUTES}m]) / {_PER_HOUR}"


def usd_per_month(plan: Plan) -> str:
    """At the pace of the last day."""
    return f"avg_over_time({per_hour(plan)}[1d:{_STEP_MINUTES}m]) * {HOURS_PER_MONTH}"


def has_price(plan: Plan) -> bool:
    return bool(plan.cost.items) or any(of_pools(plan))
