"""What Prometheus measured of a platform in a period: requests and tokens in Envoy, nodes and pods in the cluster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.plan.labels import POOL_IN_METRICS, STEP_IN_METRICS
from infra.plan.plan import Plan
from infra.plan.versions import present_of
from infra.usage.prometheus import NoAnswer, Prometheus, Sample

_STEP_MINUTES = 5  # nodes and pods are counted at steps of this length
_REQUESTS, _IN, _OUT = "envoy_llm_requests", "envoy_llm_tokens_in", "envoy_llm_tokens_out"
_BY = ("client", "team", "model", "served_by")


@dataclass(frozen=True)
class Used:
    """What one client used of one model or adapter. Prometheus estimates at the ends of a period, so numbers are
    rounded, and the first request of a new pair of client and model may be missing."""

    client: str
    team: str
    model: str  # the name that was sent
    requests: float
    failed: float  # of them: answered with 500 or more
    tokens_in: float
    tokens_out: float
    served_by: str = ""  # the external that answered; blank: the platform


@dataclass(frozen=True)
class Node:
    """A GPU node."""

    name: str
    pool: str | None  # None: its labels aren't known, and no model of the stack runs there
    gpus: int
    hours: float
    step: str | None = None  # of the pool's capacity; None: the pool has none, or the label isn't known


@dataclass(frozen=True)
class Occupied:
    """GPUs of a node that a model's pods had, whether or not they had requests; also those of its next version."""

    model: str  # as requests name it
    pool: str | None  # of the server; None: it was a next version that has ended since
    node: str
    gpu_hours: float


@dataclass(frozen=True)
class Measured:
    hours: float  # of the period that have samples
    used: Sequence[Used]
    nodes: Sequence[Node]
    occupied: Sequence[Occupied]


def measure(prometheus: Prometheus, plan: Plan, hours: int) -> Measured:
    """Raises NoAnswer, also where there are no samples of the period."""
    sampled = prometheus.ask(f"count_over_time(count(up){_steps(hours)})")
    if not sampled:
        raise NoAnswer(f"{prometheus.url} has no samples of this period")
    counted = min(float(hours), sampled[0].value * _STEP_MINUTES / 60)
    occupied = list(_occupied(prometheus, plan, hours))
    return Measured(
        counted, list(_used(prometheus, plan, hours)), list(_nodes(prometheus, plan, hours, occupied)), occupied
    )


def _used(prometheus: Prometheus, plan: Plan, hours: int) -> Iterator[Used]:
    requests = _sums(prometheus, plan, _REQUESTS, hours)
    failed = _sums(prometheus, plan, _REQUESTS, hours, 'status=~"5..",')
    tokens_in, tokens_out = _sums(prometheus, plan, _IN, hours), _sums(prometheus, plan, _OUT, hours)
    for key in sorted(requests):
        if requests[key] > 0:
            client, team, model, served_by = key
            counts = (each.get(key, 0.0) for each in (requests, failed, tokens_in, tokens_out))
            yield Used(client, team, model, *counts, served_by=served_by)


def _sums(
    prometheus: Prometheus, plan: Plan, metric: str, hours: int, more: str = ""
) -> Mapping[tuple[str, ...], float]:
    """The increase of a counter, by client, team, model and who answered."""
    where = f'{more}namespace="{plan.settings.namespace.name}"'
    found = prometheus.ask(f"sum by ({', '.join(_BY)}) (increase({metric}{{{where}}}[{hours}h]))")
    return {tuple(_label(each, name) for name in _BY): each.value for each in found}


def _label(sample: Sample, name: str) -> str:
    """The gateway writes `-` for a client without a team."""
    found = sample.labels.get(name, "")
    return "" if found == "-" else found


def _occupied(prometheus: Prometheus, plan: Plan, hours: int) -> Iterator[Occupied]:
    where = f'namespace="{plan.settings.namespace.name}",{plan.gpus_in_metrics},node!=""'
    sum_ = f"sum by (pod, node) (sum_over_time(kube_pod_container_resource_requests{{{where}}}{_steps(hours)}))"
    hours_of: dict[tuple[str, str], float] = {}
    for each in prometheus.ask(sum_):
        server, *_ = each.labels.get("pod", "").rsplit("-", 2)  # a Deployment's pod is NAME-HASH-LETTERS
        key = (server, each.labels["node"])
        hours_of[key] = hours_of.get(key, 0.0) + each.value * _STEP_MINUTES / 60
    for (server, node), found in sorted(hours_of.items()):
        model = plan.models.get(server) or plan.models.get(present_of(server))
        if model is not None:
            yield Occupied(model.sent_as, model.pool if model.name == server else None, node, found)


def _nodes(prometheus: Prometheus, plan: Plan, hours: int, occupied: Sequence[Occupied]) -> Iterator[Node]:
    counted = f"kube_node_status_allocatable{{{plan.gpus_in_metrics}}}"
    # A node may offer GPUs by several names, and counts once.
    steps = prometheus.ask(f"count_over_time((sum by (node) ({counted})){_steps(hours)})")
    gpus = _by_node(prometheus.ask(f"max by (node) (max_over_time({counted}[{hours}h]))"))
    steps_of = _labels(prometheus, STEP_IN_METRICS, hours)
    pools = _labels(prometheus, POOL_IN_METRICS, hours)
    pools |= {each.node: each.pool for each in occupied if each.pool is not None}
    only = next(iter(plan.pools)) if len(plan.pools) == 1 else None
    for each in sorted(steps, key=lambda sample: sample.labels["node"]):
        name = each.labels["node"]
        if gpus.get(name):
            pool = pools.get(name, only)
            known = pool if pool in plan.pools else None
            yield Node(name, known, round(gpus[name]), each.value * _STEP_MINUTES / 60, steps_of.get(name))


def _labels(prometheus: Prometheus, label: str, hours: int) -> dict[str, str]:
    """Node -> a label's value, of the nodes whose labels kube-state-metrics was asked to show."""
    shown = f'kube_node_labels{{{label}!=""}}'
    found = prometheus.ask(f"max by (node, {label}) (max_over_time({shown}[{hours}h]))")
    return {each.labels["node"]: each.labels[label] for each in found}


def _by_node(samples: Sequence[Sample]) -> dict[str, float]:
    return {each.labels["node"]: each.value for each in samples}


def _steps(hours: int) -> str:
    return f"[{hours}h:{_STEP_MINUTES}m]"
